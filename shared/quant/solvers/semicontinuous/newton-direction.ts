/** Newton's direction of the interior-point method of `relaxation.ts`. */
import { cholesky, substitute } from '#shared/quant/linear-algebra/cholesky.ts';
import { at, solved } from '#shared/quant/linear-algebra/matrix.ts';
import { coupledGradient } from './bound.ts';
import type { Branch } from './branch.ts';
import { riskOf, rowValue, type Iterate } from './iterate.ts';

export interface Direction {
  readonly w: Float64Array;
  readonly z: Float64Array;
  readonly slack: Float64Array;
  readonly dual: Float64Array;
  readonly equationDual: Float64Array;
}

/** Residuals at a point: of the two gradients, of the rows, the equations, the count and the limit of risk. */
export interface Gradient {
  readonly w: Float64Array;
  readonly z: Float64Array;
  /** Gradient of the quadratic form. */
  readonly riskW: Float64Array;
  readonly riskZ: Float64Array;
  readonly rows: Float64Array;
  readonly equations: Float64Array;
  readonly count: number;
  readonly risk: number;
  readonly violation: number;
}

export function gradientAt(branch: Branch, point: Iterate): Gradient {
  const { program, moving, isFree, low, high, rows, bounds, equations, totals, left } = branch;
  const { w, z, slack, dual, layout } = point;
  const n = moving.length;
  const x = Float64Array.from(branch.fixed);
  moving.forEach((i, k) => (x[i] = at(w, k)));
  const coupled = coupledGradient(program, x);
  const [riskW, riskZ] = [new Float64Array(n), new Float64Array(n)];
  const [gw, gz] = [new Float64Array(n), new Float64Array(n)];
  const factor = layout.risk >= 0 ? at(dual, layout.risk) : 1;
  const count = layout.count >= 0 ? at(dual, layout.count) : 0;
  let heldInPart = 0;
  for (let k = 0; k < n; k += 1) {
    const i = at(moving, k);
    const ratio = at(w, k) / at(z, k);
    const own = at(program.own, i);
    riskW[k] = at(coupled, i) + own * ratio;
    const [p, q, o] = [at(dual, 3 * k), at(dual, 3 * k + 1), at(dual, 3 * k + 2)];
    gw[k] = at(program.linear, i) + factor * at(riskW, k) - p + q;
    if (at(isFree, k) === 0) continue;
    heldInPart += at(z, k);
    riskZ[k] = (-own * ratio * ratio) / 2;
    gz[k] = factor * at(riskZ, k) + at(low, k) * p - at(high, k) * q + o + count;
  }
  let violation = 0;
  const rowRest = bounds.map((bound, r) => {
    const s = at(slack, layout.rows + r);
    const p = at(dual, layout.rows + r);
    for (let k = 0; k < n; k += 1) gw[k] = at(gw, k) + p * at(rows, r * n + k);
    const value = rowValue(rows, r, w);
    violation = Math.max(violation, value - bound);
    return value + s - bound;
  });
  const equationRest = totals.map((total, e) => {
    const y = at(point.equationDual, e);
    for (let k = 0; k < n; k += 1) gw[k] = at(gw, k) + y * at(equations, e * n + k);
    const rest = rowValue(equations, e, w) - total;
    violation = Math.max(violation, Math.abs(rest));
    return rest;
  });
  const countRest = layout.count >= 0 ? heldInPart + at(slack, layout.count) - left : 0;
  if (layout.count >= 0) violation = Math.max(violation, heldInPart - left);
  let riskRest = 0;
  if (layout.risk >= 0) {
    const over = riskOf(branch, w, z) - (program.quadraticMax ?? 0);
    violation = Math.max(violation, over);
    riskRest = over + at(slack, layout.risk);
  }
  return {
    ...{ w: gw, z: gz, riskW, riskZ, rows: rowRest, equations: equationRest },
    ...{ count: countRest, risk: riskRest, violation },
  };
}

/** A row of the system beside the weights: over w and z, with what stands on its diagonal. */
interface Border {
  readonly w: Float64Array;
  readonly z: Float64Array;
  readonly diagonal: number;
  /** The constraint whose multiplier it is; -1: an equation. */
  readonly constraint: number;
  readonly rest: number;
}

/** Solves for a target of complementarity and the predictor whose curvature is corrected. */
export type Solver = (target: number, predicted: Direction | undefined) => Direction | undefined;

