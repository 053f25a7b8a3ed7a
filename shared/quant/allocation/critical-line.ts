/**
 * The critical line algorithm (Markowitz 1956; Markowitz and Todd, "Mean-variance analysis in portfolio
 * choice and capital markets", 2000): every efficient portfolio where the weights sum to a total and lie
 * within bounds. From the most return down, the weights of w = argmin w'Sw/2 - lambda mu'w move along
 * lines in lambda; a line ends where a free weight meets a bound or a held one wants to leave it.
 */
import { cholesky, substitute } from '#shared/quant/linear-algebra/cholesky.ts';
import { at, cell, dot, submatrix, type Rows } from '#shared/quant/linear-algebra/matrix.ts';
import { unit, type LinearRow } from '#shared/quant/solvers/quadratic-program.ts';
import { solveQuadratic } from '#shared/quant/solvers/quadratic.ts';

export interface CriticalLineProgram {
  readonly expected: Float64Array;
  /** Positive definite. */
  readonly covariance: Rows;
  readonly low: Float64Array;
  readonly high: Float64Array;
  readonly total: number;
}

export interface TurningPoint {
  /** Return that a unit of variance/2 is traded for; Infinity at the most return, 0 at the least variance. */
  readonly lambda: number;
  readonly weights: Float64Array;
  /** Largest violation of the optimality conditions, relative to the largest variance. */
  readonly kktResidual: number;
}

interface State {
  readonly program: CriticalLineProgram;
  /** 0 free, -1 at the lower bound, 1 at the upper one. */
  readonly side: Int8Array;
  readonly weights: Float64Array;
}

/** Weights and multipliers as functions of lambda: constant + lambda x slope. */
interface Line {
  readonly free: Int32Array;
  readonly constant: Float64Array;
  readonly slope: Float64Array;
  /** Gradient of the held ones less the budget's price. */
  readonly gradientConstant: Float64Array;
  readonly gradientSlope: Float64Array;
}

interface Turn {
  readonly lambda: number;
  readonly security: number;
  readonly side: -1 | 0 | 1;
}

/** Turning points from the most return to the least variance. @returns undefined when nothing is feasible */
export function criticalLine(program: CriticalLineProgram): TurningPoint[] | undefined {
  const state = highestReturn(program);
  if (!state) return undefined;
  const points: TurningPoint[] = [];
  const most = 50 * program.expected.length + 50;
  let lambda = Infinity;
  let last: Turn | undefined;
  for (let round = 0; round < most; round += 1) {
    const line = lineOf(state);
    if (!line) return undefined;
    const turn = nextTurn(state, line, lambda, last);
    const next = turn ? turn.lambda : 0;
    if (round === 0) points.push(pointAt(state, line, Infinity));
    moveTo(state, line, next);
    const point = pointAt(state, line, next);
    if (next < lambda || round === 0) points.push(point);
    else points[points.length - 1] = point;
    if (!turn || next === 0) return distinct(program, points);
    state.side[turn.security] = turn.side;
    if (turn.side !== 0)
      state.weights[turn.security] = at(
        turn.side === -1 ? program.low : program.high,
        turn.security,
      );
    [lambda, last] = [next, turn];
  }
  return undefined;
}

/** Returns closer together than this share of the largest are one. */
const TIE = 1e-12;

/**
 * Fills up in the order of returns. Those of the return at which the total is reached share what is left
 * with the least variance.
 */
