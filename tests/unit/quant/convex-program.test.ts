import { normal, seededRandom } from '#shared/kernel/random.ts';
import { solveRows, type RowAnswer } from '#shared/quant/solvers/convex-program.ts';
import { at, dot } from '#shared/quant/linear-algebra/matrix.ts';
import { solveQuadratic } from '#shared/quant/solvers/quadratic.ts';
import { sparse, type Triplet } from '#shared/quant/linear-algebra/sparse.ts';
import { randomProgram, violation } from './random-programs.ts';

type Matrix = readonly (readonly number[])[];

const tripletsOf = (matrix: Matrix): Triplet[] =>
  matrix.flatMap((row, i) => row.map((value, j): Triplet => [i, j, value]));

function solve(
  quadratic: Matrix,
  linear: readonly number[],
  rows: Matrix,
  low: readonly number[],
  high: readonly number[],
): RowAnswer {
  const n = linear.length;
  return solveRows({
    quadratic: sparse(n, n, tripletsOf(quadratic)),
    linear: Float64Array.from(linear),
    rows: sparse(rows.length, n, tripletsOf(rows)),
    low: Float64Array.from(low),
    high: Float64Array.from(high),
  });
}

const NONE = Infinity;

describe('solveRows', () => {
  // Maros and Meszaros, "A repository of convex quadratic programming problems" (1999).
  it.each([
    {
      name: 'HS21',
      answer: () =>
        solve(
          [
            [0.02, 0],
            [0, 2],
          ],
          [0, 0],
          [
            [10, -1],
            [1, 0],
            [0, 1],
          ],
          [10, 2, -50],
          [NONE, 50, 50],
        ),
      optimum: 0.04,
    },
    {
      name: 'HS35',
      answer: () =>
        solve(
          [
            [4, 2, 2],
            [2, 4, 0],
            [2, 0, 2],
          ],
          [-8, -6, -4],
          [
            [-1, -1, -2],
            [1, 0, 0],
            [0, 1, 0],
            [0, 0, 1],
          ],
          [-3, 0, 0, 0],
          [NONE, NONE, NONE, NONE],
        ),
      optimum: 1 / 9 - 9,
    },
    {
      name: 'ZECEVIC2, whose matrix is singular',
      answer: () =>
        solve(
          [
            [0, 0],
            [0, 4],
          ],
          [-2, -3],
          [
            [1, 1],
            [1, 4],
            [1, 0],
            [0, 1],
          ],
          [-NONE, -NONE, 0, 0],
          [2, 4, 10, 10],
        ),
      optimum: -4.125,
    },
  ])('finds the published optimum of $name', ({ answer, optimum }) => {
    const { status, value, kktResidual } = answer();
    expect(status).toBe('optimal');
    expect(value).toBeCloseTo(optimum, 9);
    expect(kktResidual).toBeLessThan(1e-12);
  });

  it('agrees with the dual method on random programs, and proves its answers', () => {
    let compared = 0;
    for (let k = 0; k < 120; k += 1) {
      const seed = `both ${k}`;
      const program = randomProgram(seed);
      const other = solveQuadratic(program);
      const n = program.linear.length;
      const answer = solve(
        program.quadratic.map((row) => Array.from(row)),
        Array.from(program.linear),
        program.rows.map(({ coefficients }) => Array.from(coefficients)),
        program.rows.map(({ relation, bound }) => (relation === '<=' ? -NONE : bound)),
        program.rows.map(({ relation, bound }) => (relation === '>=' ? NONE : bound)),
      );
      expect([seed, answer.status]).toEqual([seed, other ? 'optimal' : 'infeasible']);
      if (!other) continue;
      compared += 1;
      expect([seed, Math.abs(answer.value - other.value) < 1e-9]).toEqual([seed, true]);
      expect([seed, violation(program.rows, answer.x) < 1e-8]).toEqual([seed, true]);
      expect([seed, answer.kktResidual < 1e-9]).toEqual([seed, true]);
      for (let j = 0; j < n; j += 1) {
        let rest = dot(program.quadratic[j] ?? [], answer.x) + at(program.linear, j);
        program.rows.forEach(({ coefficients }, i) => {
          rest -= at(answer.multipliers, i) * at(coefficients, j);
        });
        expect([seed, j, Math.abs(rest) < 1e-7]).toEqual([seed, j, true]);
      }
    }
    expect(compared).toBeGreaterThan(60);
  });

  it('says that rows contradict each other, and that a program has no end', () => {
    const rows = [
      [1, 1],
      [1, -1],
      [1, 0],
    ];
    const flat = [
      [0, 0],
      [0, 0],
    ];
    expect(solve(flat, [1, 1], rows, [3, 0, -NONE], [NONE, 0, 1]).status).toBe('infeasible');
    expect(solve(flat, [-1, -1], rows, [0, 0, 0], [NONE, 0, NONE]).status).toBe('unbounded');
  });

  it('solves a badly scaled chain of a thousand variables', () => {
    const n = 1000;
    const random = seededRandom('chain');
    const scale = Float64Array.from({ length: n }, () => 10 ** (6 * random() - 3));
    const aim = Float64Array.from({ length: n }, () => normal(random));
    // x_j = s_j z_j, z within [-1, 1] and z_j - z_(j-1) within [0, 0.01]: any z_0 decides the rest.
    const rows: Triplet[] = [];
    for (let j = 0; j < n; j += 1) rows.push([j, j, 1 / at(scale, j)]);
    for (let j = 1; j < n; j += 1)
      rows.push([n + j - 1, j, 1 / at(scale, j)], [n + j - 1, j - 1, -1 / at(scale, j - 1)]);
    const answer = solveRows({
      quadratic: sparse(
        n,
        n,
        Array.from(scale, (s, j): Triplet => [j, j, 1 / (s * s)]),
      ),
      linear: aim.map((value, j) => -value / at(scale, j)),
      rows: sparse(2 * n - 1, n, rows),
      low: new Float64Array(2 * n - 1).fill(-1).fill(0, n),
      high: new Float64Array(2 * n - 1).fill(1).fill(0.01, n),
    });
    expect(answer.status).toBe('optimal');
    expect(answer.kktResidual).toBeLessThan(1e-9);
    expect(answer.violation * Math.max(...scale.map((s) => 1 / s))).toBeLessThan(1e-5);
    expect(answer.violation).toBeLessThan(1e-8);
  });
});
