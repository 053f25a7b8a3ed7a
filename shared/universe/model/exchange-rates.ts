/**
 * Rates that are not stored, from those that are: a leg is a stored pair, read forwards or
 * backwards; a route is one leg, or two through a common currency.
 */
import { dayOfEpoch, type CalendarDay } from '#shared/kernel/calendar-day.ts';
import type { Currency } from '#shared/kernel/currency.ts';
import { Decimal } from '#shared/kernel/decimal.ts';
import type { ExchangeRate } from '#shared/kernel/exchange-rate.ts';
import { indexAt, type RateSeries } from './price-series.ts';

/** Decimals of a rate that was divided or multiplied. */
const SCALE = 12;

export interface Leg {
  readonly series: RateSeries;
  /** The stored pair is the other way round. */
  readonly inverse: boolean;
}

/**
 * The rate of a route on a day: exact products and quotients of the stored rates, to 12 decimals.
 * Its day is that of its oldest leg.
 * @param day undefined for the latest
 * @returns undefined where a leg has no rate on or before the day
 */
export function rateOver(
  legs: readonly Leg[],
  from: Currency,
  to: Currency,
  day: CalendarDay | undefined,
): ExchangeRate | undefined {
  let rate = Decimal.one;
  let oldest = Infinity;
  for (const { series, inverse } of legs) {
    const index = day === undefined ? series.days.length - 1 : indexAt(series.days, day);
    const [at, stored] = [series.days[index], series.rates[index]];
    if (at === undefined || stored === undefined) return undefined;
    rate = inverse
      ? rate.divide(Decimal.ofNumber(stored), SCALE, 'half-even')
      : rate.multiply(Decimal.ofNumber(stored));
    oldest = Math.min(oldest, at);
  }
  const exact = rate.precision > SCALE ? rate.round(SCALE, 'half-even') : rate;
  return { from, to, rate: exact.normalize(), day: dayOfEpoch(oldest) };
}

/**
 * The rates of a route on each day of its first leg, the second leg's being the last known then.
 * Estimates, for returns over time.
 */
export function seriesOver(legs: readonly Leg[]): RateSeries {
  const [first, second] = legs;
  if (!first) return { days: new Int32Array(0), rates: new Float64Array(0) };
  const leading = oriented(first);
  if (!second) return leading;
  const following = oriented(second);
  const days: number[] = [];
  const rates: number[] = [];
  leading.days.forEach((day, i) => {
    const index = indexAt(following.days, dayOfEpoch(day));
    if (index < 0) return;
    days.push(day);
    rates.push((leading.rates[i] ?? 0) * (following.rates[index] ?? 0));
  });
  return { days: Int32Array.from(days), rates: Float64Array.from(rates) };
}

/**
 * Routes from one currency to another over stored pairs: the pair itself, its inverse, then
 * through each currency that both are stored with.
 */
export function routes(
  pairs: readonly (readonly [Currency, Currency])[],
  from: Currency,
  to: Currency,
): readonly (readonly Hop[])[] {
  const direct = hops(pairs, from, to).map((hop) => [hop]);
  const others = new Set(pairs.flat().filter((currency) => currency !== from && currency !== to));
  const through = [...others].sort().flatMap((middle) => {
    const [first] = hops(pairs, from, middle);
    const [second] = hops(pairs, middle, to);
    return first && second ? [[first, second]] : [];
  });
  return [...direct, ...through];
}

/** One step of a route: a stored pair, and whether it is read backwards. */
export interface Hop {
  readonly pair: readonly [Currency, Currency];
  readonly inverse: boolean;
}

function hops(
  pairs: readonly (readonly [Currency, Currency])[],
  from: Currency,
  to: Currency,
): readonly Hop[] {
  return [
    ...pairs.filter(([a, b]) => a === from && b === to).map((pair) => ({ pair, inverse: false })),
    ...pairs.filter(([a, b]) => a === to && b === from).map((pair) => ({ pair, inverse: true })),
  ];
}

function oriented({ series, inverse }: Leg): RateSeries {
  return inverse ? { days: series.days, rates: series.rates.map((rate) => 1 / rate) } : series;
}
