import { parseCurrency, type Currency } from '#shared/kernel/currency.ts';
import { epochDay } from '#shared/kernel/calendar-day.ts';
import type { Isin } from '#shared/kernel/isin.ts';
import { dailyValues, type History } from '#shared/portfolio/model/value-history.ts';
import type { PriceSeries, RateSeries } from '#shared/universe/model/price-series.ts';
import { ALPHA, BETA } from '../../support/markets/set-market.ts';
import { at, day, EUR, line, trade } from './lines.ts';

const USD = parseCurrency('USD');

function series(isin: Isin, closes: Record<string, number>): [Isin, PriceSeries] {
  const column = Float64Array.from(Object.values(closes));
  const days = Int32Array.from(Object.keys(closes), (text) => epochDay(day(text)));
  const columns = { open: column, high: column, low: column, close: column };
  return [isin, { isin, days, ...columns, adjustedClose: column, volume: column }];
}

function history(overrides: Partial<History>): History {
  return {
    ledger: [],
    series: new Map(),
    currencies: new Map<Isin, Currency>([
      [ALPHA, EUR],
      [BETA, USD],
    ]),
    rateSeries: new Map(),
    base: EUR,
    today: day('2024-01-05'),
    ...overrides,
  };
}

const deposit = line('deposit', '1000.00');

describe('the daily value', () => {
  it('values cash and shares at the closes', () => {
    const ledger = [deposit, trade('buy', '5', '100', '-501.00', { on: '2024-01-03' })];
    const closes = { '2024-01-02': 99, '2024-01-03': 100, '2024-01-04': 102, '2024-01-05': 101 };
    const values = dailyValues(history({ ledger, series: new Map([series(ALPHA, closes)]) }));
    expect(values.map(({ day: on, value, deposited }) => [on, value, deposited])).toEqual([
      ['2024-01-02', 1000, 1000],
      ['2024-01-03', 999, 0],
      ['2024-01-04', 1009, 0],
      ['2024-01-05', 1004, 0],
    ]);
  });

  it('converts each day with that day’s rate, or the last before it', () => {
    const rates: RateSeries = {
      days: Int32Array.from([epochDay(day('2024-01-02')), epochDay(day('2024-01-04'))]),
      rates: Float64Array.from([0.9, 0.8]),
    };
    const bought = trade('buy', '1', '100', '-90.00', { isin: BETA, currency: 'USD', rate: '0.9' });
    const closes = { '2024-01-02': 100, '2024-01-03': 110, '2024-01-05': 120 };
    const values = dailyValues(
      history({
        ledger: [deposit, bought],
        series: new Map([series(BETA, closes)]),
        rateSeries: new Map([[USD, rates]]),
      }),
    );
    expect(values.map(({ value }) => value)).toEqual([1000, 910 + 99, 910 + 96]);
  });

  it('counts transferred shares as brought in at the day’s price', () => {
    const ledger = [deposit, trade('transfer-in', '2', '50', '0', { on: '2024-01-04' })];
    const closes = { '2024-01-03': 60, '2024-01-04': 70, '2024-01-05': 80 };
    const values = dailyValues(history({ ledger, series: new Map([series(ALPHA, closes)]) }));
    expect(values.find((value) => value.day === '2024-01-04')).toMatchObject({
      value: 1140,
      deposited: 140,
    });
  });

  it('omits days without a price, and counts deposits of those days later', () => {
    const ledger = [deposit, trade('transfer-in', '2', '50', '0', { on: '2024-01-02' })];
    const closes = { '2024-01-04': 70, '2024-01-05': 80 };
    const values = dailyValues(history({ ledger, series: new Map([series(ALPHA, closes)]) }));
    expect(values).toMatchObject([
      { day: '2024-01-04', value: 1140, deposited: 1140, withdrawn: 0 },
      { day: '2024-01-05', value: 1160, deposited: 0, withdrawn: 0 },
    ]);
  });

  it('keeps dividends and fees as what the account earned', () => {
    const paid = [
      line('dividend', '7.00', { happenedAt: at('2024-01-03') }),
      line('fee', '-2.00', { happenedAt: at('2024-01-03') }),
      line('withdrawal', '-100.00', { happenedAt: at('2024-01-04') }),
    ];
    const [, last] = dailyValues(history({ ledger: [deposit, ...paid] }));
    expect(last).toMatchObject({ day: '2024-01-05', value: 905, deposited: 0, withdrawn: 100 });
    expect(last?.positions.size).toBe(0);
  });

  it("states each position's gain, and its capital", () => {
    const ledger = [
      deposit,
      trade('buy', '5', '100', '-501.00', { on: '2024-01-03' }),
      line('dividend', '4.00', { isin: ALPHA, symbol: 'ALPHA', happenedAt: at('2024-01-04') }),
      trade('sell', '5', '103', '514.00', { on: '2024-01-05' }),
      trade('transfer-in', '1', '103', '0', { on: '2024-01-05' }),
    ];
    const closes = { '2024-01-02': 99, '2024-01-03': 100, '2024-01-04': 102, '2024-01-05': 103 };
    const values = dailyValues(history({ ledger, series: new Map([series(ALPHA, closes)]) }));
    expect(values.map(({ positions }) => positions.get(ALPHA))).toEqual([
      undefined,
      { gain: -1, invested: 501, value: 500 },
      { gain: 14, invested: 500, value: 510 },
      { gain: 4, invested: 613, value: 103 },
    ]);
  });

  it('is empty before anything moved', () => {
    expect(dailyValues(history({}))).toEqual([]);
  });
});
