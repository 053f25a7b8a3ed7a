import { parseIsin } from '#shared/kernel/isin.ts';
import { normal, seededRandom } from '#shared/kernel/random.ts';
import { barMetrics } from '#shared/universe/model/market-metrics.ts';
import type { PriceSeries } from '#shared/universe/model/price-series.ts';

const ISIN = parseIsin('DE0FIX000016');

function seriesOf(closes: readonly number[], firstDay = 0, volume = Number.NaN): PriceSeries {
  const close = Float64Array.from(closes);
  return {
    isin: ISIN,
    days: Int32Array.from(closes, (_close, i) => firstDay + i),
    open: close,
    high: close.map((price) => price * 1.01),
    low: close.map((price) => price * 0.99),
    close,
    adjustedClose: close,
    volume: close.map(() => volume),
  };
}

function pathOf(returns: readonly number[]): number[] {
  return returns.reduce<number[]>((path, r) => [...path, (path.at(-1) ?? 1) * (1 + r)], [100]);
}

const random = seededRandom(7);
const marketReturns = Array.from({ length: 300 }, () => 0.01 * normal(random));

describe('market metrics', () => {
  test('measures beta against the benchmark on common days', () => {
    const market = seriesOf(pathOf(marketReturns));
    const twice = seriesOf(pathOf(marketReturns.map((r) => 2 * r)));
    expect(barMetrics(twice, market).beta).toBeCloseTo(2, 10);
    expect(barMetrics(market, market).beta).toBeCloseTo(1, 10);
  });

  test('leaves beta out without a benchmark, on too few common days, and on a flat market', () => {
    const market = seriesOf(pathOf(marketReturns));
    expect(barMetrics(market, undefined).beta).toBeUndefined();
    expect(barMetrics(market, seriesOf(pathOf(marketReturns), 260)).beta).toBeUndefined();
    expect(barMetrics(market, seriesOf(new Array<number>(301).fill(5))).beta).toBeUndefined();
  });

  test('annualises the daily deviation of a year by the root of 252', () => {
    const swinging = Array.from({ length: 252 }, (_, i) => (i % 2 === 0 ? 0.01 : -0.01));
    const expected = 0.01 * Math.sqrt((252 / 251) * 252);
    expect(barMetrics(seriesOf(pathOf(swinging)), undefined).volatilityRatio).toBeCloseTo(
      expected,
      10,
    );
    expect(barMetrics(seriesOf([1, 2, 3]), undefined).volatilityRatio).toBeUndefined();
  });

  test('averages the volume where it is known', () => {
    expect(barMetrics(seriesOf([1, 2]), undefined).averageVolume).toBeUndefined();
    const half = seriesOf([1, 2, 3], 0, 100);
    half.volume[2] = Number.NaN;
    half.volume[1] = 300;
    expect(barMetrics(half, undefined).averageVolume).toBe(200);
  });

  test('takes the range over the fifty-two weeks that end with the last bar', () => {
    const series = seriesOf([500, 1, ...new Array<number>(363).fill(10), 20]);
    expect(barMetrics(series, undefined).range).toEqual({ high: 20 * 1.01, low: 0.99 });
    const range = barMetrics(seriesOf([500, 500, ...new Array<number>(364).fill(10)]), undefined);
    expect(range.range?.high).toBeCloseTo(505);
  });

  test('knows nothing of a security without bars', () => {
    expect(barMetrics(seriesOf([]), undefined)).toEqual({
      beta: undefined,
      volatilityRatio: undefined,
      averageVolume: undefined,
      lastCloses: undefined,
      range: undefined,
    });
  });

  test('has the last two closes for the day change', () => {
    expect(barMetrics(seriesOf([3, 4, 5]), undefined).lastCloses).toEqual([4, 5]);
    expect(barMetrics(seriesOf([3]), undefined).lastCloses).toBeUndefined();
  });
});
