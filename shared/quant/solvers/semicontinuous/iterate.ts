/** Points of the interior-point method: weights, shares held, distances to the constraints and multipliers. */
import { at, dot, largest } from '#shared/quant/linear-algebra/matrix.ts';
import { coupledGradient } from './bound.ts';
import type { Branch } from './branch.ts';

/**
 * Where the constraints stand in `slack` and `dual`: first three of each variable (w - low z, high z - w and
 * 1 - z; of held ones the last is not used), then the rows, the count and the limit of the risk; -1: there is none.
 */
export interface Layout {
  readonly rows: number;
  readonly count: number;
  readonly risk: number;
  readonly size: number;
}

export interface Iterate {
  readonly layout: Layout;
  readonly w: Float64Array;
  /** 1 where a variable is held. */
  readonly z: Float64Array;
  readonly slack: Float64Array;
  readonly dual: Float64Array;
  readonly equationDual: Float64Array;
}

const START_SLACK = 0.1;
const START_PRODUCT = 0.05;

export function startOf(branch: Branch): Iterate {
  const { program, moving, isFree, low, high, left } = branch;
  const free = isFree.reduce((sum, one) => sum + one, 0);
  const share = Math.min(0.5, (0.9 * left) / Math.max(1, free));
  const z = Float64Array.from(isFree, (one) => (one === 1 ? share : 1));
  const w = Float64Array.from(moving, (_, k) => (at(z, k) * (at(low, k) + at(high, k))) / 2);
  const layout = layoutOf(branch);
  const slack = startSlack(branch, layout, w, z);
  const scale = largest(program.linear) || largest(program.own) || 1;
  const dual = slack.map((value) => (START_PRODUCT * scale) / value);
  for (let k = 0; k < moving.length; k += 1) if (at(isFree, k) === 0) dual[3 * k + 2] = 0;
  return { layout, w, z, slack, dual, equationDual: new Float64Array(branch.totals.length) };
}

function layoutOf({ program, moving, bounds, left }: Branch): Layout {
  const rows = 3 * moving.length;
  const end = rows + bounds.length;
  const hasCount = Number.isFinite(left);
  const hasLimit = program.quadraticMax !== undefined;
  const after = end + (hasCount ? 1 : 0);
  return {
    rows,
    count: hasCount ? end : -1,
    risk: hasLimit ? after : -1,
    size: after + (hasLimit ? 1 : 0),
  };
}

function startSlack(
  branch: Branch,
  layout: Layout,
  w: Float64Array,
  z: Float64Array,
): Float64Array {
  const { program, moving, isFree, low, high, rows, bounds, left } = branch;
  const n = moving.length;
  const slack = new Float64Array(layout.size).fill(1);
  for (let k = 0; k < n; k += 1) {
    slack[3 * k] = at(w, k) - at(low, k) * at(z, k);
    slack[3 * k + 1] = at(high, k) * at(z, k) - at(w, k);
    if (at(isFree, k) === 1) slack[3 * k + 2] = 1 - at(z, k);
  }
  for (let r = 0; r < bounds.length; r += 1)
    slack[layout.rows + r] = Math.max(START_SLACK, at(bounds, r) - rowValue(rows, r, w));
  const heldInPart = z.reduce((sum, value, k) => sum + (at(isFree, k) === 1 ? value : 0), 0);
  if (layout.count >= 0) slack[layout.count] = Math.max(START_SLACK, left - heldInPart);
  const { quadraticMax = 0 } = program;
  if (layout.risk >= 0)
    slack[layout.risk] = Math.max(START_SLACK * quadraticMax, quadraticMax - riskOf(branch, w, z));
  return slack;
}

export function rowValue(rows: Float64Array, r: number, w: Float64Array): number {
  const n = w.length;
  let value = 0;
  for (let k = 0; k < n; k += 1) value += at(rows, r * n + k) * at(w, k);
  return value;
}

/** w'(Q - D)w/2 + sum of d w²/2z */
export function riskOf(branch: Branch, w: Float64Array, z: Float64Array): number {
  const { program, moving, fixed } = branch;
  const x = Float64Array.from(fixed);
  moving.forEach((i, k) => (x[i] = at(w, k)));
  let risk = dot(coupledGradient(program, x), x) / 2;
  for (let i = 0; i < x.length; i += 1)
    if (at(fixed, i) !== 0) risk += (at(program.own, i) * at(x, i) ** 2) / 2;
  moving.forEach((i, k) => (risk += (at(program.own, i) * at(w, k) ** 2) / (2 * at(z, k))));
  return risk;
}

export function objectiveOf(branch: Branch, { w, z }: Iterate): number {
  const { program, moving, fixed } = branch;
  let value = dot(program.linear, fixed);
  moving.forEach((i, k) => (value += at(program.linear, i) * at(w, k)));
  return program.quadraticMax === undefined ? value + riskOf(branch, w, z) : value;
}
