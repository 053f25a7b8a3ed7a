/**
 * The program most portfolios are: minimise x'Qx/2 + c'x where a'x = b and low <= x <= high, Q positive
 * definite where x is between its bounds. The active set is guessed as a whole and corrected as a whole: solve
 * with what is free, then hold what left its bounds and free what pushes inwards (the primal-dual active set
 * method of Hintermüller, Ito and Kunisch, SIAM Journal on Optimization 13/3, 2002). It starts from a corner, and
 * frees no more at once than are free already, or a few: most weights are 0, and so the systems stay small and
 * have a solution even where there are fewer periods than securities. A handful of rounds is enough; where it goes
 * round in circles there is no answer, and the caller takes another method.
 */
import { cholesky, substitute } from '#shared/quant/linear-algebra/cholesky.ts';
import { at, dot, scaled, times, type Rows } from '#shared/quant/linear-algebra/matrix.ts';

export interface BoxProgram {
  readonly quadratic: Rows;
  readonly linear: Float64Array;
  readonly budget: Float64Array;
  readonly total: number;
  readonly low: Float64Array;
  readonly high: Float64Array;
}

export interface BoxAnswer {
  readonly x: Float64Array;
  /** Qx + c = budgetMultiplier a + boundMultipliers. */
  readonly budgetMultiplier: number;
  readonly boundMultipliers: Float64Array;
  readonly rounds: number;
}

const ROUNDS_MAX = 40;
/** So many may be freed at once, however few are free. */
const FREED_MIN = 32;

/** @returns undefined when no active set was found to be right, in particular where nothing is feasible */
export function solveBox(program: BoxProgram): BoxAnswer | undefined {
  const { quadratic, linear, low, high } = program;
  const n = linear.length;
  const side = cornerOf(program);
  const x = new Float64Array(n);
  const boundMultipliers = new Float64Array(n);
  const free = new Int32Array(n);
  let factor = new Float64Array(0);
  for (let round = 1; round <= ROUNDS_MAX; round += 1) {
    let count = 0;
    for (let i = 0; i < n; i += 1) {
      if (side[i] === 0) {
        free[count] = i;
        count += 1;
      } else x[i] = side[i] === -1 ? at(low, i) : at(high, i);
    }
    if (factor.length < count * count) factor = new Float64Array(count * count);
    const multiplier = solveFree(program, free.subarray(0, count), factor, x);
    if (multiplier === undefined) return undefined;
    const held = notZero(x);
    let changes = 0;
    const inwards: number[] = [];
    for (let i = 0; i < n; i += 1) {
      const row = quadratic[i];
      if (!row) return undefined;
      if (side[i] === 0) {
        if (at(x, i) < at(low, i)) side[i] = -1;
        else if (at(x, i) > at(high, i)) side[i] = 1;
        if (side[i] !== 0) changes += 1;
        boundMultipliers[i] = 0;
        continue;
      }
      let gradient = at(linear, i) - multiplier * at(program.budget, i);
      for (const j of held) gradient += (row[j] ?? 0) * (x[j] ?? 0);
      boundMultipliers[i] = gradient;
      const pulls = side[i] === -1 ? gradient < 0 : gradient > 0;
      if (pulls && at(low, i) < at(high, i)) inwards.push(i);
    }
    if (changes + inwards.length === 0)
      return { x, budgetMultiplier: multiplier, boundMultipliers, rounds: round };
    for (const i of strongest(inwards, boundMultipliers, Math.max(FREED_MIN, count - changes)))
      side[i] = 0;
  }
  return undefined;
}

function strongest(places: number[], pull: Float64Array, countMax: number): readonly number[] {
  if (places.length <= countMax) return places;
  return places.sort((i, j) => Math.abs(at(pull, j)) - Math.abs(at(pull, i))).slice(0, countMax);
}

/**
 * The side of each variable at a corner of the bounds: the budget is spent on those that cost least by the gradient
 * where it is spread over all. One is left free; those without a bound are free as well.
 */
function cornerOf({ quadratic, linear, budget, total, low, high }: BoxProgram): Int8Array {
  const side = Int8Array.from(low, (lowest, i) =>
    lowest > -Infinity ? -1 : at(high, i) < Infinity ? 1 : 0,
  );
  if (side.some((one, i) => one === 0 && at(budget, i) !== 0)) return side;
  const spread = times(quadratic, scaled(budget, total / dot(budget, budget)));
  const cost = linear.map((value, i) => (value + at(spread, i)) / at(budget, i));
  const order = Array.from(linear.keys())
    .filter((i) => at(low, i) < at(high, i) && at(budget, i) !== 0)
    .sort((i, j) => at(cost, i) - at(cost, j));
  let rest = total;
  side.forEach((one, i) => (rest -= at(budget, i) * at(one === 1 ? high : low, i)));
  for (const i of order) {
    const whole = at(budget, i) * (at(high, i) - at(low, i));
    const room = side[i] === 1 ? -whole : whole;
    if (room * rest <= 0) continue;
    if (Math.abs(room) >= Math.abs(rest)) {
      side[i] = 0;
      break;
    }
    side[i] = side[i] === 1 ? -1 : 1;
    rest -= room;
  }
  return side;
}

/** Sets x at the free places. @returns the budget's multiplier; undefined where nothing determines it */
function solveFree(
  { quadratic, linear, budget, total }: BoxProgram,
  free: Int32Array,
  factor: Float64Array,
  x: Float64Array,
): number | undefined {
  const m = free.length;
  const n = x.length;
  if (m === 0) return undefined;
  for (let k = 0; k < m; k += 1) x[at(free, k)] = 0;
  const held = notZero(x);
  const pull = new Float64Array(m);
  const price = new Float64Array(m);
  for (let k = 0; k < m; k += 1) {
    const i = at(free, k);
    const row = quadratic[i];
    if (!row) return undefined;
    let value = -at(linear, i);
    for (const j of held) value -= (row[j] ?? 0) * (x[j] ?? 0);
    pull[k] = value;
    price[k] = at(budget, i);
    for (let l = 0; l <= k; l += 1) factor[k * m + l] = row[free[l] ?? 0] ?? 0;
  }
  if (!cholesky(factor, m)) return undefined;
  substitute(factor, pull);
  substitute(factor, price);
  let [spent, perPrice] = [-total, 0];
  for (let i = 0; i < n; i += 1) spent += at(budget, i) * at(x, i);
  for (let k = 0; k < m; k += 1) {
    spent += at(budget, at(free, k)) * at(pull, k);
    perPrice += at(budget, at(free, k)) * at(price, k);
  }
  if (!(perPrice > 0)) return undefined;
  const multiplier = -spent / perPrice;
  for (let k = 0; k < m; k += 1) x[at(free, k)] = at(pull, k) + multiplier * at(price, k);
  return multiplier;
}

/** Most weights are 0: sums over the others alone have the same digits. */
function notZero(x: Float64Array): Int32Array {
  const places = new Int32Array(x.length);
  let count = 0;
  for (let i = 0; i < x.length; i += 1)
    if (x[i] !== 0) {
      places[count] = i;
      count += 1;
    }
  return places.subarray(0, count);
}
