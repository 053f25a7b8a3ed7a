import { normal, seededRandom } from '#shared/kernel/random.ts';
import { solveBox } from '#shared/quant/solvers/box-budget.ts';
import { sampleCovariance } from '#shared/quant/estimation/covariance.ts';
import { at, build, dot, quadratic, scaled, sum } from '#shared/quant/linear-algebra/matrix.ts';
import {
  efficientReturn,
  efficientRisk,
  leastVariance,
  mostSharpe,
  mostUtility,
  portfolioFigures,
  type MeanVarianceProgram,
} from '#shared/quant/allocation/mean-variance.ts';
import { unit, type LinearRow } from '#shared/quant/solvers/quadratic-program.ts';
import { solveQuadratic } from '#shared/quant/solvers/quadratic.ts';
import { randomCovariance, violation } from './random-programs.ts';

function within(
  size: number,
  low: number,
  high: number,
  total: number,
  variables = size,
): LinearRow[] {
  const all = new Float64Array(variables).fill(1, 0, size);
  return [
    { coefficients: all, relation: '=', bound: total },
    ...Array.from({ length: size }, (_, i): LinearRow[] => [
      { coefficients: unit(variables, i), relation: '>=', bound: low },
      { coefficients: unit(variables, i), relation: '<=', bound: high },
    ]).flat(),
  ];
}

function program(seed: string, size = 8, low = 0, high = 1, total = 1): MeanVarianceProgram {
  const random = seededRandom(seed);
  return {
    expected: Float64Array.from({ length: size }, () => 0.05 + 0.05 * normal(random)),
    covariance: randomCovariance(seed, size, size + 4),
    variables: size,
    rows: within(size, low, high, total),
  };
}

describe('long and short', () => {
  // PyPortfolioOpt, test_efficient_return_longshort_target.
  const expected = Float64Array.from([-0.15, -0.12, -0.1, -0.05, -0.01, 0.02, 0.03, 0.04, 0.05]);
  const variances = [0.2, 0.2, 0.4, 0.3, 0.1, 0.5, 0.2, 0.3, 0.1];
  const covariance = build(9, (i, j) => (i === j ? (variances[i] ?? 0) : 0));
  const neutral = { expected, covariance, variables: 9, rows: within(9, -1, 1, 0) };

  it('finds the published market-neutral portfolio of a return', () => {
    const best = efficientReturn(neutral, 0.08);
    const figures = portfolioFigures(neutral, best?.weights ?? new Float64Array(9), 0.02);
    expect(figures.expectedReturn).toBeCloseTo(0.08, 10);
    expect(figures.volatility).toBeCloseTo(0.16649041068958137, 8);
    expect(figures.sharpe).toBeCloseTo(0.3603811159542937, 7);
    expect(sum(best?.weights ?? [])).toBeCloseTo(0, 9);
  });

  it('finds the same portfolio by its risk', () => {
    const best = efficientRisk(neutral, 0.16649041068958137);
    expect(dot(expected, best?.weights ?? [])).toBeCloseTo(0.08, 8);
    expect(best?.kktResidual).toBeLessThan(1e-9);
  });
});

