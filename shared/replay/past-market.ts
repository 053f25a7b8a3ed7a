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
  readonly hasNoFundamentals: boolean;
  /** Actions that have taken effect; earlier announcements are not returned. Absent where no security has any. */
  readonly actions?: NonNullable<MarketData['actions']>;
  private readonly past: Past;
  private readonly moment: () => Moment;
  private readonly options: PastMarketOptions;

  /** The last bars that were known when each security was asked for. */
  private readonly lastOf = new Map<Isin, number>();

  constructor(past: Past, moment: () => Moment, options: PastMarketOptions) {
    this.past = past;
    this.moment = moment;
    this.options = options;
    this.benchmark = past.benchmark;
    this.hasNoFundamentals = past.fundamentals.size === 0;
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
    const last = lastOn(bars, this.moment().knownThrough, this.lastOf.get(isin));
    this.lastOf.set(isin, last);
    return bars.slice(firstFrom(bars, from, last), last + 1);
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

/** Bars before the last that are looked at one by one: mostly those of some days are asked for. */
const LATEST_BARS = 40;

/** Index of the first bar on or after a day, up to the one after the last. */
function firstFrom(bars: readonly DailyBar[], from: CalendarDay, last: number): number {
  for (let at = last; at >= Math.max(0, last - LATEST_BARS); at -= 1)
    if ((bars[at]?.day ?? '') < from) return at + 1;
  return lastOn(bars, addDays(from, -1)) + 1;
}

/** What the paper broker trades on: the price at which orders of the moment are filled. */
export class FillMarket extends PastMarket {
  private readonly fill: () => Fill;
  private readonly all: Past;
  private readonly fillOf = new Map<Isin, number>();

  constructor(past: Past, moment: () => Moment, options: PastMarketOptions, fill: () => Fill) {
    super(past, moment, options);
    this.all = past;
    this.fill = fill;
  }

  override async bars(isin: Isin, from: CalendarDay): Promise<readonly DailyBar[]> {
    const { day, at } = this.fill();
    const known = await super.bars(isin, from);
    const bars = this.all.bars.get(isin) ?? [];
    const last = lastOn(bars, day, this.fillOf.get(isin));
    this.fillOf.set(isin, last);
    const bar = bars[last];
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
