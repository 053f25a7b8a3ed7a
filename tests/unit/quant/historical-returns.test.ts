import { normal, seededRandom } from '#shared/kernel/random.ts';
import { sampleCovariance } from '#shared/quant/estimation/covariance.ts';
import {
  capmReturns,
  meanReturns,
  recentMeanReturns,
  shrunkMeans,
} from '#shared/quant/estimation/expected-returns.ts';
import { at, dot, solved, spectrum, sum } from '#shared/quant/linear-algebra/matrix.ts';
import { simpleReturns } from '#shared/quant/measures/returns.ts';

const columns = (rows: readonly (readonly number[])[]): Float64Array[] =>
  rows.map((row) => Float64Array.from(row));

/** PyPortfolioOpt 65cabce, tests/test_expected_returns.py, test_mean_historical_returns_dummy. */
const dummy = columns([
  [4, 4.2, 3.9, 4.3, 4.1],
  [2, 2.1, 2, 2.1, 2.2],
  [0.6, 0.59, 0.58, 0.62, 0.63],
  [-12, -13.2, -11.3, -11.7, -10.1],
]).map((prices) => simpleReturns(prices));

const random = seededRandom('history of five');
const five = Array.from({ length: 5 }, (_, i) =>
  Float64Array.from({ length: 250 }, () => 0.0004 * (i + 1) + 0.01 * normal(random)),
);
const covariance = sampleCovariance(five);
const plain = meanReturns(five, { periodsPerYear: 1, compounding: false });

describe('mean returns', () => {
  it('are the published ones, with growth and without', () => {
    const grown = meanReturns(dummy, { periodsPerYear: 1 });
    [0.0061922, 0.0241137, 0.0122722, -0.0421775].forEach((value, i) =>
      expect(at(grown, i)).toBeCloseTo(value, 6),
    );
    const simple = meanReturns(dummy, { periodsPerYear: 1, compounding: false });
    [0.008656, 0.025, 0.0128697, -0.03632333].forEach((value, i) =>
      expect(at(simple, i)).toBeCloseTo(value, 6),
    );
  });

  it('are over the returns a security has', () => {
    const [late] = columns([[NaN, NaN, 0.01, 0.03]]);
    const options = { periodsPerYear: 252, compounding: false };
    expect(at(meanReturns([late ?? new Float64Array(0)], options), 0)).toBeCloseTo(0.02 * 252, 12);
  });

  it('of recent periods tend to the plain mean as the memory grows', () => {
    const options = { periodsPerYear: 252, compounding: false };
    const recent = recentMeanReturns(five, { span: 1e12 }, options);
    meanReturns(five, options).forEach((value, i) => expect(at(recent, i)).toBeCloseTo(value, 9));
  });

  it('of recent periods weigh as pandas’ ewm, by hand', () => {
    const [two = new Float64Array(0)] = columns([[0.01, 0.04]]);
    // span 3: decay 1/2.
    const mean = (0.5 * 0.01 + 0.04) / 1.5;
    const grown = recentMeanReturns([two], { span: 3 }, { periodsPerYear: 2 });
    expect(at(grown, 0)).toBeCloseTo((1 + mean) ** 2 - 1, 14);
  });
});

describe('capital asset pricing', () => {
  it('gives the market its own mean, and what is twice as moved twice the premium', () => {
    const market = five[0] ?? new Float64Array(0);
    const twice = market.map((value) => 2 * value);
    const options = { periodsPerYear: 252, compounding: false };
    const [own, double] = capmReturns([market, twice], { market, riskFree: 0.02 }, options);
    const mean = at(plain, 0) * 252;
    expect(own).toBeCloseTo(mean, 12);
    expect(double).toBeCloseTo(0.02 + 2 * (mean - 0.02), 12);
  });

  it('takes the mean of the securities for the market where none is given', () => {
    const mean = capmReturns(five, {}, { periodsPerYear: 1, compounding: false });
    expect(sum(mean) / 5).toBeCloseTo(sum(plain) / 5, 12);
  });
});

describe('shrunk means', () => {
  it('by James and Stein shrink by the eigenvalues and the spread of the means', () => {
    const { means, common, target } = shrunkMeans(five, covariance, {
      method: 'james-stein',
      target: 'grand-mean',
    });
    const { values } = spectrum(covariance);
    const grand = sum(plain) / 5;
    const gaps = plain.map((mean) => mean - grand);
    expect(target).toBeCloseTo(grand, 15);
    expect(common).toBeCloseTo((sum(values) - 2 * at(values, 4)) / dot(gaps, gaps) / 250, 12);
    expect(sum(means)).toBeCloseTo(sum(plain), 14);
  });

  it('by Bayes and Stein go to the minimum-variance mean by Jorion’s share', () => {
    const { common, target } = shrunkMeans(five, covariance);
    const precise = solved(covariance, [1, 1, 1, 1, 1]);
    expect(target).toBeCloseTo(dot(precise, plain) / sum(precise), 14);
    const gaps = plain.map((mean) => mean - target);
    const spread = dot(gaps, solved(covariance, gaps)) * (243 / 249);
    expect(common).toBeCloseTo(7 / (7 + 250 * spread), 12);
    const bySample = shrunkMeans(five, covariance, { precision: 'sample' });
    expect(bySample.common).toBeLessThan(common);
  });

  it('by Bodnar and Okhrin solve the equations of the least expected loss', () => {
    const { own, common, target } = shrunkMeans(five, covariance, {
      method: 'bodnar-okhrin',
      target: 'grand-mean',
    });
    // The best common share for a given own one: t'S^-1 (m - own m - common t) = 0.
    const t = new Float64Array(5).fill(target);
    const rest = plain.map((mean) => mean - own * mean - common * target);
    expect(dot(t, solved(covariance, rest))).toBeCloseTo(0, 12);
    const bySample = shrunkMeans(five, covariance, {
      method: 'bodnar-okhrin-by-sample',
      target: 'grand-mean',
    });
    expect(bySample.own).toBe(own);
    expect(bySample.common).not.toBe(common);
  });
});