describe('mean-variance programs', () => {
  it('take off the risk-free rate: no other portfolio has a better ratio', () => {
    for (let k = 0; k < 20; k += 1) {
      const one = program(`sharpe ${k}`, 6, k % 2 === 0 ? 0 : -0.5);
      const best = mostSharpe(one, 1, 0.03);
      if (!best) continue;
      const ratio = (w: Float64Array) => portfolioFigures(one, w, 0.03).sharpe;
      expect(violation(one.rows, best.weights)).toBeLessThan(1e-8);
      const random = seededRandom(`rivals ${k}`);
      for (let rival = 0; rival < 300; rival += 1) {
        const raw = Float64Array.from({ length: 6 }, () => random());
        const other = raw.map((v, i) => (0.3 * v) / sum(raw) + 0.7 * at(best.weights, i));
        expect([k, ratio(other) <= ratio(best.weights) + 1e-9]).toEqual([k, true]);
      }
    }
  });

  it('spread the weights with a ridge, to equal weights in the end', () => {
    const one = program('ridge');
    const spread = [0, 0.1, 1e6].map((ridge) =>
      dot(
        leastVariance({ ...one, ridge })?.weights ?? [],
        leastVariance({ ...one, ridge })?.weights ?? [],
      ),
    );
    expect(spread[0]).toBeGreaterThan(spread[1] ?? NaN);
    expect(spread[2]).toBeCloseTo(1 / 8, 6);
  });

  it('count a ridge as variance of every security in the best ratio', () => {
    const one = program('ratio with ridge');
    const ridged = one.covariance.map((row, i) => row.map((v, j) => (i === j ? v + 0.2 : v)));
    const [direct, added] = [
      mostSharpe({ ...one, ridge: 0.2 }, 1),
      mostSharpe({ ...one, covariance: ridged }, 1),
    ];
    direct?.weights.forEach((value, i) =>
      expect(value).toBeCloseTo(at(added?.weights ?? [], i), 9),
    );
  });

  it('do not change when trading costs more than it gains', () => {
    const n = 5;
    const before = new Float64Array(n).fill(1 / n);
    const rows = [
      ...within(n, 0, 1, 1, 2 * n),
      ...Array.from({ length: n }, (_, i) =>
        [1, -1].map((sign): LinearRow => {
          const coefficients = unit(2 * n, n + i);
          coefficients[i] = -sign;
          return { coefficients, relation: '>=', bound: -sign * at(before, i) };
        }),
      ).flat(),
    ];
    const costs = (rate: number) => new Float64Array(2 * n).fill(rate, n);
    const { expected, covariance } = program('costs', n);
    const base = { expected, covariance, variables: 2 * n, rows };
    const moved = [0, 0.01, 10].map((rate) => {
      const weights = leastVariance({ ...base, costs: costs(rate) })?.weights ?? before;
      return weights.reduce((all, value, i) => all + Math.abs(value - at(before, i)), 0);
    });
    expect(moved[0]).toBeGreaterThan((moved[1] ?? NaN) - 1e-9);
    expect(moved[0]).toBeGreaterThan(0.01);
    expect(moved[2]).toBeLessThan(1e-8);
  });

  it('meet a risk exactly with a ridge, and give up what the ridge forbids', () => {
    const one = program('risk with ridge');
    const safest = Math.sqrt(leastVariance(one)?.loss ?? NaN);
    const plain = efficientRisk(one, safest * 1.3);
    const ridged = efficientRisk({ ...one, ridge: 0.05 }, safest * 1.3);
    const volatility = (w: Float64Array | undefined) =>
      Math.sqrt(quadratic(one.covariance, w ?? new Float64Array(8)));
    expect(volatility(plain?.weights)).toBeCloseTo(safest * 1.3, 9);
    expect(volatility(ridged?.weights)).toBeLessThan(safest * 1.3 + 1e-9);
    expect(ridged?.loss).toBeGreaterThan((plain?.loss ?? NaN) - 1e-12);
  });

  it('are undefined where nothing satisfies the rows, or nothing is the best', () => {
    const one = program('impossible', 4, 0, 0.2);
    expect(leastVariance(one)).toBeUndefined();
    expect(efficientReturn(program('far', 4), 5)).toBeUndefined();
    expect(efficientRisk(program('safe', 4), 1e-4)).toBeUndefined();
    const open = program('open', 4);
    expect(mostUtility({ ...open, rows: open.rows.slice(0, 1) }, 0)).toBeUndefined();
  });
});

