import { shrunkMeans } from '#shared/quant/estimation/expected-returns.ts';
import {
  blackLitterman,
  impliedReturns,
  impliedWeights,
  TAU,
  viewTilts,
  type View,
} from '#shared/quant/estimation/black-litterman.ts';
import { scoreViews } from '#shared/optimization/model/score-views.ts';
import { sampleCovariance } from '#shared/quant/estimation/covariance.ts';
import {
  at,
  build,
  cell,
  dot,
  scaled,
  solved,
  times,
} from '#shared/quant/linear-algebra/matrix.ts';
import { normal, seededRandom } from '#shared/kernel/random.ts';

// He and Litterman, "The intuition behind Black-Litterman model portfolios" (1999), tables 1 and 2:
// Australia, Canada, France, Germany, Japan, United Kingdom, United States.
const correlations = [
  [1, 0.488, 0.478, 0.515, 0.439, 0.512, 0.491],
  [0.488, 1, 0.664, 0.655, 0.31, 0.608, 0.779],
  [0.478, 0.664, 1, 0.861, 0.355, 0.783, 0.668],
  [0.515, 0.655, 0.861, 1, 0.354, 0.777, 0.653],
  [0.439, 0.31, 0.355, 0.354, 1, 0.405, 0.306],
  [0.512, 0.608, 0.783, 0.777, 0.405, 1, 0.652],
  [0.491, 0.779, 0.668, 0.653, 0.306, 0.652, 1],
];
const volatilities = [0.16, 0.203, 0.248, 0.271, 0.21, 0.2, 0.187];
const marketWeights = [0.016, 0.022, 0.052, 0.055, 0.116, 0.124, 0.615];
const covariance = build(
  7,
  (i, j) => cell(correlations, i, j) * at(volatilities, i) * at(volatilities, j),
);
const equilibrium = impliedReturns(covariance, marketWeights, 2.5);

describe('expected returns', () => {
  it('implies the equilibrium returns of He and Litterman, table 2', () => {
    [0.039, 0.069, 0.084, 0.09, 0.043, 0.068, 0.076].forEach((value, i) =>
      expect(Math.abs(at(equilibrium, i) - value)).toBeLessThan(6e-4),
    );
  });

  it('reaches the posterior of He and Litterman, table 4', () => {
    const picks = Float64Array.from([0, 0, -0.295, 1, 0, -0.705, 0]);
    const view: View = { picks, value: 0.05, variance: 0.0010653833320000004 };
    const posterior = blackLitterman(equilibrium, covariance, [view], 0.05);
    [0.043, 0.076, 0.093, 0.11, 0.045, 0.07, 0.081].forEach((value, i) =>
      expect(Math.abs(at(posterior.expected, i) - value)).toBeLessThan(6e-4),
    );
    const weights = scaled(solved(posterior.covariance, posterior.expected), 1 / 2.5);
    [0.015, 0.021, -0.04, 0.354, 0.11, -0.095, 0.586].forEach((value, i) =>
      expect(Math.abs(at(weights, i) - value)).toBeLessThan(1.1e-3),
    );
  });

  it('leans to the view as He and Litterman, table 4, say: lambda 0.302', () => {
    const picks = Float64Array.from([0, 0, -0.295, 1, 0, -0.705, 0]);
    const view: View = { picks, value: 0.05, variance: 0.0010653833320000004 };
    const posterior = blackLitterman(equilibrium, covariance, [view], 0.05);
    const weights = impliedWeights(posterior.covariance, posterior.expected, 2.5);
    const [tilt] = viewTilts(weights, marketWeights, [view], 0.05);
    expect(tilt).toBeCloseTo(0.302, 3);
    weights.forEach((weight, i) =>
      expect(weight).toBeCloseTo(at(marketWeights, i) / 1.05 + (tilt ?? NaN) * at(picks, i), 10),
    );
  });

  it('moves from the anchor to the view by the confidence (Idzorek 2005)', () => {
    const identity = build(5, (i, j) => (i === j ? 1 : 0));
    const prior = new Float64Array(5).fill(0.1);
    const views = prior
      .map((_, i) => i)
      .reduce<View[]>((all, i) => {
        const picks = new Float64Array(5);
        picks[i] = 1;
        return [...all, { picks, value: 0.3, variance: (0.6 / 0.4) * TAU }];
      }, []);
    blackLitterman(prior, identity, views).expected.forEach((value) =>
      expect(value).toBeCloseTo(0.18, 12),
    );
  });

  it('stays at the anchor without views', () => {
    expect(blackLitterman(equilibrium, covariance, []).expected).toEqual(equilibrium);
  });

  it('shrinks history towards the mean of the least risky portfolio', () => {
    const random = seededRandom('history');
    const returns = Array.from({ length: 4 }, (_, i) =>
      Float64Array.from({ length: 500 }, () => 0.0005 * i + 0.01 * normal(random)),
    );
    const daily = sampleCovariance(returns, { ddof: 0 });
    const raw = returns.map((column) => column.reduce((a, b) => a + b, 0) / 500);
    const precise = solved(daily, [1, 1, 1, 1]);
    const grand = dot(precise, raw) / precise.reduce((a, b) => a + b, 0);
    shrunkMeans(returns, daily).means.forEach((value, i) => {
      const share = (value - grand) / (at(raw, i) - grand);
      expect(share).toBeGreaterThan(0);
      expect(share).toBeLessThan(1);
    });
  });
});

describe('scores as views', () => {
  const opinions = [0.9, 0.6, 0.5, 0.4, undefined, 0.1, 0.5].map((total) =>
    total === undefined ? undefined : { total, coverage: 1 },
  );

  it('raises what scores well, lowers what scores badly, and says nothing without a score', () => {
    const views = scoreViews(opinions, equilibrium, covariance);
    expect(views).toHaveLength(6);
    const gaps = views.map(({ picks, value }) => value - dot(picks, equilibrium));
    expect(at(gaps, 0)).toBeGreaterThan(at(gaps, 1));
    expect(at(gaps, 0)).toBeGreaterThan(0);
    expect(at(gaps, 4)).toBeLessThan(0);
  });

  it('keeps to the anchor when all score alike', () => {
    const same = opinions.map(() => ({ total: 0.8, coverage: 1 }));
    const { expected } = blackLitterman(
      equilibrium,
      covariance,
      scoreViews(same, equilibrium, covariance),
    );
    expected.forEach((value, i) => expect(value).toBeCloseTo(at(equilibrium, i), 12));
  });

  it('trusts a view less the less is known', () => {
    const known = (coverage: number): number => {
      const one = opinions.map((opinion, i) =>
        opinion && i === 0 ? { ...opinion, coverage } : opinion,
      );
      return scoreViews(one, equilibrium, covariance)[0]?.variance ?? 0;
    };
    expect(known(0.5)).toBeCloseTo(3 * known(1), 12);
    expect(known(1)).toBeCloseTo(TAU * cell(covariance, 0, 0), 12);
  });

  it('measures surprise in the security’s own volatility', () => {
    const [first] = scoreViews(opinions, equilibrium, covariance);
    const gap = (first?.value ?? 0) - at(equilibrium, 0);
    expect(gap / Math.sqrt(at(times(covariance, first?.picks ?? []), 0))).toBeLessThanOrEqual(0.25);
  });
});
