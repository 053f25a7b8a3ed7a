/** What is active at a point, solved once more as equations; and how well a point solves a program. */
import type { ConvexProgram, PrimalDual } from './bounded-program.ts';
import { KktSystem } from './kkt-system.ts';
import { at, dot, largest } from '#shared/quant/linear-algebra/matrix.ts';
import { product, transposedProduct } from '#shared/quant/linear-algebra/sparse.ts';

const POLISHINGS = 3;

/** Solves what is active as equations, by the least step from the point; keeps the better one. */
export function polished(program: ConvexProgram, point: PrimalDual): PrimalDual {
  const kkt = new KktSystem(program.quadratic, program.rows);
  let best = point;
  let least = residualOf(program, point);
  for (let round = 0; round < POLISHINGS; round += 1) {
    const candidate = stepToActive(program, kkt, best);
    const residual = residualOf(program, candidate);
    if (!(residual < least)) break;
    [best, least] = [candidate, residual];
  }
  return best;
}

function stepToActive(program: ConvexProgram, kkt: KktSystem, { x, y, z }: PrimalDual): PrimalDual {
  const { quadratic, linear, rows, low, high, rowLow, rowHigh } = program;
  const n = x.length;
  const onLow = x.map((value, j) => (at(z, j) > value - at(low, j) ? 1 : 0));
  const onHigh = x.map((value, j) => (-at(z, j) > at(high, j) - value ? 1 : 0));
  const snapped = x.map((value, j) => (onLow[j] ? at(low, j) : onHigh[j] ? at(high, j) : value));
  const reached = product(rows, snapped);
  const bounds = y.map((value, i) => {
    const [l, h, own] = [at(rowLow, i), at(rowHigh, i), at(reached, i)];
    if (l === h) return l;
    return value > own - l ? l : -value > h - own ? h : NaN;
  });
  const kept = y.map((value, i) => (Number.isNaN(at(bounds, i)) ? 0 : value));
  const curved = product(quadratic, snapped);
  const pulled = transposedProduct(rows, kept);
  const pinned = (k: number): boolean =>
    k < n ? onLow[k] === 1 || onHigh[k] === 1 : Number.isNaN(at(bounds, k - n));
  const right = Float64Array.from({ length: n + y.length }, (_, k) => {
    if (pinned(k)) return 0;
    if (k >= n) return at(bounds, k - n) - at(reached, k - n);
    return at(pulled, k) - at(curved, k) - at(linear, k);
  });
  kkt.factor(new Float64Array(n), new Float64Array(y.length), pinned);
  const step = kkt.solve(right);
  const answer = snapped.map((value, j) => value + at(step, j));
  const multipliers = kept.map((value, i) => value - at(step, n + i));
  const gradient = product(quadratic, answer);
  const pull = transposedProduct(rows, multipliers);
  const ofBounds = gradient.map((value, j) =>
    pinned(j) ? value + at(linear, j) - at(pull, j) : 0,
  );
  return { x: answer, y: multipliers, z: ofBounds };
}

/** Stationarity, feasibility, signs and complementarity: the worst, relative to its own terms. */
export function residualOf(program: ConvexProgram, { x, y, z }: PrimalDual): number {
  const { quadratic, linear, rows, low, high, rowLow, rowHigh } = program;
  const curved = product(quadratic, x);
  const pulled = transposedProduct(rows, y);
  let gradient = 0;
  for (let j = 0; j < x.length; j += 1)
    gradient = Math.max(
      gradient,
      Math.abs(at(curved, j) + at(linear, j) - at(pulled, j) - at(z, j)),
    );
  const reached = product(rows, x);
  const bounds = worstBound(x, z, low, high);
  const ofRows = worstBound(reached, y, rowLow, rowHigh);
  const slope = 1 + Math.max(largest(curved), largest(pulled), largest(linear));
  return Math.max(
    gradient / slope,
    bounds.violation / (1 + largest(x)),
    ofRows.violation / (1 + largest(reached)),
    Math.max(bounds.complementarity, ofRows.complementarity) /
      (1 + Math.abs(dot(curved, x) / 2 + dot(linear, x))),
  );
}

function worstBound(
  value: Float64Array,
  multiplier: Float64Array,
  low: Float64Array,
  high: Float64Array,
) {
  let [violation, complementarity] = [0, 0];
  for (let i = 0; i < value.length; i += 1) {
    const [below, above] = [at(value, i) - at(low, i), at(high, i) - at(value, i)];
    violation = Math.max(violation, -below, -above);
    if (low[i] === high[i]) continue;
    const size = Math.abs(at(multiplier, i));
    const slack = at(multiplier, i) > 0 ? below : above;
    const product = Number.isFinite(slack) ? size * Math.abs(slack) : size;
    complementarity = Math.max(complementarity, product);
  }
  return { violation, complementarity };
}
