import { Decimal } from '#shared/kernel/decimal.ts';
import { parseDay, startOf } from '#shared/kernel/calendar-day.ts';
import { isoText } from '#shared/kernel/instant.ts';
import { integerBelow, seededRandom } from '#shared/kernel/random.ts';
import { tradingDaysLater } from '#shared/optimization/model/execution-days.ts';
import {
  expectedCost,
  impactModel,
  trajectory,
  type ImpactModel,
} from '#shared/optimization/model/almgren-chriss.ts';
import {
  averageVolume,
  dayVolatility,
  PARTICIPATION_MAX,
  slicePrices,
  slices,
} from '#shared/optimization/model/execution.ts';
import { at, sum } from '#shared/optimization/model/matrix.ts';

// Almgren and Chriss (2000), section 4: one million shares over five days.
const paper: ImpactModel = {
  sigma: 0.95,
  halfSpread: 0.0625,
  temporary: 2.5e-6,
  permanent: 2.5e-7,
};

describe('Almgren and Chriss', () => {
  it('costs the straight line as the paper', () => {
    const cost = expectedCost(new Float64Array(5).fill(200_000), paper);
    expect(cost.permanent).toBeCloseTo(125_000, 6);
    expect(cost.spread).toBeCloseTo(62_500, 6);
    expect(cost.temporary).toBeCloseTo(475_000, 6);
    expect(cost.variance / 1.083e12).toBeCloseTo(1, 12);
  });

  it('follows the closed form of the optimal trajectory', () => {
    // AlphaLab a04a3d1, tests/unit/execution: the paper's formula with risk aversion 2e-6.
    const trades = trajectory(1_000_000, 5, paper, 2e-6);
    [
      571401.1542529825, 245666.03148524964, 106637.09264630613, 48652.344218555285,
      27643.377396906417,
    ].forEach((value, j) => expect(at(trades, j) / value).toBeCloseTo(1, 9));
    const { permanent, temporary, spread, variance } = expectedCost(trades, paper);
    expect((permanent + temporary + spread) / 1140715.1670497851).toBeCloseTo(1, 9);
    expect(variance / 201931287150.52448).toBeCloseTo(1, 9);
  });

  it('trades evenly without aversion to risk, and everything at once with very much of it', () => {
    trajectory(100, 4, paper, 0).forEach((trade) => expect(trade).toBeCloseTo(25, 9));
    const eager = trajectory(100, 4, paper, 1e12);
    expect(at(eager, 0)).toBeCloseTo(100, 6);
    expect(sum(eager)).toBeCloseTo(100, 9);
  });

  it('calibrates impact as the paper did', () => {
    const model = impactModel(50, 0.00125, 0.019, 5e6);
    expect(model.halfSpread).toBeCloseTo(0.0625, 12);
    expect(model.temporary).toBeCloseTo(2.5e-6, 15);
    expect(model.permanent).toBeCloseTo(2.5e-7, 16);
  });
});

describe('slices', () => {
  const model = impactModel(100, 0.0005, 0.02, 10_000);

  it('leaves a small order whole', () => {
    const answer = slices(Decimal.of(500), Decimal.one, 10_000, model, 0);
    expect(answer).toEqual({ strategy: 'SINGLE', quantities: [Decimal.of(500)] });
  });

  it('adds up to the order in whole lots, none above the cap, larger ones first', () => {
    for (let k = 0; k < 100; k += 1) {
      const random = seededRandom(`slices ${k}`);
      const lot = Decimal.of([1, 5, 100][integerBelow(random, 3)] ?? 1);
      const quantity = lot.multiply(Decimal.of(501 + integerBelow(random, 200)));
      const { quantities, strategy } = slices(quantity, lot, 10_000, model, 1e-6 * random());
      const total = quantities.reduce((all, slice) => all.add(slice), Decimal.zero);
      expect(total.equals(quantity)).toBe(true);
      const most = Math.max(PARTICIPATION_MAX * 10_000, quantity.toEstimate() / 60);
      for (const slice of quantities)
        expect(slice.toEstimate()).toBeLessThanOrEqual(most + 2 * lot.toEstimate());
      if (quantity.toEstimate() > 500) expect(strategy).toBe('ALMGREN_CHRISS');
    }
  });

  it('prices purchases above the quote and rising, sales below and falling', () => {
    const trades = Float64Array.from([300, 300]);
    const [first = 0, second = 0] = slicePrices(100, 'BUY', trades, model);
    expect(first).toBeGreaterThan(100.05);
    expect(second).toBeGreaterThan(first);
    const [sold = 0, later = 0] = slicePrices(100, 'SELL', trades, model);
    expect(sold).toBeLessThan(99.95);
    expect(later).toBeLessThan(sold);
  });
});

describe('figures of the market', () => {
  it('averages the volumes that are known, and none when there are too few', () => {
    const volume = Float64Array.from([NaN, 100, 200, NaN, 300, 400, 500]);
    expect(averageVolume(volume)).toBe(300);
    expect(averageVolume(Float64Array.from([100, NaN]))).toBeUndefined();
  });

  it('measures volatility by daily returns, and not without enough of them', () => {
    const closes = Float64Array.from({ length: 41 }, (_, i) => (i % 2 === 0 ? 100 : 101));
    expect(dayVolatility(closes)).toBeCloseTo(Math.log(1.01) * Math.sqrt(40 / 39), 9);
    expect(dayVolatility(closes.slice(0, 5))).toBeUndefined();
  });

  it('passes over weekends', () => {
    const friday = startOf(parseDay('2024-06-28'));
    expect(isoText(tradingDaysLater(friday, 0))).toBe('2024-06-28T00:00:00.000Z');
    expect(isoText(tradingDaysLater(friday, 1))).toBe('2024-07-01T00:00:00.000Z');
    expect(isoText(tradingDaysLater(friday, 6))).toBe('2024-07-08T00:00:00.000Z');
  });
});
