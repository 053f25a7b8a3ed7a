/** Falls of a path from the highest value before. Depths are positive fractions of that high. */
import { extent, mapped, mean, type Series } from './moments.ts';
import { growth } from './returns.ts';
import { conditionalValueAtRisk, entropicValueAtRisk, valueAtRisk } from './tail-risk.ts';

export interface PathOptions {
  /** Returns are compounded (default), or added up; then depths are in the unit of the returns. */
  readonly compounded?: boolean;
  /** Whether the path has the value before the first return (default), so that it can be a high. */
  readonly fromStart?: boolean;
}

/** Depth below the high so far at each value of a path; missing values stay missing. */
export function depths(path: Series): Float64Array {
  let high = -Infinity;
  return mapped(path, (value) => {
    if (value > high) high = value;
    return 1 - value / high;
  });
}

/** Depth after each return: as long as the returns. */
export function depthsOfReturns(
  returns: Series,
  { compounded = true, fromStart = true }: PathOptions = {},
): Float64Array {
  const path = growth(returns, { compounded });
  let high = fromStart ? 1 : -Infinity;
  return path.map((value, i) => {
    if (Number.isNaN(returns[i] ?? NaN)) return NaN;
    high = Math.max(high, value);
    return compounded ? 1 - value / high : high - value;
  });
}

/** The deepest fall; 0 of a path that never fell, NaN of none. */
export function maximumDrawdown(depthSeries: Series): number {
  return extent(depthSeries).most;
}

/** Mean depth: the pain index. */
export function painIndex(depthSeries: Series): number {
  return mean(depthSeries);
}

/** Root mean square of the depths (Martin & McCann 1989); a fraction, where they wrote percent. */
export function ulcerIndex(depthSeries: Series): number {
  return Math.sqrt(mean(mapped(depthSeries, (depth) => depth ** 2)));
}

/** Depth that a share of periods does not exceed. */
export function drawdownAtRisk(depthSeries: Series, confidence?: number): number {
  return valueAtRisk(negated(depthSeries), { confidence });
}

/** Mean depth of the worst share of periods (Chekhlov, Uryasev & Zabarankin 2005). */
export function conditionalDrawdown(depthSeries: Series, confidence?: number): number {
  return conditionalValueAtRisk(negated(depthSeries), { confidence });
}

/** Entropic value at risk of the depths. */
export function entropicDrawdown(
  depthSeries: Series,
  options: Parameters<typeof entropicValueAtRisk>[1] = {},
): number {
  return entropicValueAtRisk(negated(depthSeries), options);
}

/** One fall below a high, by indices into the path. */
export interface Drawdown {
  readonly depth: number;
  /** The last value at the high. */
  readonly peak: number;
  /** The first of the lowest values. */
  readonly valley: number;
  /** Where the high was reached again; absent while it was not. */
  readonly recovery?: number | undefined;
}

/** Every fall from a high until it was reached again, in the order they happened. */
export function drawdowns(path: Series): Drawdown[] {
  const falls: Drawdown[] = [];
  let [peak, valley] = [0, 0];
  const close = (recovery?: number): void => {
    if (valley > peak)
      falls.push({
        depth: fall(path, peak, valley),
        peak,
        valley,
        ...(recovery !== undefined && { recovery }),
      });
  };
  for (let i = 1; i < path.length; i += 1) {
    const value = path[i] ?? NaN;
    if (value >= (path[peak] ?? NaN)) {
      close(i);
      [peak, valley] = [i, i];
    } else if (value < (path[valley] ?? NaN)) valley = i;
  }
  close();
  return falls;
}

/** The deepest of some falls, deepest first. */
export function deepest(falls: readonly Drawdown[], most: number): Drawdown[] {
  return [...falls].sort((a, b) => b.depth - a.depth).slice(0, most);
}

/**
 * The deepest falls from a high to a low that share no time but their ends: after the deepest, those
 * before its high and after its low are looked for in the same way. Unlike `drawdowns` a recovery
 * that falls short of the high ends a fall.
 */
export function disjointFalls(path: Series, most: number): Drawdown[] {
  const falls: Drawdown[] = [];
  const pending: [number, number][] = [[0, path.length - 1]];
  for (let next = pending.pop(); next; next = pending.pop()) {
    const found = deepestFall(path, ...next);
    if (!found) continue;
    falls.push(found);
    pending.push([found.valley, next[1]], [next[0], found.peak]);
  }
  return falls.sort((a, b) => b.depth - a.depth || a.peak - b.peak).slice(0, most);
}

/** Longest time from a high until a higher one, or to the end; in the unit of `days`. */
export function longestDrawdown(path: Series, days: Series): number {
  let [longest, peak] = [0, 0];
  for (let i = 1; i < path.length; i += 1) {
    longest = Math.max(longest, (days[i] ?? NaN) - (days[peak] ?? NaN));
    if ((path[i] ?? NaN) > (path[peak] ?? NaN)) peak = i;
  }
  return longest;
}

/** Longest time from the low of a drawdown to its recovery; 0 where none recovered. */
export function longestRecovery(path: Series, days: Series): number {
  const times = drawdowns(path).map(({ valley, recovery }) =>
    recovery === undefined ? 0 : (days[recovery] ?? NaN) - (days[valley] ?? NaN),
  );
  return Math.max(0, ...times);
}

function deepestFall(path: Series, from: number, to: number): Drawdown | undefined {
  let high = from;
  let found: Drawdown | undefined;
  for (let i = from; i <= to; i += 1) {
    if ((path[i] ?? NaN) > (path[high] ?? NaN)) high = i;
    const depth = fall(path, high, i);
    if (depth > (found?.depth ?? 0)) found = { depth, peak: high, valley: i };
  }
  return found;
}

function fall(path: Series, peak: number, valley: number): number {
  return 1 - (path[valley] ?? NaN) / (path[peak] ?? NaN);
}

function negated(values: Series): Float64Array {
  return mapped(values, (value) => -value);
}
