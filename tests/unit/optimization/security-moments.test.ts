import { normal, seededRandom } from '#shared/kernel/random.ts';
import { at, cell, dot, times } from '#shared/quant/linear-algebra/matrix.ts';
import { estimateMoments } from '#shared/optimization/model/security-moments.ts';
import type { Isin } from '#shared/kernel/isin.ts';
import {
  closesOf,
  isinOf,
  rateSeriesOf,
  sketchView,
  USD,
  weekdays,
} from '../../support/markets/market-views.ts';

/** Prices that move with a market and on their own. */
function walks(seed: string, count: number, days = 400): number[][] {
  const random = seededRandom(seed);
  const market = Array.from({ length: days }, () => 0.008 * normal(random));
  return Array.from({ length: count }, () => {
    let price = 100;
    return market.map((move) => (price *= Math.exp(move + 0.01 * normal(random))));
  });
}

const view = sketchView(walks('moments', 5).map((closes) => ({ closes: closesOf(closes) })));
const even = new Map<Isin, { total: number; coverage: number }>(
  view.securities.map(({ isin }) => [isin, { total: 0.6, coverage: 1 }]),
);

describe('estimateMoments', () => {
  it('answers symmetric yearly moments in the order of the view', () => {
    const { moments, dropped } = estimateMoments(view, { riskAversion: 4 });
    expect(moments.isins).toEqual([0, 1, 2, 3, 4].map(isinOf));
    expect(dropped).toEqual([]);
    moments.covariance.forEach((row, i) =>
      row.forEach((value, j) => expect(value).toBe(cell(moments.covariance, j, i))),
    );
    const volatility = Math.sqrt(cell(moments.covariance, 0, 0));
    expect(volatility).toBeGreaterThan(0.15);
    expect(volatility).toBeLessThan(0.27);
  });

  it('anchors expectations so that equal weights are optimal when all score alike', () => {
    const { moments } = estimateMoments(view, { riskAversion: 4, scores: even });
    const marginal = times(moments.covariance, new Float64Array(5).fill(4 / 5));
    marginal.forEach((value, i) => expect(at(moments.expected, i)).toBeCloseTo(value, 12));
  });

  it('expects more of what scores better', () => {
    const scores = new Map(even).set(isinOf(2), { total: 0.95, coverage: 1 });
    const plain = estimateMoments(view, { riskAversion: 4, scores: even }).moments.expected;
    const raised = estimateMoments(view, { riskAversion: 4, scores }).moments.expected;
    expect(at(raised, 2)).toBeGreaterThan(at(plain, 2) + 0.005);
  });

  it('drops what has too few prices, and says why', () => {
    const [long = [], short = []] = walks('short', 2);
    const young = sketchView([{ closes: closesOf(long) }, { closes: closesOf(short.slice(-20)) }]);
    const { moments, dropped } = estimateMoments(young, { riskAversion: 4 });
    expect(moments.isins).toEqual([isinOf(0)]);
    expect(dropped).toMatchObject([{ isin: isinOf(1) }]);
  });

  it('counts the exchange rate among the risks of a foreign security', () => {
    const [closes = []] = walks('foreign', 1);
    const random = seededRandom('rates');
    const rates = weekdays(closes.length).map(
      (day) => [day, Math.exp(0.05 * normal(random))] as const,
    );
    const sketch = { closes: closesOf(closes) };
    const both = sketchView(
      [sketch, { ...sketch, currency: USD }],
      new Map([[USD, rateSeriesOf(rates)]]),
    );
    const { covariance } = estimateMoments(both, { riskAversion: 4 }).moments;
    expect(cell(covariance, 1, 1)).toBeGreaterThan(2 * cell(covariance, 0, 0));
  });

  it('adds the uncertainty about the mean when asked', () => {
    const plain = estimateMoments(view, { riskAversion: 4 }).moments;
    const wider = estimateMoments(view, { riskAversion: 4, uncertainMean: true }).moments;
    const ones = new Float64Array(5).fill(0.2);
    const variance = (rows: readonly Float64Array[]): number => dot(times(rows, ones), ones);
    expect(variance(wider.covariance)).toBeGreaterThan(variance(plain.covariance));
    expect(variance(wider.covariance)).toBeLessThan(1.06 * variance(plain.covariance));
  });

  it('is empty for an empty universe', () => {
    expect(estimateMoments(sketchView([]), { riskAversion: 4 }).moments.isins).toEqual([]);
  });
});
