/** Reads from the source of market data what the paper broker needs to trade. */
import type {
  DailyBar,
  ListedSecurity,
  MarketData,
} from '#shared/clients/market-data/market-data.ts';
import { checkedBars } from '#shared/clients/market-data/checked-bars.ts';
import { marketNow } from '#shared/clients/market-data/market-clock.ts';
import { addDays, type CalendarDay } from '#shared/kernel/calendar-day.ts';
import { splitFactor, type CorporateAction } from '#shared/kernel/corporate-action.ts';
import type { Currency } from '#shared/kernel/currency.ts';
import { costModelOf } from '#shared/kernel/costs.ts';
import { Decimal } from '#shared/kernel/decimal.ts';
import { Failure } from '#shared/kernel/failure.ts';
import type { Instant } from '#shared/kernel/instant.ts';
import type { Isin } from '#shared/kernel/isin.ts';
import { parseQuantity } from '#shared/kernel/quantity.ts';
import { byDay, storedActions } from '#shared/clients/stored-actions.ts';
import type { Database } from '#shared/redis/database.ts';
import type { Settings } from '#shared/process/settings.ts';
import type { PaperMarket, PaperQuote, PaperTerms } from './paper-book.ts';

/** A close or a rate older than this is not used as a quote. */
const QUOTE_AGE_DAYS_MAX = 30;
const RATE_DECIMALS = 10;

export function paperTermsOf(settings: Settings): PaperTerms {
  const { paperSlippageMaxRatio, paperVolumeMaxRatio, paperSplitRatio } = settings;
  return {
    ...costModelOf(settings),
    slippageMaxRatio: paperSlippageMaxRatio,
    volumeMaxRatio: paperVolumeMaxRatio,
    splitRatio: paperSplitRatio,
  };
}

export class PaperMarketSource {
  private readonly database: Database;
  private readonly marketData: MarketData;
  private readonly base: Currency;
  private readonly costs: PaperTerms;
  private readonly known: { listed: ReadonlyMap<Isin, ListedSecurity> } = { listed: new Map() };

  constructor(database: Database, marketData: MarketData, base: Currency, costs: PaperTerms) {
    this.database = database;
    this.marketData = marketData;
    this.base = base;
    this.costs = costs;
  }

  /** The same, what was listed included, through another object of the connection. */
  through(database: Database): PaperMarketSource {
    return Object.assign(Object.create(this) as PaperMarketSource, { database });
  }

  /**
   * Quotes of what is ordered, and the actions of what is ordered or held.
   * @throws Failure UNAVAILABLE when the source does not answer
   */
  async snapshot(
    { quoted, held }: { readonly quoted: Iterable<Isin>; readonly held: Iterable<Isin> },
    now: Instant,
    signal: AbortSignal,
  ): Promise<PaperMarket> {
    const today = this.marketData.today(now);
    const quotes = new Map<Isin, PaperQuote>();
    for (const isin of new Set(quoted)) {
      const quote = await this.quote(isin, today, signal);
      if (quote) quotes.set(isin, quote);
    }
    const actions = await this.actions([...quoted, ...held], signal);
    return {
      now: marketNow(this.marketData, now),
      today,
      quotes: new Map([...quotes].map(([isin, one]) => [isin, afterSplits(one, actions, today)])),
      actions,
      rates: await this.actionRates(actions, today, signal),
      costs: this.costs,
    };
  }

  /** What was entered or synced, and what the source knows beyond that. */
  private async actions(
    isins: Iterable<Isin>,
    signal: AbortSignal,
  ): Promise<readonly CorporateAction[]> {
    const requested = [...new Set(isins)];
    const stored = await storedActions(this.database, requested);
    const { marketData } = this;
    const listed = marketData.actions
      ? await Promise.all(requested.map((isin) => marketData.actions?.(isin, signal) ?? []))
      : [];
    const byId = new Map([...listed.flat(), ...stored].map((one) => [one.actionId, one]));
    return byDay([...byId.values()]);
  }

  /** Rates of the days on which cash is paid, for actions that are due and pay any. */
  private async actionRates(
    actions: readonly CorporateAction[],
    today: CalendarDay,
    signal: AbortSignal,
  ): Promise<ReadonlyMap<string, Decimal>> {
    const rates = new Map<string, Decimal>();
    for (const { actionId, day, payDay = day, amount, fractionPrice } of actions) {
      const currency = (amount ?? fractionPrice)?.currency;
      if (currency === undefined || payDay > today) continue;
      const rate = await this.rate(currency, payDay, signal);
      if (rate) rates.set(actionId, rate);
    }
    return rates;
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
      day: bars.at(-1)?.day,
      averageVolume: average(bars.flatMap((bar) => bar.volume ?? [])),
      rate: await this.rate(security.currency, today, signal),
    };
  }

  private async security(isin: Isin, signal: AbortSignal): Promise<ListedSecurity | undefined> {
    const known = this.known.listed.get(isin);
    if (known) return known;
    const listing = await this.marketData.listing(signal);
    this.known.listed = new Map(listing.map((security) => [security.isin, security]));
    return this.known.listed.get(isin);
  }

  /** Only bars that passed the check, as for the planner and the account. */
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

/** The last close in shares of today, where a split came after it. */
function afterSplits(
  quote: PaperQuote,
  actions: readonly CorporateAction[],
  today: CalendarDay,
): PaperQuote {
  const { close, day } = quote;
  if (close === undefined || day === undefined) return quote;
  const factor = splitFactor(actions, quote.isin, day, today);
  return factor === 1 ? quote : { ...quote, close: close / factor };
}

function average(values: readonly number[]): number | undefined {
  if (values.length === 0) return undefined;
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