function highestReturn(program: CriticalLineProgram): State | undefined {
  const { expected, covariance, low, high, total } = program;
  const sumOf = (values: Float64Array) => values.reduce((all, value) => all + value, 0);
  if (low.some((value, i) => value > at(high, i))) return undefined;
  if (sumOf(low) > total + 1e-12 || sumOf(high) < total - 1e-12) return undefined;
  const tie = TIE * expected.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const order = [...expected.keys()].sort((a, b) => at(expected, b) - at(expected, a));
  const weights = low.slice();
  const side = new Int8Array(low.length).fill(-1);
  let rest = total - sumOf(low);
  const marginal = order.find((i) => {
    const room = at(high, i) - at(low, i);
    if (rest <= room && room > 0) return true;
    [weights[i], side[i]] = [at(high, i), 1];
    rest -= room;
    return false;
  });
  const level = at(expected, marginal ?? order[order.length - 1] ?? 0);
  const tied = order.filter((i) => Math.abs(at(expected, i) - level) <= tie);
  const others = total - order.reduce((all, i) => all + (tied.includes(i) ? 0 : at(weights, i)), 0);
  const shared = solveQuadratic({
    quadratic: submatrix(covariance, tied),
    linear: Float64Array.from(tied, (i) =>
      order.reduce(
        (all, j) => (tied.includes(j) ? all : all + cell(covariance, i, j) * at(weights, j)),
        0,
      ),
    ),
    rows: [
      { coefficients: new Float64Array(tied.length).fill(1), relation: '=', bound: others },
      ...tied.flatMap((i, k): LinearRow[] => [
        { coefficients: unit(tied.length, k), relation: '>=', bound: at(low, i) },
        { coefficients: unit(tied.length, k), relation: '<=', bound: at(high, i) },
      ]),
    ],
  });
  if (!shared) return undefined;
  tied.forEach((i, k) => {
    const value = at(shared.x, k);
    const [onLow, onHigh] = [value <= at(low, i) + TIE, value >= at(high, i) - TIE];
    weights[i] = onLow ? at(low, i) : onHigh ? at(high, i) : value;
    side[i] = onLow ? -1 : onHigh ? 1 : 0;
  });
  if (!tied.some((i) => side[i] === 0)) side[cornerPrice(program, tied, side, weights)] = 0;
  return { program, side, weights };
}

/** At a corner, the one whose slope is the price at which all others want to stay where they are. */
function cornerPrice(
  { covariance, low, high }: CriticalLineProgram,
  tied: readonly number[],
  side: Int8Array,
  weights: Float64Array,
): number {
  const slope = (i: number) => dot(covariance[i] ?? [], weights);
  const movable = tied.filter((i) => at(low, i) < at(high, i));
  const pick = (from: readonly number[], sign: number) =>
    from.reduce((a, b) => (sign * slope(b) > sign * slope(a) ? b : a), from[0] ?? tied[0] ?? 0);
  const atHigh = movable.filter((i) => side[i] === 1);
  return atHigh.length > 0 ? pick(atHigh, 1) : pick(movable, -1);
}

function lineOf({ program, side, weights }: State): Line | undefined {
  const { expected, covariance, total } = program;
  const n = expected.length;
  const free = Int32Array.from([...side.keys()].filter((i) => side[i] === 0));
  const m = free.length;
  const factor = new Float64Array(m * m);
  const [pull, gain, one] = [new Float64Array(m), new Float64Array(m), new Float64Array(m).fill(1)];
  let rest = total;
  for (let j = 0; j < n; j += 1) if (side[j] !== 0) rest -= at(weights, j);
  for (let k = 0; k < m; k += 1) {
    const row = covariance[at(free, k)] ?? new Float64Array(n);
    let value = 0;
    for (let j = 0; j < n; j += 1) if (side[j] !== 0) value -= at(row, j) * at(weights, j);
    pull[k] = value;
    gain[k] = at(expected, at(free, k));
    for (let l = 0; l <= k; l += 1) factor[k * m + l] = at(row, at(free, l));
  }
  if (!cholesky(factor, m)) return undefined;
  const gains = gain.slice();
  for (const right of [pull, gain, one]) substitute(factor, right);
  const sumOf = (vector: Float64Array) => vector.reduce((all, value) => all + value, 0);
  const price = (rest - sumOf(pull)) / sumOf(one);
  const priceSlope = -sumOf(gain) / sumOf(one);
  const [constant, slope] = [weights.slice(), new Float64Array(n)];
  for (let k = 0; k < m; k += 1) {
    constant[at(free, k)] = at(pull, k) + price * at(one, k);
    slope[at(free, k)] = at(gain, k) + priceSlope * at(one, k);
  }
  const [least, most] = [Math.min(...gains), Math.max(...gains)];
  if (most - least <= TIE * Math.abs(most)) slope.fill(0);
  const [gradientConstant, gradientSlope] = [new Float64Array(n), new Float64Array(n)];
  for (let i = 0; i < n; i += 1) {
    if (side[i] === 0) continue;
    const row = covariance[i] ?? new Float64Array(n);
    gradientConstant[i] = dot(row, constant) - price;
    let value = 0;
    for (let k = 0; k < m; k += 1) value += at(row, at(free, k)) * at(slope, at(free, k));
    gradientSlope[i] = value - at(expected, i) - priceSlope;
  }
  return { free, constant, slope, gradientConstant, gradientSlope };
}

