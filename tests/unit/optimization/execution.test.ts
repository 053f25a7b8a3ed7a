import { Decimal } from '#shared/kernel/decimal.ts';
import { parseDay, startOf } from '#shared/kernel/calendar-day.ts';
import { instantOf, isoText } from '#shared/kernel/instant.ts';
import { integerBelow, seededRandom } from '#shared/kernel/random.ts';
import { tradingDaysLater } from '#shared/optimization/model/execution-days.ts';
import {
  adjustedTemporary,
  costAtRisk,
  executionFrontier,
  expectedCost,
  holdingsOf,
  impactModel,
  tradeHalfLife,
  trajectory,
  urgency,
  type ImpactModel,
} from '#shared/quant/execution/almgren-chriss.ts';
import {
  averageVolume,
  dayVolatility,
  PARTICIPATION_MAX,
  slicePrices,
  slices,
} from '#shared/optimization/model/execution.ts';
import { at, sum } from '#shared/quant/linear-algebra/matrix.ts';
import { requireCalendar } from '../../support/markets/require-calendar.ts';

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

  it('costs what the closed form of the optimum says, for any interval', () => {
    // Equation 20 of the paper.
    const [x, lambda] = [1e6, 1e-6];
    for (const [intervals, tau] of [
      [5, 1],
      [20, 0.25],
      [3, 2],
    ] as const) {
      const [kappa, days] = [urgency(paper, lambda, tau), intervals * tau];
      const eta = adjustedTemporary(paper, tau);
      const { expected, variance } = expectedCost(
        trajectory(x, intervals, paper, lambda, tau),
        paper,
        tau,
      );
      const impact =
        (eta *
          x ** 2 *
          Math.tanh((kappa * tau) / 2) *
          (tau * Math.sinh(2 * kappa * days) + 2 * days * Math.sinh(kappa * tau))) /
        (2 * tau ** 2 * Math.sinh(kappa * days) ** 2);
      const fixed = (paper.permanent * x ** 2) / 2 + paper.halfSpread * x;
      expect(expected / (fixed + impact)).toBeCloseTo(1, 10);
      const spread =
        (paper.sigma ** 2 *
          x ** 2 *
          (tau * Math.sinh(kappa * days) * Math.cosh(kappa * (days - tau)) -
            days * Math.sinh(kappa * tau))) /
        (2 * Math.sinh(kappa * days) ** 2 * Math.sinh(kappa * tau));
      expect(variance / spread).toBeCloseTo(1, 10);
    }
  });

  it('is better than any schedule nearby (seed schedules 5)', () => {
    const random = seededRandom('schedules 5');
    const worth = (trades: Float64Array): number => {
      const { expected, variance } = expectedCost(trades, paper);
      return expected + 2e-6 * variance;
    };
    const best = trajectory(1e6, 5, paper, 2e-6);
    for (let k = 0; k < 100; k += 1) {
      const [from, to] = [integerBelow(random, 5), integerBelow(random, 5)];
      const moved = 20_000 * random();
      const other = best.map((one, j) => one + (Number(j === to) - Number(j === from)) * moved);
      expect(worth(other)).toBeGreaterThanOrEqual(worth(best) - 1e-6);
    }
  });

  it('buys less risk with more cost along the frontier', () => {
    const points = executionFrontier(1e6, 5, paper, [0, 1e-8, 1e-7, 1e-6, 1e-5]);
    points.slice(1).forEach((point, i) => {
      expect(point.expected).toBeGreaterThan(points[i]?.expected ?? Infinity);
      expect(point.variance).toBeLessThan(points[i]?.variance ?? 0);
    });
    expect(
      costAtRisk({ permanent: 4, temporary: 5, spread: 1, expected: 10, variance: 4 }, 1.5),
    ).toBe(13);
    expect(tradeHalfLife(paper, 0)).toBe(Infinity);
    expect(holdingsOf(Float64Array.from([3, 2, 1]))).toEqual(Float64Array.from([6, 3, 1, 0]));
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

  it('passes over the holidays of the exchange', () => {
    const calendar = requireCalendar('XETR');
    const at = (text: string) => instantOf(Date.parse(text));
    const days = [0, 1, 2].map((k) => tradingDaysLater(at('2024-12-23T09:00:00Z'), k, calendar));
    expect(days.map(isoText)).toEqual([
      '2024-12-23T09:00:00.000Z',
      '2024-12-27T09:00:00.000Z',
      '2024-12-30T09:00:00.000Z',
    ]);
  });

  it('goes to the opening where the hour is outside of the session, as after a half day', () => {
    const calendar = requireCalendar('XNYS');
    const from = instantOf(Date.parse('2024-11-27T19:00:00Z'));
    expect(isoText(tradingDaysLater(from, 1, calendar))).toBe('2024-11-29T14:30:00.000Z');
    // The same hour of New York's clock, which has changed since.
    const before = instantOf(Date.parse('2024-11-01T14:00:00Z'));
    expect(isoText(tradingDaysLater(before, 1, calendar))).toBe('2024-11-04T15:00:00.000Z');
  });

  it('does not guess past the calendar', () => {
    const from = instantOf(Date.parse('2031-12-30T10:00:00Z'));
    expect(() => tradingDaysLater(from, 3, requireCalendar('XETR'))).toThrow('covers');
  });
});
