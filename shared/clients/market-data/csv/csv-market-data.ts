/** Prices from files. They live in the past: today is the last day in the data. */
import { type CalendarDay } from '#shared/kernel/calendar-day.ts';
import type { Currency } from '#shared/kernel/currency.ts';
import { notFound, refused } from '#shared/kernel/failure.ts';
import type { Instant } from '#shared/kernel/instant.ts';
import type { Isin } from '#shared/kernel/isin.ts';
import type {
  DailyBar,
  DailyRate,
  ListedFundamentals,
  ListedSecurity,
  MarketData,
  MarketSession,
} from '../market-data.ts';
import { readFiles, symbolOfFile, type CsvFiles } from './csv-folder.ts';
import { readFundamentals } from './csv-fundamentals.ts';
import { isBarHeader, readBars, readWide, wideColumns, type BarsBySymbol } from './csv-prices.ts';
import type { CsvRates } from './csv-rates.ts';
import { readRates } from './csv-rates.ts';
import { readSecurities, type CsvListing } from './csv-securities.ts';
import { Complaints, type Table } from './csv-table.ts';

interface CsvContents {
  readonly listing: CsvListing;
  readonly bars: ReadonlyMap<Isin, readonly DailyBar[]>;
  readonly rates: CsvRates | undefined;
  readonly fundamentals: ReadonlyMap<Isin, ListedFundamentals>;
  readonly today: CalendarDay;
}

/**
 * Reads and checks all files at once; `docs/market-data.md` describes them.
 * @param path a folder, or one wide file of closes
 * @throws Failure REFUSED where a file or every price is missing, INVALID_REQUEST with every
 *   complaint about what the files hold, by file and line
 */
export async function openCsv(path: string): Promise<CsvMarketData> {
  const files = await readFiles(path);
  const complaints = new Complaints();
  const listing = readSecurities(files.securities, complaints);
  const bars = readPrices(files, listing.securities, complaints);
  const rates = files.rates && readRates(files.rates, complaints);
  complaints.throwIfAny();
  const today = lastDayOf(files, listing.securities, bars);
  const fundamentals = files.fundamentals
    ? readFundamentals(files.fundamentals, listing.securities, today, complaints)
    : new Map<Isin, ListedFundamentals>();
  complaints.throwIfAny();
  return new CsvMarketData({ listing, bars, rates, fundamentals, today });
}

export class CsvMarketData implements MarketData {
  readonly name = 'csv';
  readonly simulated = false;
  readonly benchmark: Isin | undefined;
  /** The one currency of all securities, where there are no exchange rates. */
  readonly onlyCurrency: Currency | undefined;
  private readonly contents: CsvContents;
  private readonly known: ReadonlySet<Isin>;

  constructor(contents: CsvContents) {
    const { securities, benchmark } = contents.listing;
    const [first, ...others] = new Set(securities.map((security) => security.currency));
    this.contents = contents;
    this.benchmark = benchmark;
    this.onlyCurrency = contents.rates || others.length > 0 ? undefined : first;
    this.known = new Set(securities.map((security) => security.isin));
  }

  async ping(): Promise<void> {}

  async listing(): Promise<readonly ListedSecurity[]> {
    return this.contents.listing.securities;
  }

  async bars(isin: Isin, from: CalendarDay): Promise<readonly DailyBar[]> {
    this.requireKnown(isin);
    const bars = this.contents.bars.get(isin) ?? [];
    const first = bars.findIndex((bar) => bar.day >= from);
    return first < 0 ? [] : bars.slice(first);
  }

  async fundamentals(isin: Isin): Promise<ListedFundamentals | undefined> {
    this.requireKnown(isin);
    return this.contents.fundamentals.get(isin);
  }

  async rates(from: Currency, to: Currency, since: CalendarDay): Promise<readonly DailyRate[]> {
    return this.contents.rates?.between(from, to, since) ?? [];
  }

  session(exchange: string, now: Instant): MarketSession {
    if (!this.contents.listing.securities.some((security) => security.exchange === exchange))
      throw notFound('exchange', exchange);
    const day = this.today(now);
    return { open: true, day, reason: `Historical data: prices end on ${day}.` };
  }

  today(_now: Instant): CalendarDay {
    return this.contents.today;
  }

  private requireKnown(isin: Isin): void {
    if (!this.known.has(isin)) throw notFound('security', isin);
  }
}

function readPrices(
  files: CsvFiles,
  securities: readonly ListedSecurity[],
  complaints: Complaints,
): ReadonlyMap<Isin, readonly DailyBar[]> {
  const isinOf = new Map(securities.map(({ symbol, isin }) => [symbol.toUpperCase(), isin]));
  const fileOf = new Map<Isin, string>();
  const found = new Map<Isin, readonly DailyBar[]>();
  for (const table of files.prices)
    for (const [symbol, bars] of barsIn(table, new Set(isinOf.keys()), complaints)) {
      const isin = isinOf.get(symbol);
      if (isin === undefined || bars.length === 0) continue;
      const other = fileOf.get(isin);
      if (other) complaints.add(table.file, 1, `has prices of ${symbol}, as ${other} has`);
      fileOf.set(isin, table.file);
      found.set(isin, bars);
    }
  return found;
}

/** What a file of prices holds of these symbols (in capitals); files about others are left alone. */
function barsIn(table: Table, symbols: ReadonlySet<string>, complaints: Complaints): BarsBySymbol {
  const none: BarsBySymbol = new Map();
  if (!isBarHeader(table.header)) {
    const isWide = wideColumns(table.header).some((column) => symbols.has(column.toUpperCase()));
    return isWide ? readWide(table, symbols, complaints) : none;
  }
  const symbol = symbolOfFile(table.file).toUpperCase();
  return symbols.has(symbol) ? new Map([[symbol, readBars(table, complaints)]]) : none;
}

function lastDayOf(
  files: CsvFiles,
  securities: readonly ListedSecurity[],
  bars: ReadonlyMap<Isin, readonly DailyBar[]>,
): CalendarDay {
  const days = [...bars.values()].flatMap((series) => series.at(-1)?.day ?? []);
  const last = days.sort().at(-1);
  if (last === undefined)
    throw refused(
      'prices-missing',
      `${files.folder} has no prices of ${securities.map((s) => s.symbol).join(', ')}; ` +
        `looked in ${files.prices.map((table) => table.file).join(', ') || 'no file'}.`,
    );
  return last;
}