/** The turn at the largest lambda not above the present one. */
function nextTurn(
  { program, side }: State,
  line: Line,
  lambda: number,
  last: Turn | undefined,
): Turn | undefined {
  let best: Turn | undefined;
  const offer = (at: number, security: number, to: -1 | 0 | 1): void => {
    const when = Math.min(at, lambda);
    if (when >= 0 && (!best || when > best.lambda)) best = { lambda: when, security, side: to };
  };
  for (let i = 0; i < side.length; i += 1) {
    const [a, b] = [at(line.constant, i), at(line.slope, i)];
    if (side[i] === 0) {
      if (line.free.length === 1) continue;
      if (b > 0 && !(last?.security === i && side[i] === 0 && a + lambda * b <= at(program.low, i)))
        offer((at(program.low, i) - a) / b, i, -1);
      if (b < 0 && !(last?.security === i && a + lambda * b >= at(program.high, i)))
        offer((at(program.high, i) - a) / b, i, 1);
      continue;
    }
    if (at(program.low, i) === at(program.high, i) || last?.security === i) continue;
    const [p, q] = [at(line.gradientConstant, i), at(line.gradientSlope, i)];
    if (side[i] === -1 ? q > 0 : q < 0) offer(-p / q, i, 0);
  }
  return best;
}

function moveTo({ weights }: State, { free, constant, slope }: Line, lambda: number): void {
  for (const i of free) weights[i] = at(constant, i) + lambda * at(slope, i);
}

function pointAt({ program, side, weights }: State, line: Line, lambda: number): TurningPoint {
  const { low, high, covariance } = program;
  const scale = covariance.reduce((most, row, i) => Math.max(most, at(row, i)), 0) || 1;
  let worst = 0;
  weights.forEach((value, i) => {
    worst = Math.max(worst, at(low, i) - value, value - at(high, i));
    if (side[i] === 0 || !Number.isFinite(lambda) || low[i] === high[i]) return;
    const pull = at(line.gradientConstant, i) + lambda * at(line.gradientSlope, i);
    worst = Math.max(worst, ((side[i] ?? 0) * pull) / scale / Math.max(1, lambda));
  });
  return { lambda, weights: weights.slice(), kktResidual: worst };
}

/**
 * Without the stretch of lambda from infinity on, where nothing moves yet, and without points of one
 * return but the last, which has the least variance of them. A corner that is left later than it is
 * reached stays twice.
 */
function distinct({ expected }: CriticalLineProgram, points: readonly TurningPoint[]) {
  const scale = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 0) || 1;
  return points.filter((point, k) => {
    const next = points[k + 1];
    if (!next) return true;
    const moved = point.weights.some((value, i) => Math.abs(value - at(next.weights, i)) > 1e-12);
    const gained = dot(expected, point.weights) - dot(expected, next.weights);
    if (!moved) return k > 0 && next.lambda < point.lambda;
    return gained > 1e-14 * scale;
  });
}
