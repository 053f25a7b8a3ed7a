/** Looks up at the source of market data what the paper broker needs to trade. */
import type {
  DailyBar,
  ListedSecurity,
  MarketData,
} from '#shared/clients/market-data/market-data.ts';
import { checkedBars } from '#shared/clients/market-data/checked-bars.ts';
import { marketNow } from '#shared/clients/market-data/market-clock.ts';
import { addDays, type CalendarDay } from '#shared/kernel/calendar-day.ts';
import type { CostModel } from '#shared/kernel/costs.ts';
import type { Currency } from '#shared/kernel/currency.ts';
import { Decimal } from '#shared/kernel/decimal.ts';
import { Failure } from '#shared/kernel/failure.ts';
import type { Instant } from '#shared/kernel/instant.ts';
import type { Isin } from '#shared/kernel/isin.ts';
import { parseQuantity } from '#shared/kernel/quantity.ts';
import type { PaperMarket, PaperQuote } from './book.ts';

/** A close or a rate older than this is no quote any more. */
const QUOTE_AGE_DAYS_MAX = 30;
const RATE_DECIMALS = 10;

export class PaperMarketSource {
  private readonly marketData: MarketData;
  private readonly base: Currency;
  private readonly costs: CostModel;
  private listed: ReadonlyMap<Isin, ListedSecurity> = new Map();

  constructor(marketData: MarketData, base: Currency, costs: CostModel) {
    this.marketData = marketData;
    this.base = base;
    this.costs = costs;
  }

  /** @throws Failure UNAVAILABLE when the source does not answer */
  async snapshot(isins: Iterable<Isin>, now: Instant, signal: AbortSignal): Promise<PaperMarket> {
    const today = this.marketData.today(now);
    const quotes = new Map<Isin, PaperQuote>();
    for (const isin of new Set(isins)) {
      const quote = await this.quote(isin, today, signal);
      if (quote) quotes.set(isin, quote);
    }
    return { now: marketNow(this.marketData, now), today, quotes, costs: this.costs };
  }

  private async quote(
    isin: Isin,
    today: CalendarDay,
    signal: AbortSignal,
  ): Promise<PaperQuote | undefined> {
    const security = await this.security(isin, signal);
    if (!security) return undefined;
    const bars = await this.bars(isin, today, signal);
    return {
      isin,
      currency: security.currency,
      lot: parseQuantity(security.lot),
      close: bars.at(-1)?.close,
      averageVolume: average(bars.flatMap((bar) => bar.volume ?? [])),
      rate: await this.rate(security.currency, today, signal),
    };
  }

  private async security(isin: Isin, signal: AbortSignal): Promise<ListedSecurity | undefined> {
    const known = this.listed.get(isin);
    if (known) return known;
    const listing = await this.marketData.listing(signal);
    this.listed = new Map(listing.map((security) => [security.isin, security]));
    return this.listed.get(isin);
  }

  /** Only bars that passed the check: the planner and the account see no others either. */
  private async bars(
    isin: Isin,
    today: CalendarDay,
    signal: AbortSignal,
  ): Promise<readonly DailyBar[]> {
    const from = addDays(today, -QUOTE_AGE_DAYS_MAX);
    try {
      return await checkedBars(this.marketData, isin, { from, to: today }, signal);
    } catch (thrown) {
      if (Failure.from(thrown).code === 'NOT_FOUND') return [];
      throw thrown;
    }
  }

  private async rate(
    from: Currency,
    today: CalendarDay,
    signal: AbortSignal,
  ): Promise<Decimal | undefined> {
    if (from === this.base) return Decimal.one;
    const since = addDays(today, -QUOTE_AGE_DAYS_MAX);
    const rates = await this.marketData.rates(from, this.base, since, signal);
    const latest = rates.filter((rate) => rate.day <= today).at(-1)?.rate;
    return latest === undefined
      ? undefined
      : Decimal.fromEstimate(latest, RATE_DECIMALS, 'half-even').normalize();
  }
}

function average(values: readonly number[]): number | undefined {
  if (values.length === 0) return undefined;
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
