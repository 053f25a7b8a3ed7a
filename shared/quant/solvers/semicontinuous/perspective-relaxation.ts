/**
 * The perspective relaxation of a branch (Frangioni and Gentile, "Perspective cuts for a class of convex 0-1
 * mixed integer programs", Mathematical Programming 106, 2006): a free choice may be held in part, z from 0 to 1,
 * with its own quadratic term d w²/z instead of d w², low z <= w <= high z, and the z sum to what is left of the
 * count. Solved by a primal-dual interior-point method with Mehrotra's corrector (1992); each z is eliminated, so
 * that a step costs one factorisation in the weights.
 */
import { power } from '#shared/kernel/power.ts';
import { at } from '#shared/quant/linear-algebra/matrix.ts';
import { boundAt, type Bound } from './bound.ts';
import type { Branch } from './branch.ts';
import { directionOf, gradientAt, type Direction, type Gradient } from './newton-direction.ts';
import { objectiveOf, startOf, type Iterate } from './iterate.ts';

export interface Relaxed extends Bound {
  readonly x: Float64Array;
  /** How far each choice is held, 0 to 1. */
  readonly z: Float64Array;
  /** What is made smallest, at x. */
  readonly objective: number;
  /** Largest violation of a row. */
  readonly violation: number;
  readonly steps: number;
}

/** Where the method may stop early. */
export interface Aim {
  /** The search for a bound ends above this. */
  readonly cutoff: number;
  /** The search for a bound ends this near to the objective. */
  readonly gap: number;
}

const STEPS_MAX = 45;
const TO_BOUNDARY = 0.995;
const FEASIBLE = 1e-9;

export function relaxed(branch: Branch, { cutoff, gap }: Aim): Relaxed {
  const point = startOf(branch);
  let best: Bound = { value: -Infinity, ifHeld: new Float64Array(0) };
  let [violation, objective, steps] = [Infinity, Infinity, 0];
  for (; steps < STEPS_MAX; steps += 1) {
    const gradient = gradientAt(branch, point);
    violation = gradient.violation;
    objective = objectiveOf(branch, point);
    const bound = boundNow(branch, point);
    if (bound.value > best.value) best = bound;
    if (best.value > cutoff) break;
    if (violation < FEASIBLE && objective - best.value <= gap) break;
    if (!advance(branch, point, gradient)) break;
  }
  return {
    ...best,
    x: whole(branch, point.w),
    z: held(branch, point),
    objective,
    violation,
    steps,
  };
}

/** One step of predictor and corrector. @returns false where rounding lets none be made */
function advance(branch: Branch, point: Iterate, gradient: Gradient): boolean {
  const { slack, dual } = point;
  const before = complementarity(slack, dual, undefined, 0);
  const solver = directionOf(branch, point, gradient);
  const predictor = solver?.(0, undefined);
  if (!solver || !predictor) return false;
  const reach = stepOf(point, predictor, 1);
  const after = complementarity(slack, dual, predictor, reach);
  const corrected = solver(power(after / before, 3) * before, predictor);
  if (!corrected) return false;
  const step = Math.min(1, stepOf(point, corrected, TO_BOUNDARY));
  if (!(step > 1e-8)) return false;
  add(point.w, corrected.w, step);
  add(point.z, corrected.z, step);
  add(slack, corrected.slack, step);
  add(dual, corrected.dual, step);
  add(point.equationDual, corrected.equationDual, step);
  return true;
}

function complementarity(
  slack: Float64Array,
  dual: Float64Array,
  direction: Direction | undefined,
  step: number,
): number {
  let total = 0;
  for (let c = 0; c < slack.length; c += 1) {
    const s = at(slack, c) + step * at(direction?.slack ?? [], c);
    total += s * (at(dual, c) + step * at(direction?.dual ?? [], c));
  }
  return total / slack.length;
}

function stepOf({ slack, dual }: Iterate, direction: Direction, share: number): number {
  let step = 1 / share;
  for (let c = 0; c < slack.length; c += 1) {
    const [ds, dp] = [at(direction.slack, c), at(direction.dual, c)];
    if (ds < 0) step = Math.min(step, -at(slack, c) / ds);
    if (dp < 0) step = Math.min(step, -at(dual, c) / dp);
  }
  return step * share;
}

function add(target: Float64Array, by: Float64Array, factor: number): void {
  for (let i = 0; i < target.length; i += 1) target[i] = at(target, i) + factor * at(by, i);
}

function boundNow(branch: Branch, point: Iterate): Bound {
  const { program, states, rowNumbers, left } = branch;
  const { layout, dual } = point;
  const rows = new Float64Array(program.normals.length);
  rowNumbers.forEach((r, k) => (rows[r] = at(dual, layout.rows + k)));
  return boundAt(program, states, left, whole(branch, point.w), {
    rows,
    equations: point.equationDual,
    count: layout.count >= 0 ? at(dual, layout.count) : 0,
    risk: layout.risk >= 0 ? at(dual, layout.risk) : 1,
  });
}

function whole({ fixed, moving }: Branch, w: Float64Array): Float64Array {
  const x = Float64Array.from(fixed);
  moving.forEach((i, k) => (x[i] = at(w, k)));
  return x;
}

function held({ program, moving, isFree, states }: Branch, { z }: Iterate): Float64Array {
  const shares = Float64Array.from({ length: program.variables }, (_, i) =>
    states[i] === 1 ? 1 : 0,
  );
  moving.forEach((i, k) => (shares[i] = at(isFree, k) === 1 ? at(z, k) : 1));
  return shares;
}