/** @returns undefined where the system has no factor */
export function directionOf(
  branch: Branch,
  point: Iterate,
  gradient: Gradient,
): Solver | undefined {
  const n = branch.moving.length;
  const { cross, diagonal, matrix } = systemOf(branch, point);
  const borders = bordersOf(branch, point, gradient);
  const reduced = borders.map((border) =>
    Float64Array.from({ length: n }, (_, k) => {
      const zz = at(diagonal, k);
      return at(border.w, k) - (zz > 0 ? (at(cross, k) * at(border.z, k)) / zz : 0);
    }),
  );
  if (!cholesky(matrix, n, 0)) return undefined;
  const through = reduced.map((column) => {
    const copy = Float64Array.from(column);
    substitute(matrix, copy);
    return copy;
  });
  const inner = borders.map((a, i) =>
    Float64Array.from(borders, (b, j) => {
      let value = i === j ? -a.diagonal : 0;
      for (let k = 0; k < n; k += 1) {
        value -= at(reduced[i] ?? [], k) * at(through[j] ?? [], k);
        if (at(diagonal, k) > 0) value -= (at(a.z, k) * at(b.z, k)) / at(diagonal, k);
      }
      return value;
    }),
  );
  return (target, predicted) => {
    const complementarity = complementarityOf(branch, point, target, predicted);
    const [rw, rz] = rightOf(branch, point, gradient, complementarity);
    const right = Float64Array.from(rw, (value, k) => {
      const zz = at(diagonal, k);
      return value - (zz > 0 ? (at(cross, k) * at(rz, k)) / zz : 0);
    });
    substitute(matrix, right);
    const rests = borders.map((border, i) => {
      let value = -border.rest;
      if (border.constraint >= 0)
        value -= at(complementarity, border.constraint) / at(point.dual, border.constraint);
      for (let k = 0; k < n; k += 1) {
        value -= at(reduced[i] ?? [], k) * at(right, k);
        if (at(diagonal, k) > 0) value -= (at(border.z, k) * at(rz, k)) / at(diagonal, k);
      }
      return value;
    });
    const beside = borders.length > 0 ? solved(inner, rests) : new Float64Array(0);
    const dw = right;
    through.forEach((column, i) => {
      for (let k = 0; k < n; k += 1) dw[k] = at(dw, k) - at(column, k) * at(beside, i);
    });
    const dz = new Float64Array(n);
    for (let k = 0; k < n; k += 1) {
      if (!(at(diagonal, k) > 0)) continue;
      let value = at(rz, k) - at(cross, k) * at(dw, k);
      borders.forEach((border, i) => (value -= at(border.z, k) * at(beside, i)));
      dz[k] = value / at(diagonal, k);
    }
    return completed(branch, point, gradient, { dw, dz, beside, borders, complementarity });
  };
}

/** The system in the weights with each z eliminated, and what it takes to find the z again. */
function systemOf(branch: Branch, { w, z, slack, dual, layout }: Iterate) {
  const { program, moving, isFree, low, high, rows, bounds } = branch;
  const n = moving.length;
  const [cross, diagonal] = [new Float64Array(n), new Float64Array(n)];
  const matrix = new Float64Array(n * n);
  const factor = layout.risk >= 0 ? at(dual, layout.risk) : 1;
  for (let k = 0; k < n; k += 1) {
    const row = at(moving, k) * program.variables;
    for (let j = 0; j <= k; j += 1)
      matrix[k * n + j] = factor * at(program.coupled, row + at(moving, j));
  }
  for (let r = 0; r < bounds.length; r += 1) {
    const c = layout.rows + r;
    const weight = at(dual, c) / at(slack, c);
    for (let k = 0; k < n; k += 1) {
      const value = weight * at(rows, r * n + k);
      if (value === 0) continue;
      for (let j = 0; j <= k; j += 1)
        matrix[k * n + j] = at(matrix, k * n + j) + value * at(rows, r * n + j);
    }
  }
  for (let k = 0; k < n; k += 1) {
    const own = factor * at(program.own, at(moving, k));
    const [l, u, share] = [at(low, k), at(high, k), at(z, k)];
    const below = at(dual, 3 * k) / at(slack, 3 * k);
    const above = at(dual, 3 * k + 1) / at(slack, 3 * k + 1);
    let ww = own / share + below + above;
    if (at(isFree, k) === 1) {
      const ratio = at(w, k) / share;
      const wz = (-own * ratio) / share - below * l - above * u;
      const one = at(dual, 3 * k + 2) / at(slack, 3 * k + 2);
      const zz = (own * ratio * ratio) / share + below * l * l + above * u * u + one;
      [cross[k], diagonal[k]] = [wz, zz];
      ww -= (wz * wz) / zz;
    }
    matrix[k * n + k] = at(matrix, k * n + k) + ww;
  }
  return { cross, diagonal, matrix };
}