describe('solveBox', () => {
  it('agrees with the general method, whatever the bounds', () => {
    for (let k = 0; k < 60; k += 1) {
      const seed = `box ${k}`;
      const random = seededRandom(seed);
      const n = 2 + Math.floor(30 * random());
      const covariance = randomCovariance(seed, n, n + 3);
      const linear = Float64Array.from({ length: n }, () => 0.02 * normal(random));
      const low = Float64Array.from({ length: n }, () => (random() < 0.3 ? -0.1 : 0));
      const high = low.map((value) => value + (random() < 0.1 ? 0 : 3 / n));
      const answer = solveBox({
        ...{ quadratic: covariance, linear, low, high },
        budget: new Float64Array(n).fill(1),
        total: 1,
      });
      // A row with two coefficients keeps the front from taking the same method.
      const beside = unit(n, 0);
      beside[1] = 1;
      const rows: LinearRow[] = [
        { coefficients: new Float64Array(n).fill(1), relation: '=', bound: 1 },
        { coefficients: beside, relation: '<=', bound: 1e3 },
        ...Array.from(
          low,
          (bound, i) => ({ coefficients: unit(n, i), relation: '>=', bound }) as const,
        ),
        ...Array.from(
          high,
          (bound, i) => ({ coefficients: unit(n, i), relation: '<=', bound }) as const,
        ),
      ];
      const other = solveQuadratic({ quadratic: covariance, linear, rows });
      if (sum(high) < 1 || sum(low) > 1) {
        expect([seed, answer, other]).toEqual([seed, undefined, undefined]);
        continue;
      }
      answer?.x.forEach((value, i) =>
        expect([seed, Math.abs(value - at(other?.x ?? [], i)) < 1e-8]).toEqual([seed, true]),
      );
    }
  });

  it('proves an answer from fewer periods than securities', () => {
    const n = 300;
    const random = seededRandom('few periods');
    const market = Float64Array.from({ length: 60 }, () => 0.01 * normal(random));
    const quadratic = sampleCovariance(
      Array.from({ length: n }, () => {
        const beta = 0.5 + random();
        return market.map((value) => beta * value + 0.01 * normal(random));
      }),
    );
    const program = { quadratic, linear: new Float64Array(n) };
    const bounds = { low: new Float64Array(n), high: new Float64Array(n).fill(0.1) };
    const budget = new Float64Array(n).fill(1);
    expect(solveBox({ ...program, ...bounds, budget, total: 1 })?.rounds).toBeLessThan(12);
    const rows: LinearRow[] = [{ coefficients: budget, relation: '=', bound: 1 }];
    expect(solveQuadratic({ ...program, bounds, rows })?.kktResidual).toBeLessThan(1e-12);
  });

  it('begins where shares may be sold short or a price of the budget is negative', () => {
    const n = 40;
    const quadratic = randomCovariance('signs', n, 3 * n);
    const random = seededRandom('signs');
    const budget = Float64Array.from({ length: n }, (_, i) => (i % 3 === 0 ? -1 : 0.5 + random()));
    for (const [low, high] of [
      [-0.2, 0.1],
      [-Infinity, 0.1],
      [-0.1, Infinity],
      [-Infinity, Infinity],
    ] as const) {
      const bounds = { low: new Float64Array(n).fill(low), high: new Float64Array(n).fill(high) };
      const program = { quadratic, linear: new Float64Array(n) };
      expect(solveBox({ ...program, ...bounds, budget, total: 1 })).toBeDefined();
      const rows: LinearRow[] = [{ coefficients: budget, relation: '=', bound: 1 }];
      expect(solveQuadratic({ ...program, bounds, rows })?.kktResidual).toBeLessThan(1e-12);
    }
  });

  it('answers two hundred securities in a few rounds', () => {
    const n = 200;
    const quadratic = randomCovariance('large', n, 2 * n).map((row) => scaled(row, 0.01));
    const answer = solveBox({
      ...{ quadratic, linear: new Float64Array(n), budget: new Float64Array(n).fill(1), total: 1 },
      ...{ low: new Float64Array(n), high: new Float64Array(n).fill(0.02) },
    });
    expect(answer?.rounds).toBeLessThan(20);
    expect(sum(answer?.x ?? [])).toBeCloseTo(1, 12);
  });
});
