/**
 * Interior-point method for convex programs, linear ones included: minimise x'Px/2 + q'x where
 * low <= x <= high and rowLow <= Ax <= rowHigh. Predictor and corrector of Mehrotra, "On the
 * implementation of a primal-dual interior point method", SIAM Journal on Optimization 2/4 (1992), as
 * Altman and Gondzio regularise it ("Regularized symmetric indefinite systems in interior point
 * methods", Optimization Methods and Software 11, 1999).
 */
import { power } from '#shared/kernel/power.ts';
import {
  complementarityAt,
  direction,
  lengths,
  type Iterate,
  type Residuals,
  type StepWorkspace,
} from './interior-step.ts';
import type { ConvexProgram, PrimalDual } from './bounded-program.ts';
import { KktSystem } from './kkt-system.ts';
import { at, dot, largest } from '#shared/quant/linear-algebra/matrix.ts';
import { product, transposedProduct } from '#shared/quant/linear-algebra/sparse.ts';

export interface InteriorAnswer extends PrimalDual {
  /** `stalled`: no certificate of anything; x and y are the best there were. */
  readonly status: 'optimal' | 'infeasible' | 'unbounded' | 'stalled';
  readonly iterations: number;
}

const ITERATIONS_MAX = 200;
const REQUESTED = 1e-11;
/** A multiple of the certificate's own value. */
const CERTIFICATE = 1e-8;
const TO_BOUNDARY = 0.995;

export function interiorPoint(program: ConvexProgram): InteriorAnswer {
  const work = workOf(program);
  let iterate = start(work);
  let best = iterate;
  let least = Infinity;
  let stalls = 0;
  for (let k = 0; k < ITERATIONS_MAX; k += 1) {
    const residuals = residualsOf(work, iterate);
    if (!Number.isFinite(residuals.size)) break;
    stalls = residuals.size < least * 0.9 ? 0 : stalls + 1;
    if (residuals.size < least) [best, least] = [iterate, residuals.size];
    if (least <= REQUESTED) return answerOf(work, best, 'optimal', k);
    const proof = certificate(work, iterate);
    if (proof) return answerOf(work, iterate, proof, k);
    if (stalls > 40) break;
    iterate = stepped(work, iterate, residuals);
  }
  return answerOf(work, best, least <= 1e-7 ? 'optimal' : 'stalled', ITERATIONS_MAX);
}

function workOf(program: ConvexProgram): StepWorkspace {
  const n = program.linear.length;
  const low = concat(program.low, program.rowLow);
  const high = concat(program.high, program.rowHigh);
  const fixed = new Uint8Array(low.length);
  program.rowLow.forEach((value, i) => (fixed[n + i] = value === program.rowHigh[i] ? 1 : 0));
  let bounds = 0;
  fixed.forEach((is, i) => {
    if (!is) bounds += (at(low, i) > -Infinity ? 1 : 0) + (at(high, i) < Infinity ? 1 : 0);
  });
  const kkt = new KktSystem(program.quadratic, program.rows);
  const isLinear = largest(program.quadratic.value) === 0;
  return { program, kkt, n, low, high, fixed, bounds, isLinear };
}

function start(work: StepWorkspace): Iterate {
  const { program, kkt, n, low, high, fixed } = work;
  const m = low.length - n;
  const one = new Float64Array(n).fill(1);
  kkt.factor(
    one,
    Float64Array.from({ length: m }, (_, i) => (fixed[n + i] ? 0 : 1)),
  );
  const right = concat(
    program.linear.map((value) => -value),
    Float64Array.from({ length: m }, (_, i) => clamp(0, at(low, n + i), at(high, n + i))),
  );
  const guess = kkt.solve(right).slice(0, n);
  const t = concat(guess, product(program.rows, guess));
  const gaps = [new Float64Array(t.length), new Float64Array(t.length)] as const;
  const multipliers = [new Float64Array(t.length), new Float64Array(t.length)] as const;
  const margin = Math.max(1, Math.sqrt(largest(t)));
  t.forEach((value, i) => {
    const [l, h] = [at(low, i), at(high, i)];
    if (fixed[i]) return void (t[i] = l);
    const gap = Math.min(margin, 0.25 * (h - l));
    t[i] = clamp(value, l + gap, h - gap);
    if (l > -Infinity) [gaps[0][i], multipliers[0][i]] = [at(t, i) - l, 1];
    if (h < Infinity) [gaps[1][i], multipliers[1][i]] = [h - at(t, i), 1];
  });
  const [below, above] = gaps;
  const [lower, upper] = multipliers;
  return { t, y: new Float64Array(m), below, above, lower, upper };
}

