import fc from 'fast-check';
import {
  blackLitterman,
  idzorekVariance,
  impliedReturns,
  impliedRiskAversion,
  impliedWeights,
  proportionalVariance,
  type View,
} from '#shared/quant/estimation/black-litterman.ts';
import { at, build, cell, dot, times, type Rows } from '#shared/quant/linear-algebra/matrix.ts';

/** Idzorek, "A step-by-step guide to the Black-Litterman model" (2005), tables 1, 5 and 6. */
const covariance: Rows = [
  [0.001005, 0.001328, -0.000579, -0.000675, 0.000121, 0.000128, -0.000445, -0.000437],
  [0.001328, 0.007277, -0.001307, -0.00061, -0.002237, -0.000989, 0.001442, -0.001535],
  [-0.000579, -0.001307, 0.059852, 0.027588, 0.063497, 0.023036, 0.032967, 0.048039],
  [-0.000675, -0.00061, 0.027588, 0.029609, 0.026572, 0.021465, 0.020697, 0.029854],
  [0.000121, -0.002237, 0.063497, 0.026572, 0.102488, 0.042744, 0.039943, 0.065994],
  [0.000128, -0.000989, 0.023036, 0.021465, 0.042744, 0.032056, 0.019881, 0.032235],
  [-0.000445, 0.001442, 0.032967, 0.020697, 0.039943, 0.019881, 0.028355, 0.035064],
  [-0.000437, -0.001535, 0.048039, 0.029854, 0.065994, 0.032235, 0.035064, 0.079958],
].map((row) => Float64Array.from(row));
const market = [0.1934, 0.2613, 0.1209, 0.1209, 0.0134, 0.0134, 0.2418, 0.0349];
const picks = [
  [0, 0, 0, 0, 0, 0, 1, 0],
  [-1, 1, 0, 0, 0, 0, 0, 0],
  [0, 0, 0.9, -0.9, 0.1, -0.1, 0, 0],
].map((row) => Float64Array.from(row));
const opinions = [0.0525, 0.0025, 0.02];
const TAU = 0.025;

const prior = impliedReturns(covariance, market, 3.0651);
const views = picks.map((own, k): View => ({
  picks: own,
  value: at(opinions, k),
  variance: proportionalVariance(covariance, own, TAU),
}));

describe('Black-Litterman', () => {
  it('implies the equilibrium of Idzorek, table 1', () => {
    [0.0008, 0.0067, 0.0641, 0.0408, 0.0743, 0.037, 0.048, 0.066].forEach((value, i) =>
      expect(Math.abs(at(prior, i) - value)).toBeLessThan(3e-4),
    );
  });

  it('reaches the posterior of Idzorek, table 6', () => {
    const { expected } = blackLitterman(prior, covariance, views, TAU);
    [0.0007, 0.005, 0.065, 0.0432, 0.0759, 0.0394, 0.0493, 0.0684].forEach((value, i) =>
      expect(Math.abs(at(expected, i) - value)).toBeLessThan(1.5e-4),
    );
  });

  it('takes a full matrix of errors, of which the diagonal is a case', () => {
    const omega = build(3, (k, l) => (k === l ? (views[k]?.variance ?? 0) : 0));
    const one = blackLitterman(prior, covariance, views, TAU);
    const other = blackLitterman(prior, covariance, views, TAU, omega);
    one.expected.forEach((value, i) => expect(at(other.expected, i)).toBeCloseTo(value, 15));
    expect(cell(other.covariance, 2, 3)).toBeCloseTo(cell(one.covariance, 2, 3), 15);
  });

  it.each([
    [0, 0.1],
    [0.4, 0.18],
    [1, 0.3],
  ])(
    'with confidence %d moves from 0.1 to %d (PyPortfolioOpt, test_idzorek_basic)',
    (share, mean) => {
      const identity = build(5, (i, j) => (i === j ? 1 : 0));
      const all = Array.from({ length: 5 }, (_, i): View => {
        const pick = new Float64Array(5);
        pick[i] = 1;
        return { picks: pick, value: 0.3, variance: idzorekVariance(identity, pick, share, 0.05) };
      });
      const start = new Float64Array(5).fill(0.1);
      blackLitterman(start, identity, all, 0.05).expected.forEach((value) =>
        expect(value).toBeCloseTo(mean, 12),
      );
    },
  );

  it('never says more about returns with the views than without', () => {
    fc.assert(
      fc.property(fc.double({ min: 0.01, max: 1, noNaN: true }), (confidence) => {
        const stated = views.map((view) => ({
          ...view,
          variance: idzorekVariance(covariance, view.picks, confidence, TAU),
        }));
        const posterior = blackLitterman(prior, covariance, stated, TAU);
        for (const { picks: own } of stated) {
          const without = (1 + TAU) * dot(own, times(covariance, own));
          expect(dot(own, times(posterior.covariance, own))).toBeLessThan(without);
        }
      }),
      { numRuns: 30, seed: 2 },
    );
  });

  it('holds the market when it has no views', () => {
    const weights = impliedWeights(covariance, prior, 3.0651);
    market.forEach((weight, i) => expect(at(weights, i)).toBeCloseTo(weight, 10));
    const whole = impliedWeights(covariance, prior, 1, true);
    expect(whole.reduce((all, weight) => all + weight, 0)).toBeCloseTo(1, 12);
  });

  it('prices risk by a market’s mean over its variance', () => {
    const returns = Float64Array.from([0.01, -0.01, 0.02, 0]);
    const [mean, variance] = [0.005, 0.0005 / 3];
    expect(impliedRiskAversion(returns, 0.02, 252)).toBeCloseTo(
      (mean * 252 - 0.02) / (variance * 252),
      10,
    );
  });

  it('adds the risk-free return where the figures are not excess returns', () => {
    const total = impliedReturns(covariance, market, 3.0651, 0.02);
    total.forEach((value, i) => expect(value - at(prior, i)).toBeCloseTo(0.02, 15));
  });
});
