/** Events between two series, and their fading. */
import { valueAt } from './windows.ts';

/** 1 where the first series passes above the second, from the second value on. */
export function crossesOver(a: Float64Array, b: Float64Array): Float64Array {
  return a.map((value, i) =>
    i === 0 ? NaN : Number(value > valueAt(b, i) && valueAt(a, i - 1) <= valueAt(b, i - 1)),
  );
}

/** 1 where either passes the other. */
export function crosses(a: Float64Array, b: Float64Array): Float64Array {
  const [over, under] = [crossesOver(a, b), crossesOver(b, a)];
  return over.map((value, i) => Math.max(value, valueAt(under, i)));
}

/** Follows rises at once and falls by 1/periods a step. */
export function decay(values: Float64Array, periods: number): Float64Array {
  return fading(values, (before) => before - 1 / periods);
}

/** Follows rises at once and keeps (1 - 1/periods) a step of falls. */
export function exponentialDecay(values: Float64Array, periods: number): Float64Array {
  return fading(values, (before) => before * (1 - 1 / periods));
}

function fading(values: Float64Array, faded: (before: number) => number): Float64Array {
  let level = NaN;
  return values.map((value, i) => (level = i === 0 ? value : Math.max(value, faded(level))));
}
