/**
 * Prices from files that were imported into Redis (`universe-import-price-files`): the source for homes
 * that see no folder, such as functions in containers. Another import takes effect with the next call.
 */
import type { BarFigures } from '#shared/kernel/bars/packed-bars.ts';
import { dayOf, type CalendarDay } from '#shared/kernel/calendar-day.ts';
import type { CorporateAction } from '#shared/kernel/corporate-action.ts';
import type { Currency } from '#shared/kernel/currency.ts';
import { refused } from '#shared/kernel/failure.ts';
import type { Instant } from '#shared/kernel/instant.ts';
import type { Isin } from '#shared/kernel/isin.ts';
import type { Database } from '#shared/redis/database.ts';
import { keys } from '#shared/redis/keys.ts';
import { FileMarketData } from '../csv/file-market-data.ts';
import type {
  DailyBar,
  DailyRate,
  ListedFundamentals,
  ListedSecurity,
  MarketData,
  MarketSession,
} from '../market-data.ts';
import { CONTENTS_FIELD, readStoredContents, storedArchive } from './imported-files.ts';

const NAME = 'imported';

export class ImportedMarketData implements MarketData {
  readonly name = NAME;
  readonly simulated = false;
  private readonly database: Pick<Database, 'redis'>;
  private version: string | null = null;
  private files: FileMarketData | undefined;

  constructor(database: Pick<Database, 'redis'>) {
    this.database = database;
  }

  /** Takes the import that stands; where Redis does not answer, the one before stays. */
  async refresh(): Promise<void> {
    const { redis } = this.database;
    const version = await redis.get(keys.universe.importedCurrent()).catch(() => this.version);
    if (version === null || version === this.version) return;
    const key = keys.universe.imported(version);
    const field = await redis.hget(key, CONTENTS_FIELD).catch(() => null);
    if (field === null) return;
    const contents = await readStoredContents(field);
    this.version = version;
    this.files =
      contents.lastDay === undefined
        ? undefined
        : new FileMarketData(
            NAME,
            storedArchive(contents, contents.lastDay, (name) => redis.hget(key, name)),
          );
  }

  async ping(): Promise<void> {
    await this.database.redis.ping();
  }

  get doubts(): readonly string[] {
    return this.files ? this.files.doubts : [NOTHING_IMPORTED];
  }

  get benchmark(): Isin | undefined {
    return this.files?.benchmark;
  }

  async listing(): Promise<readonly ListedSecurity[]> {
    return this.files ? this.files.listing() : [];
  }

  async bars(isin: Isin, from: CalendarDay): Promise<readonly DailyBar[]> {
    return this.imported().bars(isin, from);
  }

  async figures(isin: Isin): Promise<BarFigures | undefined> {
    return this.imported().figures(isin);
  }

  originOf(isin: Isin, day: CalendarDay): string | undefined {
    return this.files?.originOf(isin, day);
  }

  async actions(isin: Isin): Promise<readonly CorporateAction[]> {
    return this.files ? this.files.actions(isin) : [];
  }

  async fundamentals(isin: Isin): Promise<ListedFundamentals | undefined> {
    return this.imported().fundamentals(isin);
  }

  async rates(from: Currency, to: Currency, since: CalendarDay): Promise<readonly DailyRate[]> {
    return this.files ? this.files.rates(from, to, since) : [];
  }

  session(exchange: string, now: Instant): MarketSession {
    return this.imported().session(exchange, now);
  }

  today(now: Instant): CalendarDay {
    return this.files ? this.files.today(now) : dayOf(now);
  }

  /** @throws Failure REFUSED prices-not-imported */
  private imported(): FileMarketData {
    if (!this.files) throw refused('prices-not-imported', NOTHING_IMPORTED);
    return this.files;
  }
}

const NOTHING_IMPORTED =
  'No prices are imported: `trader import-prices FOLDER --apply` imports a folder of price files.';
