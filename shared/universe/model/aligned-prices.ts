/**
 * Prices of many securities side by side, in the base currency, on days they have in common.
 *
 * 1. A common day is one on which at least half of the view's securities have a bar. The window is
 *    the last `days` of them.
 * 2. A price is the adjusted close times the exchange rate of the day. Where a security (or a rate)
 *    has no value of its own on a common day, its last one is carried for at most CARRY_DAYS_MAX
 *    common days.
 * 3. A security's history begins after the last day on which nothing could be carried. It is dropped
 *    when it has fewer than OBSERVATIONS_MIN bars in that history, or no price at the window's end, and
 *    where a doubt about its prices says that they are no series (a dead price, an undeclared split).
 * 4. Unequal histories: the window starts with the longest history; the days before a younger one
 *    begins are filled backwards (`fillBackwards`), so that one new listing neither shortens the
 *    window of all others nor is left out. `observedFrom` says where the real prices begin.
 */
import type { Isin } from '#shared/kernel/isin.ts';
import { fillBackwards } from './backward-fill.ts';
import type { MarketView } from './market-view.ts';
import { breaksSeries, doubtText } from './price-doubt.ts';
import type { CloseSeries, RateSeries } from './price-series.ts';
import type { Security } from './security.ts';

const CARRY_DAYS_MAX = 5;
const OBSERVATIONS_MIN = 60;

export interface AlignedPrices {
  /** In the order of the view; the columns below have the same order. */
  readonly isins: readonly Isin[];
  /** Days since 1970-01-01, rising. */
  readonly days: Int32Array;
  /** A column for each security, as long as `days`: base currency, positive, none missing. */
  readonly prices: readonly Float64Array[];
  /** For each security the index in `days` of its first real price; earlier ones are filled. */
  readonly observedFrom: Int32Array;
  readonly dropped: readonly { readonly isin: Isin; readonly reason: string }[];
}

interface Column {
  readonly isin: Isin;
  readonly prices: Float64Array;
  readonly start: number;
}

/** @param options.days length of the window in common (trading) days, at least 2 */
export function alignPrices(view: MarketView, options: { readonly days: number }): AlignedPrices {
  const days = commonDays(view).slice(-options.days);
  const columns: Column[] = [];
  const dropped: { isin: Isin; reason: string }[] = [];
  for (const security of view.securities) {
    const column = columnOf(view, security, days);
    if (typeof column === 'string') dropped.push({ isin: security.isin, reason: column });
    else columns.push(column);
  }
  const first = columns.reduce((least, column) => Math.min(least, column.start), days.length);
  const starts = Int32Array.from(columns, (column) => column.start - first);
  const prices = columns.map((column) => column.prices.slice(first));
  fillBackwards(prices, starts);
  return {
    isins: columns.map((column) => column.isin),
    days: days.slice(first),
    prices,
    observedFrom: starts,
    dropped,
  };
}

/**
 * Days on which at least half of the view's securities have a bar, rising.
 * @internal exported for its tests
 */
export function commonDays(view: MarketView): Int32Array {
  const all = view.securities.flatMap(({ isin }) => view.series.get(isin)?.days ?? []);
  const from = all.reduce((least, days) => Math.min(least, days[0] ?? least), Infinity);
  const to = all.reduce((most, days) => Math.max(most, days.at(-1) ?? most), -Infinity);
  if (from > to) return new Int32Array(0);
  const traded = new Int32Array(to - from + 1);
  for (const days of all)
    for (let i = 0; i < days.length; i += 1) {
      const at = (days[i] ?? from) - from;
      traded[at] = (traded[at] ?? 0) + 1;
    }
  const common: number[] = [];
  traded.forEach((count, i) => {
    if (count * 2 >= view.securities.length && count > 0) common.push(from + i);
  });
  return Int32Array.from(common);
}

function columnOf(view: MarketView, security: Security, days: Int32Array): Column | string {
  const bars = view.series.get(security.isin);
  if (!bars) return 'has no stored bars';
  const doubt = view.doubts?.get(security.isin)?.find(breaksSeries);
  if (doubt) return `cannot be measured: ${doubtText(doubt)}`;
  const prices = carry(bars.days, bars.adjustedClose, days);
  if (security.currency !== view.base) {
    const rates = view.rateSeries.get(security.currency);
    if (!rates) return `has no exchange rates for ${security.currency}`;
    multiply(prices, carry(rates.days, rates.rates, days));
  }
  const start = prices.findLastIndex((price) => Number.isNaN(price)) + 1;
  if (start >= days.length) return `has no price within ${CARRY_DAYS_MAX} days of the window's end`;
  const observed = observations(bars, days[start] ?? 0);
  if (observed < OBSERVATIONS_MIN)
    return `has ${observed} days of unbroken prices; ${OBSERVATIONS_MIN} are needed`;
  return { isin: security.isin, prices, start };
}

/** Values at the requested days, each the last known one; NaN where that is too old or absent. */
function carry(
  days: Int32Array,
  values: RateSeries['rates'],
  requested: Int32Array,
): Float64Array<ArrayBuffer> {
  const carried = new Float64Array(requested.length).fill(NaN);
  let next = 0;
  // A value from before the window may be carried into it, counted in calendar days.
  let age = 0;
  for (let i = 0; i < requested.length; i += 1) {
    const day = requested[i] ?? 0;
    const before = next;
    while (next < days.length && (days[next] ?? 0) <= day) next += 1;
    age = next === before ? age + 1 : i === 0 ? day - (days[next - 1] ?? 0) : 0;
    if (next > 0 && age <= CARRY_DAYS_MAX) carried[i] = values[next - 1] ?? NaN;
  }
  return carried;
}

function multiply(prices: Float64Array, rates: Float64Array): void {
  for (let i = 0; i < prices.length; i += 1) prices[i] = (prices[i] ?? NaN) * (rates[i] ?? NaN);
}

function observations(bars: CloseSeries, from: number): number {
  const first = bars.days.findIndex((day) => day >= from);
  return first === -1 ? 0 : bars.days.length - first;
}