function bordersOf(branch: Branch, { layout, slack, dual }: Iterate, gradient: Gradient): Border[] {
  const { moving, isFree, equations, totals } = branch;
  const n = moving.length;
  const borders: Border[] = Array.from(totals, (_, e) => ({
    w: equations.subarray(e * n, (e + 1) * n),
    z: new Float64Array(n),
    diagonal: 1e-14,
    constraint: -1,
    rest: at(gradient.equations, e),
  }));
  const side = (constraint: number, w: Float64Array, z: Float64Array, rest: number): void => {
    if (constraint < 0) return;
    const diagonal = at(slack, constraint) / at(dual, constraint);
    borders.push({ w, z, diagonal, constraint, rest });
  };
  side(layout.count, new Float64Array(n), Float64Array.from(isFree), gradient.count);
  side(layout.risk, gradient.riskW, gradient.riskZ, gradient.risk);
  return borders;
}

/** What dual x change of slack + slack x change of dual has to be, of each constraint. */
function complementarityOf(
  { isFree }: Branch,
  { slack, dual }: Iterate,
  target: number,
  predicted: Direction | undefined,
): Float64Array {
  return slack.map((s, c) => {
    if (c < 3 * isFree.length && c % 3 === 2 && at(isFree, (c - 2) / 3) === 0) return 0;
    const curved = predicted ? at(predicted.slack, c) * at(predicted.dual, c) : 0;
    return target - s * at(dual, c) - curved;
  });
}

function rightOf(
  branch: Branch,
  point: Iterate,
  gradient: Gradient,
  complementarity: Float64Array,
) {
  const { moving, isFree, low, high, rows, bounds } = branch;
  const { slack, dual, layout } = point;
  const n = moving.length;
  const [rw, rz] = [gradient.w.map((value) => -value), gradient.z.map((value) => -value)];
  for (let k = 0; k < n; k += 1) {
    const below = at(complementarity, 3 * k) / at(slack, 3 * k);
    const above = at(complementarity, 3 * k + 1) / at(slack, 3 * k + 1);
    rw[k] = at(rw, k) + below - above;
    if (at(isFree, k) === 0) continue;
    const one = at(complementarity, 3 * k + 2) / at(slack, 3 * k + 2);
    rz[k] = at(rz, k) - at(low, k) * below + at(high, k) * above - one;
  }
  for (let r = 0; r < bounds.length; r += 1) {
    const c = layout.rows + r;
    const pull = (at(complementarity, c) + at(dual, c) * at(gradient.rows, r)) / at(slack, c);
    for (let k = 0; k < n; k += 1) rw[k] = at(rw, k) - pull * at(rows, r * n + k);
  }
  return [rw, rz] as const;
}

interface Found {
  readonly dw: Float64Array;
  readonly dz: Float64Array;
  readonly beside: Float64Array;
  readonly borders: readonly Border[];
  readonly complementarity: Float64Array;
}

/** Changes of the distances and of all multipliers. */
function completed(
  { moving, isFree, low, high, rows, bounds, totals }: Branch,
  { slack, dual, layout }: Iterate,
  gradient: Gradient,
  { dw, dz, beside, borders, complementarity }: Found,
): Direction | undefined {
  const n = moving.length;
  const [ds, dp] = [new Float64Array(layout.size), new Float64Array(layout.size)];
  for (let k = 0; k < n; k += 1) {
    ds[3 * k] = at(dw, k) - at(low, k) * at(dz, k);
    ds[3 * k + 1] = at(high, k) * at(dz, k) - at(dw, k);
    if (at(isFree, k) === 1) ds[3 * k + 2] = -at(dz, k);
  }
  for (let r = 0; r < bounds.length; r += 1)
    ds[layout.rows + r] = -at(gradient.rows, r) - rowValue(rows, r, dw);
  for (let c = 0; c < layout.rows + bounds.length; c += 1)
    dp[c] = (at(complementarity, c) - at(dual, c) * at(ds, c)) / at(slack, c);
  borders.forEach(({ constraint }, i) => {
    if (constraint < 0) return;
    dp[constraint] = at(beside, i);
    ds[constraint] =
      (at(complementarity, constraint) - at(slack, constraint) * at(beside, i)) /
      at(dual, constraint);
  });
  for (let k = 0; k < n; k += 1) if (at(isFree, k) === 0) dp[3 * k + 2] = 0;
  const equationDual = Float64Array.from(totals, (_, e) => at(beside, e));
  if (!dw.every(Number.isFinite) || !dp.every(Number.isFinite)) return undefined;
  return { w: dw, z: dz, slack: ds, dual: dp, equationDual };
}
