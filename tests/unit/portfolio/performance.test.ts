import type { DayValue } from '#shared/portfolio/model/value-history.ts';
import {
  performance as measure,
  windowFrom,
} from '#shared/portfolio/model/performance/performance.ts';
import { internalRate } from '#shared/quant/measures/internal-rate.ts';
import { day } from './lines.ts';
import { addDays, type CalendarDay } from '#shared/kernel/calendar-day.ts';

const value = (on: string, worth: number, deposited = 0, withdrawn = 0): DayValue => ({
  day: day(on),
  value: worth,
  deposited,
  withdrawn,
  positions: new Map(),
});

const performance = (days: readonly DayValue[], from?: CalendarDay) =>
  measure(windowFrom(days, from));

describe('performance', () => {
  it('counts neither a deposit as a gain nor a withdrawal as a loss', () => {
    const { points, totalRatio } = performance([
      value('2024-01-02', 1000, 1000),
      value('2024-01-03', 2200, 1000),
      value('2024-01-04', 1210, 0, 1100),
    ]);
    // 0; 2200 / 2000; (1210 + 1100) / 2200
    expect(points.map((point) => point.returnRatio)).toEqual([
      0,
      expect.closeTo(0.1),
      expect.closeTo(0.05),
    ]);
    expect(totalRatio).toBeCloseTo(0.155, 12);
  });

  it('counts the cost of the first trades on the first day', () => {
    expect(performance([value('2024-01-02', 990, 1000)]).totalRatio).toBeCloseTo(-0.01, 12);
  });

  it('states the figures of a single day, and never NaN', () => {
    expect(performance([value('2024-01-02', 1000, 1000)])).toEqual({
      points: [{ day: '2024-01-02', value: 1000, returnRatio: 0 }],
      totalRatio: 0,
      annualisedRatio: 0,
      volatility: 0,
      sharpeRatio: 0,
      maxDrawdownRatio: 0,
      peak: { day: '2024-01-02', value: 1000, returnRatio: 0 },
    });
    expect(performance([]).peak).toBeUndefined();
  });

  it('measures a window from the day before it', () => {
    const days = [
      value('2024-01-02', 100, 100),
      value('2024-01-03', 200),
      value('2024-01-04', 220),
      value('2024-01-05', 231),
    ];
    const { points, totalRatio } = performance(days, day('2024-01-04'));
    expect(points).toHaveLength(2);
    expect(totalRatio).toBeCloseTo(231 / 200 - 1, 12);
  });

  it('annualises only from thirty days on, and then also weighs money', () => {
    const short = performance([value('2024-01-01', 100, 100), value('2024-01-11', 110)]);
    const long = performance([value('2023-01-01', 100, 100), value('2024-01-01', 110)]);
    expect(short.annualisedRatio).toBeCloseTo(0.1, 12);
    expect(short.moneyWeightedRatio).toBeUndefined();
    expect(long.annualisedRatio).toBeCloseTo(1.1 ** (365.25 / 365) - 1, 12);
    expect(long.moneyWeightedRatio).toBeCloseTo(0.1, 10);
  });

  it('names the highest value and the first day it was reached', () => {
    const days = [value('2024-01-02', 5, 5), value('2024-01-03', 9), value('2024-01-04', 9)];
    expect(performance(days).peak?.day).toBe('2024-01-03');
  });
});

