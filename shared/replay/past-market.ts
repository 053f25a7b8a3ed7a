/**
 * Historical market data as of the simulated moment: it returns nothing that was not known then (no
 * look-ahead). Handlers use it in place of the provider; nothing else of a replay reads `Past`.
 */
import type {
  DailyBar,
  DailyRate,
  ListedFundamentals,
  ListedSecurity,
  MarketData,
  MarketSession,
} from '#shared/clients/market-data/market-data.ts';
import { addDays, dayOf, type CalendarDay } from '#shared/kernel/calendar-day.ts';
import type { CorporateAction } from '#shared/kernel/corporate-action.ts';
import { pairOf, type Currency } from '#shared/kernel/currency.ts';
import { notFound } from '#shared/kernel/failure.ts';
import type { Instant } from '#shared/kernel/instant.ts';
import type { Isin } from '#shared/kernel/isin.ts';
import { lastOn, type Past } from './past.ts';

/** What is known at the simulated moment. */
export interface Moment {
  readonly now: Instant;
  /** The last day whose bar is complete. */
  readonly knownThrough: CalendarDay;
}

export interface PastMarketOptions {
  /** Days from the end of a reporting period until fundamentals are published. */
  readonly publicationLagDays: number;
  /** Whether splits are in the prices, or declared beside them. */
  readonly declaresSplits: boolean;
}

export class PastMarket implements MarketData {
  readonly name = 'past';
  readonly simulated = false;
  readonly keepsPast = true;
  readonly benchmark: Isin | undefined;
  readonly declaresSplits: boolean;
  /** Actions that have taken effect; earlier announcements are not returned. Absent where no security has any. */
  readonly actions?: NonNullable<MarketData['actions']>;
  private readonly past: Past;
  private readonly moment: () => Moment;
  private readonly options: PastMarketOptions;

  constructor(past: Past, moment: () => Moment, options: PastMarketOptions) {
    this.past = past;
    this.moment = moment;
    this.options = options;
    this.benchmark = past.benchmark;
    this.declaresSplits = options.declaresSplits;
    if ([...(past.actions?.values() ?? [])].some((own) => own.length > 0))
      this.actions = (isin) => Promise.resolve(this.actionsSoFar(isin));
  }

  async ping(): Promise<void> {}

  async listing(): Promise<readonly ListedSecurity[]> {
    return this.past.securities;
  }

  async bars(isin: Isin, from: CalendarDay): Promise<readonly DailyBar[]> {
    const bars = this.past.bars.get(isin);
    if (!bars) throw notFound('security', isin);
    const end = lastOn(bars, this.moment().knownThrough) + 1;
    const start = lastOn(bars, addDays(from, -1)) + 1;
    return bars.slice(start, end);
  }

  private actionsSoFar(isin: Isin): readonly CorporateAction[] {
    const today = dayOf(this.moment().now);
    return (this.past.actions?.get(isin) ?? []).filter(({ day }) => day <= today);
  }

  async fundamentals(isin: Isin): Promise<ListedFundamentals | undefined> {
    const found = this.past.fundamentals.get(isin);
    if (!found) return undefined;
    const published = addDays(found.asOf, this.options.publicationLagDays);
    return published <= dayOf(this.moment().now) ? found : undefined;
  }

  async rates(from: Currency, to: Currency, since: CalendarDay): Promise<readonly DailyRate[]> {
    const rates = this.past.rates.get(pairOf(from, to)) ?? [];
    const end = lastOn(rates, this.moment().knownThrough) + 1;
    return rates.slice(lastOn(rates, addDays(since, -1)) + 1, end);
  }

  session(_exchange: string, now: Instant): MarketSession {
    return { open: true, day: this.moment().knownThrough, reason: `Replay of ${dayOf(now)}` };
  }

  today(now: Instant): CalendarDay {
    return dayOf(now);
  }
}

/** What the paper broker trades on: the price at which orders of the moment are filled. */
export class FillMarket extends PastMarket {
  private readonly fill: () => Fill;
  private readonly all: Past;

  constructor(past: Past, moment: () => Moment, options: PastMarketOptions, fill: () => Fill) {
    super(past, moment, options);
    this.all = past;
    this.fill = fill;
  }

  override async bars(isin: Isin, from: CalendarDay): Promise<readonly DailyBar[]> {
    const { day, at } = this.fill();
    const known = await super.bars(isin, from);
    const bars = this.all.bars.get(isin) ?? [];
    const bar = bars[lastOn(bars, day)];
    if (bar?.day !== day || known.at(-1)?.day === day) return known;
    const price = at === 'open' ? bar.open : bar.close;
    const adjustedClose = (bar.adjustedClose / bar.close) * price;
    return [
      ...known,
      { ...bar, open: price, high: price, low: price, close: price, adjustedClose },
    ];
  }
}

/** Orders of the moment are filled at the open or the close of this day. */
export interface Fill {
  readonly day: CalendarDay;
  readonly at: 'open' | 'close';
}
