/** Prices from files. Their present is in the past: today is the last day in the data. */
import type { CalendarDay } from '#shared/kernel/calendar-day.ts';
import type { CorporateAction } from '#shared/kernel/corporate-action.ts';
import type { Currency } from '#shared/kernel/currency.ts';
import { notFound, refused } from '#shared/kernel/failure.ts';
import { instantOf, type Instant } from '#shared/kernel/instant.ts';
import type { Isin } from '#shared/kernel/isin.ts';
import type {
  DailyBar,
  DailyRate,
  ListedFundamentals,
  ListedSecurity,
  MarketData,
  MarketSession,
} from '../market-data.ts';
import { doubtsOf, readContents, type CsvContents } from './csv-contents.ts';
import { securitiesMissing } from './csv-folder.ts';
import { columnsText } from './csv-layout.ts';

/**
 * Reads and checks all files at once; `docs/market-data.md` describes them.
 * @param path a folder, or one wide file of closes
 * @param now the wall clock's; later days are refused
 * @throws Failure REFUSED where a file or every price is missing, INVALID_REQUEST with every
 *   complaint about what the files hold, by file and line
 */
export async function openCsv(
  path: string,
  now: Instant = instantOf(Date.now()),
): Promise<CsvMarketData> {
  const contents = await readContents(path, now);
  if (!contents.files.securities) throw securitiesMissing(contents.files);
  contents.complaints.throwIfAny();
  if (contents.lastDay === undefined) throw pricesMissing(contents);
  return new CsvMarketData(contents, contents.lastDay);
}

export class CsvMarketData implements MarketData {
  readonly name = 'csv';
  readonly simulated = false;
  readonly benchmark: Isin | undefined;
  /** The one currency of all securities, where there are no exchange rates. */
  readonly onlyCurrency: Currency | undefined;
  readonly doubts: readonly string[];
  private readonly contents: CsvContents;
  private readonly lastDay: CalendarDay;
  private readonly bySecurity: ReadonlyMap<Isin, readonly DailyBar[]>;
  private readonly known: ReadonlySet<Isin>;

  constructor(contents: CsvContents, lastDay: CalendarDay) {
    const { securities, benchmark } = contents.listing;
    const [first, ...others] = new Set(securities.map((security) => security.currency));
    this.contents = contents;
    this.lastDay = lastDay;
    this.benchmark = benchmark;
    this.onlyCurrency = contents.rates || others.length > 0 ? undefined : first;
    this.known = new Set(securities.map((security) => security.isin));
    this.doubts = doubtsOf(contents);
    this.bySecurity = new Map(
      [...contents.series].map(([isin, { bars }]) => [
        isin,
        bars.map(({ line: _line, dividend: _dividend, split: _split, ...bar }) => bar),
      ]),
    );
  }

  async ping(): Promise<void> {}

  async listing(): Promise<readonly ListedSecurity[]> {
    return this.contents.listing.securities;
  }

  async bars(isin: Isin, from: CalendarDay): Promise<readonly DailyBar[]> {
    this.requireKnown(isin);
    const bars = this.bySecurity.get(isin) ?? [];
    const first = bars.findIndex((bar) => bar.day >= from);
    return first < 0 ? [] : bars.slice(first);
  }

  originOf(isin: Isin, day: CalendarDay): string | undefined {
    const series = this.contents.series.get(isin);
    const bar = series?.bars.find((one) => one.day === day);
    return series && bar && `${series.file}:${bar.line}`;
  }

  async actions(isin: Isin): Promise<readonly CorporateAction[]> {
    return this.contents.actions.filter((action) => action.isin === isin);
  }

  async fundamentals(isin: Isin): Promise<ListedFundamentals | undefined> {
    this.requireKnown(isin);
    return this.contents.fundamentals.get(isin);
  }

  async rates(from: Currency, to: Currency, since: CalendarDay): Promise<readonly DailyRate[]> {
    return this.contents.rates?.between(from, to, since) ?? [];
  }

  session(exchange: string, now: Instant): MarketSession {
    const { securities } = this.contents.listing;
    if (!securities.some((security) => security.exchange === exchange))
      throw notFound('exchange', exchange);
    const day = this.today(now);
    return { open: true, day, reason: `Historical data: prices end on ${day}.` };
  }

  today(_now: Instant): CalendarDay {
    return this.lastDay;
  }

  private requireKnown(isin: Isin): void {
    if (!this.known.has(isin)) throw notFound('security', isin);
  }
}

function pricesMissing({ files, listing, unused }: CsvContents) {
  const symbols = listing.securities.map(({ symbol }) => symbol).join(', ');
  const looked = files.prices.map(
    ({ file, header }) => `${file} (${unusedReason(file) ?? columnsText(header)})`,
  );
  function unusedReason(file: string): string | undefined {
    return unused.find((one) => one.file === file)?.reason;
  }
  return refused(
    'prices-missing',
    `${files.folder} has no prices of ${symbols}; looked in ${looked.join('; ') || 'no file'}.`,
  );
}
