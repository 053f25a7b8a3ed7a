/** Prices that were read from files. Their present is in the past: today is the last day in the data. */
import type { BarFigures } from '#shared/kernel/bars/packed-bars.ts';
import type { CalendarDay } from '#shared/kernel/calendar-day.ts';
import type { CorporateAction } from '#shared/kernel/corporate-action.ts';
import type { Currency } from '#shared/kernel/currency.ts';
import { notFound } from '#shared/kernel/failure.ts';
import type { Instant } from '#shared/kernel/instant.ts';
import type { Isin } from '#shared/kernel/isin.ts';
import type {
  DailyBar,
  DailyRate,
  FileFacts,
  ListedFundamentals,
  ListedSecurity,
  MarketData,
  MarketSession,
} from '../market-data.ts';
import type { CsvSeries } from './bar-columns.ts';
import type { PriceArchive } from './price-archive.ts';

/** Bars of so many securities are kept as lists. */
const LISTS_MAX = 100;

export class FileMarketData implements MarketData {
  readonly name: string;
  readonly simulated = false;
  readonly benchmark: Isin | undefined;
  /** The one currency of all securities, where there are no exchange rates. */
  readonly onlyCurrency: Currency | undefined;
  readonly doubts: readonly string[];
  private readonly archive: PriceArchive;
  private readonly listed: ReadonlySet<Isin>;
  /** The same list for the same series, so that it is judged once; of those asked for lately. */
  private readonly barsOf = new Map<CsvSeries, readonly DailyBar[]>();

  constructor(name: string, archive: PriceArchive) {
    const { securities, benchmark, doubts, hasRates } = archive;
    const [first, ...others] = new Set(securities.map((security) => security.currency));
    this.name = name;
    this.archive = archive;
    this.benchmark = benchmark;
    this.onlyCurrency = hasRates || others.length > 0 ? undefined : first;
    this.listed = new Set(securities.map((security) => security.isin));
    this.doubts = doubts;
  }

  get fileFacts(): FileFacts {
    const { securities, benchmark, doubts, lastDay, hasRates } = this.archive;
    return { securities, benchmark, doubts, lastDay, hasRates };
  }

  async ping(): Promise<void> {}

  async listing(): Promise<readonly ListedSecurity[]> {
    return this.archive.securities;
  }

  async bars(isin: Isin, from: CalendarDay): Promise<readonly DailyBar[]> {
    this.requireListed(isin);
    const series = await this.archive.series(isin);
    if (!series) return [];
    const isPart = series.firstDay !== undefined && from > series.firstDay;
    return isPart ? series.dailyBarsFrom(from) : this.barsIn(series);
  }

  async figures(isin: Isin): Promise<BarFigures | undefined> {
    this.requireListed(isin);
    return (await this.archive.series(isin))?.figures;
  }

  originOf(isin: Isin, day: CalendarDay): string | undefined {
    const series = this.archive.known(isin);
    const bar = series?.bars.find((one) => one.day === day);
    return series && bar && `${series.file}:${bar.line}`;
  }

  async actions(isin: Isin): Promise<readonly CorporateAction[]> {
    const { actions } = await this.archive.details();
    return actions.filter((action) => action.isin === isin);
  }

  async fundamentals(isin: Isin): Promise<ListedFundamentals | undefined> {
    this.requireListed(isin);
    return (await this.archive.details()).fundamentals.get(isin);
  }

  async rates(from: Currency, to: Currency, since: CalendarDay): Promise<readonly DailyRate[]> {
    const { rates } = await this.archive.details();
    return rates?.between(from, to, since) ?? [];
  }

  session(exchange: string, now: Instant): MarketSession {
    if (!this.archive.securities.some((security) => security.exchange === exchange))
      throw notFound('exchange', exchange);
    const day = this.today(now);
    return { open: true, day, reason: `Historical data: prices end on ${day}.` };
  }

  today(_now: Instant): CalendarDay {
    return this.archive.lastDay;
  }

  private barsIn(series: CsvSeries): readonly DailyBar[] {
    const known = this.barsOf.get(series);
    if (known) return known;
    const bars = series.dailyBars;
    this.barsOf.set(series, bars);
    const [oldest] = this.barsOf.keys();
    if (oldest && this.barsOf.size > LISTS_MAX) this.barsOf.delete(oldest);
    return bars;
  }

  private requireListed(isin: Isin): void {
    if (!this.listed.has(isin)) throw notFound('security', isin);
  }
}
