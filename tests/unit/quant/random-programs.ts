/** Seeded quadratic programs over weights, and an answer that is found another way. */
import { integerBelow, normal, seededRandom } from '#shared/kernel/random.ts';
import { at, build, dot, plus, times, type Rows } from '#shared/quant/linear-algebra/matrix.ts';
import {
  unit,
  type LinearRow,
  type QuadraticProgram,
} from '#shared/quant/solvers/quadratic-program.ts';

/** Random covariance of the given rank; 0 makes a linear program. */
export function randomCovariance(seed: string, size: number, rank: number): Rows {
  const random = seededRandom(seed);
  const factors = Array.from({ length: rank }, () =>
    Float64Array.from({ length: size }, () => 0.2 * normal(random)),
  );
  return build(size, (i, j) => factors.reduce((sum, f) => sum + at(f, i) * at(f, j), 0));
}

/** A budget, bounds of which some leave no choice, and overlapping groups, some of them twice. */
export function randomProgram(seed: string): QuadraticProgram {
  const random = seededRandom(seed);
  const n = 1 + integerBelow(random, 15);
  const rank = [n + 3, integerBelow(random, n + 1), 0][integerBelow(random, 3)] ?? 0;
  const budget = random() < 0.5 ? '=' : '<=';
  const rows: LinearRow[] = [
    { coefficients: new Float64Array(n).fill(1), relation: budget, bound: 1 },
  ];
  for (let i = 0; i < n; i += 1) {
    const low = random() < 0.1 ? 0.2 * random() : 0;
    const high = random() < 0.1 ? low : 0.2 + 0.5 * random();
    rows.push({ coefficients: unit(n, i), relation: '>=', bound: low });
    rows.push({ coefficients: unit(n, i), relation: '<=', bound: high });
  }
  for (let group = 0; group < 3; group += 1) {
    const coefficients = new Float64Array(n).map(() => (random() < 0.4 ? 1 : 0));
    const row: LinearRow = { coefficients, relation: '<=', bound: 0.3 + 0.4 * random() };
    rows.push(row, ...(random() < 0.3 ? [row] : []));
  }
  const linear = Float64Array.from({ length: n }, () => 0.1 * normal(random));
  return { quadratic: randomCovariance(`${seed} covariance`, n, rank), linear, rows };
}

export function violation(rows: readonly LinearRow[], x: Float64Array): number {
  return rows.reduce((worst, { coefficients, relation, bound }) => {
    const slack = dot(coefficients, x) - bound;
    const miss = relation === '=' ? Math.abs(slack) : relation === '<=' ? slack : -slack;
    return Math.max(worst, miss);
  }, 0);
}

export function valueAt({ quadratic, linear }: QuadraticProgram, x: Float64Array): number {
  return dot(times(quadratic, x), x) / 2 + dot(linear, x);
}

/**
 * Projected gradient descent on the simplex with upper bounds: nothing like the solver.
 *
 * @param high upper bounds whose sum is at least 1
 */
export function descend(quadratic: Rows, linear: Float64Array, high: Float64Array): Float64Array {
  let x = project(new Float64Array(high.length).fill(1 / high.length), high);
  const step = 1 / quadratic.reduce((sum, row, i) => sum + at(row, i), 0);
  for (let round = 0; round < 20_000; round += 1) {
    const next = project(plus(x, plus(times(quadratic, x), linear), -step), high);
    const moved = next.reduce((most, value, i) => Math.max(most, Math.abs(value - at(x, i))), 0);
    x = next;
    if (moved < 1e-15) break;
  }
  return x;
}

/**
 * Nearest point with sum 1 and 0 <= x <= high: the sum falls as the shift grows, in straight pieces
 * whose ends are known, so the shift is found between two of them.
 */
function project(point: Float64Array, high: Float64Array): Float64Array {
  const ends = new Float64Array(2 * point.length);
  point.forEach((value, i) => {
    ends[2 * i] = value;
    ends[2 * i + 1] = value - at(high, i);
  });
  ends.sort();
  const sumAt = (shift: number): number => {
    let total = 0;
    for (let i = 0; i < point.length; i += 1)
      total += Math.min(at(high, i), Math.max(0, at(point, i) - shift));
    return total;
  };
  let k = ends.length - 1;
  while (k > 0 && sumAt(at(ends, k)) < 1) k -= 1;
  const [low, most] = [at(ends, k), at(ends, Math.min(k + 1, ends.length - 1))];
  const [more, less] = [sumAt(low), sumAt(most)];
  const shift = more > less ? low + ((more - 1) / (more - less)) * (most - low) : low;
  return point.map((value, i) => Math.min(at(high, i), Math.max(0, value - shift)));
}