function residualsOf(
  work: StepWorkspace,
  { t, y, below, above, lower, upper }: Iterate,
): Residuals {
  const { program, n, low, high, fixed, bounds } = work;
  const x = t.subarray(0, n);
  const curved = product(program.quadratic, x);
  const pulled = transposedProduct(program.rows, y);
  const dual = new Float64Array(t.length);
  const primal = product(program.rows, x);
  const [fromLow, fromHigh] = [new Float64Array(t.length), new Float64Array(t.length)];
  let complementarity = 0;
  for (let i = 0; i < t.length; i += 1) {
    if (fixed[i]) continue;
    const own = i < n ? at(curved, i) + at(program.linear, i) - at(pulled, i) : at(y, i - n);
    dual[i] = own - at(lower, i) + at(upper, i);
    complementarity += at(lower, i) * at(below, i) + at(upper, i) * at(above, i);
    if (at(lower, i) > 0) fromLow[i] = at(t, i) - at(below, i) - at(low, i);
    if (at(upper, i) > 0) fromHigh[i] = at(t, i) + at(above, i) - at(high, i);
  }
  for (let i = 0; i < primal.length; i += 1) primal[i] = at(primal, i) - at(t, n + i);
  const value = Math.abs(dot(curved, x) / 2 + dot(program.linear, x));
  const size = Math.max(
    largest(dual) / (1 + Math.max(largest(curved), largest(program.linear), largest(pulled))),
    largest(primal) / (1 + largest(t.subarray(n))),
    Math.max(largest(fromLow), largest(fromHigh)) / (1 + largest(t)),
    complementarity / (1 + value),
  );
  const mu = bounds > 0 ? complementarity / bounds : 0;
  return { dual, primal, fromLow, fromHigh, mu, size };
}

/** Farkas: multipliers that no feasible point allows, or a direction that gains without end. */
function certificate(work: StepWorkspace, { t, y, lower, upper }: Iterate) {
  const { program, n, low, high, fixed } = work;
  const pulled = transposedProduct(program.rows, y);
  let gain = 0;
  let miss = 0;
  for (let i = 0; i < t.length; i += 1) {
    if (fixed[i]) gain += at(y, i - n) * at(low, i);
    else {
      if (at(lower, i) > 0) gain += at(lower, i) * at(low, i);
      if (at(upper, i) > 0) gain -= at(upper, i) * at(high, i);
      const own = i < n ? -at(pulled, i) : at(y, i - n);
      miss = Math.max(miss, Math.abs(own - at(lower, i) + at(upper, i)));
    }
  }
  if (gain > 0 && miss <= CERTIFICATE * gain) return 'infeasible' as const;
  const x = t.subarray(0, n);
  const descent = -dot(program.linear, x);
  if (descent <= 1e6 * largest(program.linear)) return undefined;
  const beyond = concat(x, product(program.rows, x)).reduce(
    (worst, value, i) => {
      const up = at(high, i) < Infinity ? value : 0;
      const down = at(low, i) > -Infinity ? -value : 0;
      return Math.max(worst, up, down);
    },
    largest(product(program.quadratic, x)),
  );
  return beyond <= CERTIFICATE * descent ? ('unbounded' as const) : undefined;
}

function stepped(work: StepWorkspace, iterate: Iterate, residuals: Residuals): Iterate {
  const theta = thetaOf(iterate);
  const { kkt, n, fixed } = work;
  const ofRows = Float64Array.from(theta.subarray(n), (value, i) => (fixed[n + i] ? 0 : 1 / value));
  kkt.factor(theta.subarray(0, n), ofRows);
  const predicted = direction(work, iterate, residuals, theta, 0, undefined);
  const [p, d] = lengths(work, iterate, predicted, 1);
  const ahead = complementarityAt(iterate, predicted, p, d) / Math.max(1, work.bounds);
  const sigma = residuals.mu > 0 ? Math.min(1, power(ahead / residuals.mu, 3)) : 0;
  const corrected = direction(work, iterate, residuals, theta, sigma * residuals.mu, predicted);
  const [primal, dual] = lengths(work, iterate, corrected, TO_BOUNDARY);
  return {
    t: moved(iterate.t, corrected.t, primal),
    y: moved(iterate.y, corrected.y, dual),
    below: moved(iterate.below, corrected.below, primal),
    above: moved(iterate.above, corrected.above, primal),
    lower: moved(iterate.lower, corrected.lower, dual),
    upper: moved(iterate.upper, corrected.upper, dual),
  };
}

function thetaOf({ below, above, lower, upper }: Iterate): Float64Array {
  return lower.map((value, i) => {
    const ofLow = value > 0 ? value / at(below, i) : 0;
    return at(upper, i) > 0 ? ofLow + at(upper, i) / at(above, i) : ofLow;
  });
}

function answerOf(
  { program, n }: StepWorkspace,
  { t, y, lower, upper }: Iterate,
  status: InteriorAnswer['status'],
  iterations: number,
): InteriorAnswer {
  const z = Float64Array.from(program.linear, (_, i) => at(lower, i) - at(upper, i));
  return { status, x: t.slice(0, n), y: y.slice(), z, iterations };
}

function moved(from: Float64Array, step: Float64Array, length: number): Float64Array {
  return from.map((value, i) => value + length * at(step, i));
}

function concat(a: Float64Array, b: Float64Array): Float64Array {
  const whole = new Float64Array(a.length + b.length);
  whole.set(a);
  whole.set(b, a.length);
  return whole;
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, value));
}
