import fc from 'fast-check';
import { epochDay } from '#shared/kernel/calendar-day.ts';
import type { Isin } from '#shared/kernel/isin.ts';
import { comparedValues, thinned } from '#shared/portfolio/model/performance/compared-values.ts';
import { dailyValues, type History } from '#shared/portfolio/model/value-history.ts';
import type { PriceSeries } from '#shared/universe/model/price-series.ts';
import { ALPHA, BETA } from '../../support/markets/set-market.ts';
import { at, day, EUR, line, trade } from './lines.ts';

const DAYS = ['2024-01-02', '2024-01-03', '2024-01-04', '2024-01-05'];

function series(isin: Isin, closes: (number | undefined)[]): [Isin, PriceSeries] {
  const known = DAYS.flatMap((text, i) => {
    const close = closes[i];
    return close === undefined ? [] : [[epochDay(day(text)), close] as const];
  });
  const column = Float64Array.from(known, ([, close]) => close);
  const days = Int32Array.from(known, ([epoch]) => epoch);
  const columns = { open: column, high: column, low: column, close: column };
  return [isin, { isin, days, ...columns, adjustedClose: column, volume: column }];
}

function compared(ledger: History['ledger'], benchmark: (number | undefined)[], alpha: number[]) {
  const history: History = {
    ledger,
    series: new Map([series(ALPHA, alpha)]),
    currencies: new Map([
      [ALPHA, EUR],
      [BETA, EUR],
    ]),
    rateSeries: new Map(),
    base: EUR,
    today: day('2024-01-05'),
  };
  const days = dailyValues(history);
  const withBenchmark = new Map([...history.series, series(BETA, benchmark)]);
  return comparedValues(days, { ...history, series: withBenchmark }, BETA);
}

const deposit = line('deposit', '1000.00');

describe('an account beside its alternatives', () => {
  it('puts the same payments on the same days into the benchmark', () => {
    const more = line('deposit', '220.00', { happenedAt: at('2024-01-04') });
    const points = compared([deposit, more], [100, 105, 110, 121], [1, 1, 1, 1]);
    expect(points.map(({ benchmark, paidIn }) => [benchmark, paidIn])).toEqual([
      [1000, 1000],
      [1050, 1000],
      [1320, 1220],
      [1452, 1220],
    ]);
  });

  it('keeps payments in cash where nothing is done, whatever was bought', () => {
    const bought = trade('buy', '5', '100', '-501.00', { on: '2024-01-03' });
    const points = compared([deposit, bought], [100, 100, 100, 100], [100, 100, 120, 90]);
    expect(points.map(({ doingNothing }) => doingNothing)).toEqual([1000, 1000, 1000, 1000]);
    expect(points.map(({ value }) => value)).toEqual([1000, 999, 1099, 949]);
  });

  it('keeps what was brought in, and sells it when it is taken out', () => {
    const came = trade('transfer-in', '10', '100', '0.00', { on: '2024-01-02' });
    const sold = trade('sell', '10', '110', '1099.00', { on: '2024-01-03' });
    const points = compared([came, sold], [1, 1, 1, 1], [100, 110, 120, 130]);
    expect(points.map(({ doingNothing }) => doingNothing)).toEqual([1000, 1100, 1200, 1300]);
  });

  it('omits a benchmark without a price at a deposit', () => {
    const points = compared([deposit], [undefined, 100, 110, 120], [1, 1, 1, 1]);
    expect(points.every(({ benchmark }) => benchmark === undefined)).toBe(true);
  });
});

describe('fewer points', () => {
  it('keep the first, the last and the order of the rest', () => {
    const values = fc.array(fc.integer({ min: 0, max: 10_000 }), { minLength: 3, maxLength: 400 });
    fc.assert(
      fc.property(values, fc.integer({ min: 3, max: 50 }), (all, max) => {
        const points = all.map((value, index) => ({ value, index }));
        const kept = thinned(points, max);
        expect(kept.length).toBeLessThanOrEqual(Math.max(max, 0));
        expect([kept[0], kept.at(-1)]).toEqual([points[0], points.at(-1)]);
        const order = kept.map(({ index }) => index);
        expect(order).toEqual(order.toSorted((a, b) => a - b));
        expect(new Set(order).size).toBe(order.length);
      }),
      { seed: 11 },
    );
  });

  it('keep a spike', () => {
    const points = Array.from({ length: 1_000 }, (_, i) => ({ value: i === 617 ? 500 : 100 }));
    expect(thinned(points, 20).some(({ value }) => value === 500)).toBe(true);
  });
});
