import { bollinger, percentB } from '#shared/quant/indicators/bands.ts';
import { rollingDeviation } from '#shared/quant/indicators/dispersion.ts';
import { macd, rsi } from '#shared/quant/indicators/momentum.ts';
import { ema, sma, wma } from '#shared/quant/indicators/moving-averages.ts';
import { williamsR } from '#shared/quant/indicators/oscillators.ts';
import { rollingBeta, rollingCorrelation } from '#shared/quant/indicators/pairs.ts';
import { averageTrueRange, trueRange } from '#shared/quant/indicators/ranges.ts';
import { regression } from '#shared/quant/indicators/regression.ts';
import { highest, lowest } from '#shared/quant/indicators/windows.ts';
import { mean, standardDeviation } from '#shared/quant/measures/moments.ts';
import { normal, seededRandom } from '#shared/kernel/random.ts';

const SEED = 'indicators 11';
const random = seededRandom(SEED);
const LENGTH = 400;

function path(): Float64Array {
  let price = 100;
  return Float64Array.from({ length: LENGTH }, () => (price *= Math.exp(0.02 * normal(random))));
}

const close = path();
const high = close.map((price) => price * (1 + 0.01 * random()));
const low = close.map((price) => price * (1 - 0.01 * random()));
const bars = { high, low, close };

/** The same by reading each window whole. */
function naive(
  values: Float64Array,
  periods: number,
  of: (window: Float64Array) => number,
): Float64Array {
  return values.map((_, i) => (i < periods - 1 ? NaN : of(values.slice(i - periods + 1, i + 1))));
}

function expectSame(got: Float64Array, expected: Float64Array, digits = 9): void {
  expect(got.length).toBe(expected.length);
  got.forEach((value, i) => {
    const other = expected[i] ?? NaN;
    if (Number.isNaN(other)) expect(value).toBeNaN();
    else expect(value).toBeCloseTo(other, digits);
  });
}

describe(`indicators of a random path (${SEED})`, () => {
  it.each([1, 2, 7, 50])('moves windows of %d as reading them whole does', (n) => {
    const spread = (window: Float64Array) => standardDeviation(window, { ddof: 0 });
    expectSame(sma(close, n), naive(close, n, mean));
    expectSame(rollingDeviation(close, n), naive(close, n, spread), 6);
    expectSame(
      highest(close, n),
      naive(close, n, (window) => Math.max(...window)),
    );
    expectSame(
      lowest(close, n),
      naive(close, n, (window) => Math.min(...window)),
    );
    const weigh = (window: Float64Array) =>
      window.reduce((sum, price, j) => sum + price * (j + 1), 0) / ((n * (n + 1)) / 2);
    expectSame(wma(close, n), naive(close, n, weigh));
  });

  it('does not let rounding grow over a long series with a distant level', () => {
    const far = Float64Array.from({ length: 200_000 }, (_, i) => 1e6 + (i % 2));
    expect(rollingDeviation(far, 20).at(-1)).toBeCloseTo(0.5, 9);
    expect(sma(far, 20).at(-1)).toBeCloseTo(1e6 + 0.5, 7);
  });

  it('answers a series as long as its input, even where it is too short', () => {
    const short = close.slice(0, 3);
    for (const series of [sma(short, 5), ema(short, 5), rsi(short, 5), macd(short).signal])
      expect(Array.from(series)).toEqual([NaN, NaN, NaN]);
    expect(sma(new Float64Array(0), 5).length).toBe(0);
  });

  it('forgets the seed of an average', () => {
    const [first, seeded] = [ema(close, 10, { seed: 'first' }), ema(close, 10)];
    expect(first.at(-1)).toBeCloseTo(seeded.at(-1) ?? NaN, 9);
    expect(Math.abs((first[12] ?? 0) - (seeded[12] ?? 0))).toBeGreaterThan(1e-3);
  });

  it('keeps strength within 0 and 100, and turns it round with the path', () => {
    const upside = rsi(close, 14);
    const downside = rsi(
      close.map((price) => 300 - price),
      14,
    );
    upside.forEach((value, i) => {
      if (Number.isNaN(value)) return;
      expect(value).toBeGreaterThanOrEqual(0);
      expect(value + (downside[i] ?? NaN)).toBeCloseTo(100, 8);
    });
    expect(rsi(Float64Array.from([1, 2, 3, 4]), 3).at(-1)).toBe(100);
    expect(rsi(new Float64Array(5).fill(7), 3).at(-1)).toBe(50);
  });

  it('is indifferent to the unit of price where the indicator is', () => {
    const scaled = { high: high.map(twice), low: low.map(twice), close: close.map(twice) };
    expectSame(williamsR(scaled, 14), williamsR(bars, 14), 8);
    const position = percentB(close, bollinger(close));
    expectSame(percentB(scaled.close, bollinger(scaled.close)), position, 6);
  });

  it('finds the line in a line, and beta and correlation of a multiple', () => {
    const line = Float64Array.from({ length: 40 }, (_, i) => 5 + 3 * i);
    const { slope, intercept, end, forecast, rSquared } = regression(line, 10);
    expect(slope.at(-1)).toBeCloseTo(3, 9);
    expect(intercept.at(-1)).toBeCloseTo(5 + 3 * 30, 8);
    expect(end.at(-1)).toBeCloseTo(5 + 3 * 39, 8);
    expect(forecast.at(-1)).toBeCloseTo(5 + 3 * 40, 8);
    expect(rSquared.at(-1)).toBeCloseTo(1, 9);
    expect(rollingCorrelation(line, line.map(twice), 10).at(-1)).toBeCloseTo(1, 9);
    expect(rollingBeta(close, close, 60).at(-1)).toBeCloseTo(1, 9);
  });

  it('takes the gap from the close before into the true range', () => {
    const gap = {
      high: Float64Array.from([10, 15]),
      low: Float64Array.from([9, 14]),
      close: Float64Array.from([9, 15]),
    };
    expect(Array.from(trueRange(gap))).toEqual([1, 6]);
    expect(Array.from(trueRange(gap, 'none'))).toEqual([NaN, 6]);
    averageTrueRange(bars, 14).forEach((range) => {
      if (!Number.isNaN(range)) expect(range).toBeGreaterThan(0);
    });
  });
});

function twice(price: number): number {
  return 2 * price;
}
