/** Loads the one consistent snapshot of the market that scores, moments and plans are measured on. */
import { addDays, type CalendarDay } from '#shared/kernel/calendar-day.ts';
import type { Currency } from '#shared/kernel/currency.ts';
import type { RateTable } from '#shared/kernel/exchange-rate.ts';
import type { Isin } from '#shared/kernel/isin.ts';
import { Price } from '#shared/kernel/price.ts';
import type { MarketReader } from './market-reader.ts';
import type { MarketView, Quote, UnpricedSecurity } from './model/market-view.ts';
import {
  indexAt,
  lastDay,
  lengthOf,
  closesWithin,
  type CloseSeries,
  type RateSeries,
} from './model/price-series.ts';
import { isTradable, type Security } from './model/security.ts';

const YEAR_DAYS = 365.25;

export interface MarketViewOptions {
  readonly base: Currency;
  /** The day the market data stands at: `marketData.today(now)`. */
  readonly today: CalendarDay;
  /** Years of bars to load, above 0. */
  readonly years: number;
  /** Exactly these securities, removed ones too; without it, all that are tradable. */
  readonly isins?: readonly Isin[] | undefined;
}

/**
 * Securities without a bar in the window or without a rate into the base currency, and ISINs that
 * the universe does not have, come back in `unpriced` with the reason.
 */
export async function loadMarketView(
  reader: MarketReader,
  options: MarketViewOptions,
): Promise<MarketView> {
  const { base, today, isins } = options;
  const from = addDays(today, -Math.ceil(options.years * YEAR_DAYS));
  const all = await reader.securities();
  const requested = choose(all, isins);
  const currencies = new Set(requested.map((security) => security.currency));
  const ids = requested.map((security) => security.isin);
  // The last closes are known once these are read.
  const bars = await reader.closesOf(ids, from);
  const [doubts, quotes, rates, rateSeries] = await Promise.all([
    reader.doubts(),
    reader.quotes(ids),
    reader.rates(base, [...currencies, base], today),
    loadRateSeries(reader, currencies, base, today),
  ]);
  const series = new Map([...bars].map(([isin, one]) => [isin, closesUntil(one, today)]));
  const reasons = new Map(requested.map((one) => [one.isin, missing(one, series, rates, from)]));
  const priced = requested.filter((security) => reasons.get(security.isin) === undefined);
  const left = requested.flatMap(({ isin, symbol }): UnpricedSecurity[] => {
    const reason = reasons.get(isin);
    return reason === undefined ? [] : [{ isin, symbol, reason }];
  });
  return {
    asOf: today,
    base,
    securities: priced,
    unpriced: [...left, ...unknown(all, isins ?? [])],
    doubts,
    series,
    quotes: quotesAt(priced, series, quotes, today),
    rates,
    rateSeries,
  };
}

function choose(all: readonly Security[], isins: readonly Isin[] | undefined): Security[] {
  if (isins === undefined) return all.filter(isTradable);
  const named = new Set(isins);
  return all.filter((security) => named.has(security.isin));
}

function unknown(all: readonly Security[], isins: readonly Isin[]): UnpricedSecurity[] {
  const known = new Set(all.map((security) => security.isin));
  return [...new Set(isins)]
    .filter((isin) => !known.has(isin))
    .map((isin) => ({ isin, symbol: '', reason: 'is not in the universe' }));
}

function missing(
  security: Security,
  series: ReadonlyMap<Isin, CloseSeries>,
  rates: RateTable,
  from: CalendarDay,
): string | undefined {
  const bars = series.get(security.isin);
  if (!bars || lengthOf(bars) === 0) return `has no stored bars since ${from}`;
  if (!rates.has(security.currency)) return `has no exchange rate for ${security.currency}`;
  return undefined;
}

/** The same object when nothing is later. */
function closesUntil(series: CloseSeries, day: CalendarDay): CloseSeries {
  return closesWithin(series, 0, indexAt(series.days, day) + 1);
}

/** A stored quote from after the day gives way to the last close that the view holds. */
function quotesAt(
  securities: readonly Security[],
  series: ReadonlyMap<Isin, CloseSeries>,
  stored: ReadonlyMap<Isin, Quote>,
  today: CalendarDay,
): Map<Isin, Quote> {
  const quotes = new Map<Isin, Quote>();
  for (const { isin, currency } of securities) {
    const quote = stored.get(isin);
    const bars = series.get(isin);
    const close = bars?.close.at(-1);
    const day = bars && lastDay(bars);
    if (quote && quote.day <= today) quotes.set(isin, quote);
    else if (close !== undefined && day !== undefined)
      quotes.set(isin, { isin, price: Price.fromEstimate(close, currency), day });
  }
  return quotes;
}

async function loadRateSeries(
  reader: MarketReader,
  currencies: ReadonlySet<Currency>,
  base: Currency,
  today: CalendarDay,
): Promise<Map<Currency, RateSeries>> {
  const foreign = [...currencies].filter((currency) => currency !== base);
  const loaded = await Promise.all(
    foreign.map(async (currency): Promise<[Currency, RateSeries]> => {
      const { days, rates } = await reader.rateSeries(currency, base);
      const end = indexAt(days, today) + 1;
      return [currency, { days: days.subarray(0, end), rates: rates.subarray(0, end) }];
    }),
  );
  return new Map(loaded);
}