describe('the internal rate', () => {
  it('agrees with a published spreadsheet', () => {
    const rate = internalRate([
      { day: day('2010-01-01'), amount: -200 },
      { day: day('2010-12-31'), amount: 210 },
    ]);
    expect(rate).toBeCloseTo(0.050140747, 8);
  });

  it('makes the amounts worth nothing', () => {
    const amounts = [
      { day: day('2020-01-01'), amount: -1000 },
      { day: day('2020-07-01'), amount: -500 },
      { day: day('2021-03-15'), amount: 200 },
      { day: day('2022-01-01'), amount: 900 },
    ];
    const rate = internalRate(amounts) ?? Number.NaN;
    const start = Date.parse('2020-01-01');
    const worth = amounts.reduce((sum, flow) => {
      const years = (Date.parse(flow.day) - start) / 86_400_000 / 365;
      return sum + flow.amount / (1 + rate) ** years;
    }, 0);
    expect(rate).toBeLessThan(0);
    expect(worth).toBeCloseTo(0, 6);
  });

  it('finds a near total loss and a large gain', () => {
    const from = { day: day('2020-01-01'), amount: -100 };
    expect(internalRate([from, { day: day('2020-12-31'), amount: 1 }])).toBeCloseTo(-0.99, 8);
    expect(internalRate([from, { day: day('2020-12-31'), amount: 5000 }])).toBeCloseTo(49, 6);
  });

  it('agrees with two more published cases, a slow curve and a near total loss', () => {
    const amounts = (...flows: [string, number][]) =>
      internalRate(flows.map(([on, amount]) => ({ day: day(on), amount })));
    expect(
      amounts(
        ['2002-11-30', -4398],
        ['2007-06-11', 200],
        ['2008-05-11', 270],
        ['2009-05-01', 280],
        ['2010-06-01', 280],
        ['2011-05-02', 300],
        ['2012-04-30', 330],
        ['2012-12-06', 14508],
      ),
    ).toBeCloseTo(0.1444629967, 4);
    expect(
      amounts(['2019-05-24', -1560.94], ['2020-01-13', -1160], ['2020-06-29', 42.8]),
    ).toBeCloseTo(-0.999251643, 5);
  });

  it('counts years by the convention given', () => {
    const flows = [
      { day: day('2020-01-01'), amount: -100 },
      { day: day('2020-12-26'), amount: 110 },
    ];
    expect(internalRate(flows, { daysAYear: 360 })).toBeCloseTo(0.1, 10);
  });

  it('is absent without amounts of both signs or without time', () => {
    const from = { day: day('2020-01-01'), amount: -100 };
    expect(internalRate([])).toBeUndefined();
    expect(internalRate([from, { ...from, amount: 110 }])).toBeUndefined();
    expect(internalRate([from, { day: day('2021-01-01'), amount: -5 }])).toBeUndefined();
  });

  /** Flows of yearly amounts whose worth is a multiple of (v - 1/(1 + a))(v - 1/(1 + b)). */
  const withRoots = (...roots: number[]) =>
    roots
      .reduce<number[]>(
        (amounts, root) => {
          const grown = [...amounts.map((one) => one * (1 + root)), 0];
          return grown.map((one, i) => one - (amounts[i - 1] ?? 0));
        },
        [1000],
      )
      .reverse()
      .map((amount, i) => ({ day: day(`${2021 + i}-01-01`), amount }));

  it.each([
    [[-0.0855, 0.1], -0.0855],
    [[0.0912, 0.1082], 0.0912],
    [[-0.083, -0.098], -0.083],
    [[0.02, 0.0201], 0.02],
    [[-0.5, 0.04, 0.9], 0.04],
    [[0.3, 0.31, -0.29], -0.29],
    [[0.05, 0.05], 0.05],
  ])('is the root nearest to zero of %p', (roots, nearest) => {
    const flows = withRoots(...roots).map(({ day: on, amount }) => ({ day: on, amount }));
    expect(flows).toHaveLength(roots.length + 1);
    // 2024 is a leap year: of three roots they lie off by what a day makes.
    const digits = roots.length > 2 ? 3 : roots[0] === roots[1] ? 5 : 9;
    expect(internalRate(flows)).toBeCloseTo(nearest, digits);
    const turned = flows.map(({ day: on, amount }) => ({ day: on, amount: -amount }));
    expect(internalRate(turned)).toBeCloseTo(nearest, digits);
  });

  it('is absent where every rate is one, or amounts of a day cancel', () => {
    const flows = (...amounts: number[]) =>
      amounts.map((amount, i) => ({ day: day(`${2021 + i}-01-01`), amount }));
    expect(internalRate(flows(0, 0, 0))).toBeUndefined();
    expect(internalRate([...flows(5, 0, 2), ...flows(-5, 0, -2)])).toBeUndefined();
  });

  it('is found for thousands of amounts of changing signs', () => {
    const flows = Array.from({ length: 3000 }, (_, i) => ({
      day: addDays(day('2010-01-01'), i),
      amount: i % 2 === 0 ? -100 : 101,
    }));
    const last = { day: addDays(day('2010-01-01'), 4000), amount: 10 };
    const rate = internalRate([{ day: day('2009-12-31'), amount: -1600 }, ...flows, last]);
    expect(rate).toBeLessThan(0);
  });
});
