import { normal, seededRandom } from '#shared/kernel/random.ts';
import { criticalLine, type CriticalLineProgram } from '#shared/quant/allocation/critical-line.ts';
import {
  frontierAtLambda,
  frontierAtReturn,
  frontierAtVolatility,
  frontierMaxSharpe,
  frontierPoints,
} from '#shared/quant/allocation/frontier.ts';
import { at, build, dot, quadratic, sum } from '#shared/quant/linear-algebra/matrix.ts';
import {
  efficientReturn,
  mostSharpe,
  mostUtility,
} from '#shared/quant/allocation/mean-variance.ts';
import { unit, type LinearRow } from '#shared/quant/solvers/quadratic-program.ts';
import { bailey, markowitz } from './published-portfolios.ts';

function boxed(
  expected: readonly number[],
  covariance: readonly (readonly number[])[],
): CriticalLineProgram {
  const n = expected.length;
  return {
    expected: Float64Array.from(expected),
    covariance: covariance.map((row) => Float64Array.from(row)),
    low: new Float64Array(n),
    high: new Float64Array(n).fill(1),
    total: 1,
  };
}

function rowsOf({ low, high, total }: CriticalLineProgram): LinearRow[] {
  const n = low.length;
  return [
    { coefficients: new Float64Array(n).fill(1), relation: '=', bound: total },
    ...Array.from(low, (bound, i): LinearRow => ({
      coefficients: unit(n, i),
      relation: '>=',
      bound,
    })),
    ...Array.from(high, (bound, i): LinearRow => ({
      coefficients: unit(n, i),
      relation: '<=',
      bound,
    })),
  ];
}

/** Some have equal returns, bounds without room, shorts, or caps that fill up exactly. */
function randomLine(seed: string): CriticalLineProgram {
  const random = seededRandom(seed);
  const n = 2 + Math.floor(random() * 18);
  const ties = random() < 0.4;
  const factors = Array.from({ length: n + 5 }, () =>
    Float64Array.from({ length: n }, () => 0.2 * normal(random)),
  );
  const shorts = random() < 0.3;
  const low = Float64Array.from({ length: n }, () => (shorts ? -random() : 0));
  const cap = random() < 0.3 ? 2 / n : 1;
  return {
    expected: Float64Array.from({ length: n }, () =>
      ties ? Math.round(4 * random()) / 40 : 0.1 * normal(random),
    ),
    covariance: build(n, (i, j) => factors.reduce((all, f) => all + at(f, i) * at(f, j), 0) / n),
    low,
    high: low.map((value) => (random() < 0.1 ? value : value + cap)),
    total: 1,
  };
}

describe('criticalLine', () => {
  it('finds the ten turning points of Markowitz and Todd', () => {
    const program = boxed(bailey.expected, bailey.covariance);
    const points = criticalLine(program) ?? [];
    const table = points.map(({ lambda, weights }) => [
      dot(program.expected, weights),
      Math.sqrt(quadratic(program.covariance, weights)),
      lambda,
    ]);
    // Bailey and Lopez de Prado (2013), table 2.
    const published = [
      [1.19, 0.952, 58.303],
      [1.18, 0.546, 4.174],
      [1.16, 0.417, 1.946],
      [1.111, 0.267, 0.165],
      [1.108, 0.265, 0.147],
      [1.022, 0.23, 0.056],
      [1.015, 0.228, 0.052],
      [0.973, 0.22, 0.037],
      [0.95, 0.216, 0.031],
      [0.803, 0.205, 0],
    ];
    expect(table).toEqual(published.map((row) => row.map((value) => expect.closeTo(value, 3))));
  });

  it('finds the published maximum Sharpe ratio on the frontier', () => {
    const program = boxed(bailey.expected, bailey.covariance);
    const best = frontierMaxSharpe(program, criticalLine(program) ?? []);
    bailey.weights.forEach((value, i) => expect(best?.[i]).toBeCloseTo(value, 9));
  });

  it('passes through the published point of Markowitz', () => {
    const program = boxed(markowitz.expected, markowitz.covariance);
    const points = criticalLine(program) ?? [];
    const [byReturn, byVolatility] = [
      frontierAtReturn(program, points, markowitz.return),
      frontierAtVolatility(program, points, markowitz.volatility),
    ];
    markowitz.weights.forEach((value, i) => {
      expect(byReturn?.[i]).toBeCloseTo(value, 9);
      expect(byVolatility?.[i]).toBeCloseTo(value, 7);
      expect(frontierPoints(program, points, 5)[2]?.[i]).toBeCloseTo(value, 9);
    });
  });

  it('agrees with quadratic programs between any two turning points', () => {
    let compared = 0;
    for (let k = 0; k < 80; k += 1) {
      const seed = `line ${k}`;
      const program = randomLine(seed);
      const points = criticalLine(program);
      const [least, most] = [sum(program.low), sum(program.high)];
      expect([seed, points !== undefined]).toEqual([seed, least <= 1 && most >= 1]);
      points?.forEach(({ weights, kktResidual, lambda }, i) => {
        expect([seed, i, kktResidual < 1e-9, Math.abs(sum(weights) - 1) < 1e-9]).toEqual([
          seed,
          i,
          true,
          true,
        ]);
        const next = points[i + 1];
        if (!next || !Number.isFinite(lambda) || i % 3 > 0) return;
        const between = (lambda + next.lambda) / 2;
        const line = frontierAtLambda(points, between);
        const { expected, covariance } = program;
        const base = { covariance, variables: expected.length, rows: rowsOf(program) };
        const other = mostUtility({ ...base, expected: expected.map((v) => v * between) }, 1);
        compared += 1;
        other?.weights.forEach((value, j) =>
          expect([seed, i, Math.abs(value - at(line ?? [], j)) < 1e-7]).toEqual([seed, i, true]),
        );
      });
    }
    expect(compared).toBeGreaterThan(80);
  });

  it('agrees with the programs of one return and of the best ratio', () => {
    for (let k = 0; k < 20; k += 1) {
      const seed = `ratio ${k}`;
      const program = randomLine(seed);
      const points = criticalLine(program);
      const [rich, safe] = [points?.[0], points?.[points.length - 1]];
      if (!points || !rich || !safe) continue;
      const { expected, covariance } = program;
      const base = { expected, covariance, variables: expected.length, rows: rowsOf(program) };
      const target = (dot(expected, rich.weights) + dot(expected, safe.weights)) / 2;
      const loss = efficientReturn(base, target)?.loss ?? NaN;
      const onLine = frontierAtReturn(program, points, target) ?? new Float64Array(0);
      expect([seed, Math.abs(quadratic(covariance, onLine) - loss) < 1e-9]).toEqual([seed, true]);
      const best = mostSharpe(base, 1, 0.01);
      const line = frontierMaxSharpe(program, points, 0.01);
      const ratio = (w: Float64Array) =>
        (dot(expected, w) - 0.01) / Math.sqrt(quadratic(covariance, w));
      expect([seed, line === undefined]).toEqual([seed, best === undefined]);
      if (line && best) expect(ratio(line)).toBeCloseTo(ratio(best.weights), 8);
    }
  });
});
