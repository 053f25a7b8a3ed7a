import { parseDay, epochDay } from '#shared/kernel/calendar-day.ts';
import { parseCurrency } from '#shared/kernel/currency.ts';
import { rateOver, routes, seriesOver } from '#shared/universe/model/exchange-rates.ts';

const [EUR, USD, GBP, JPY] = ['EUR', 'USD', 'GBP', 'JPY'].map(parseCurrency) as [
  ReturnType<typeof parseCurrency>,
  ReturnType<typeof parseCurrency>,
  ReturnType<typeof parseCurrency>,
  ReturnType<typeof parseCurrency>,
];
const pairs = [
  [USD, EUR],
  [GBP, EUR],
] as const;

function rates(entries: Record<string, number>) {
  return {
    days: Int32Array.from(Object.keys(entries), (day) => epochDay(parseDay(day))),
    rates: Float64Array.from(Object.values(entries)),
  };
}

const usd = rates({ '2024-03-01': 0.9, '2024-03-04': 0.92 });
const gbp = rates({ '2024-03-01': 1.17, '2024-03-05': 1.18 });

describe('exchange rates from stored pairs', () => {
  test('finds the pair, its inverse, and the way through a common currency', () => {
    expect(routes(pairs, USD, EUR)).toEqual([[{ pair: [USD, EUR], inverse: false }]]);
    expect(routes(pairs, EUR, USD)).toEqual([[{ pair: [USD, EUR], inverse: true }]]);
    expect(routes(pairs, GBP, USD)).toEqual([
      [
        { pair: [GBP, EUR], inverse: false },
        { pair: [USD, EUR], inverse: true },
      ],
    ]);
    expect(routes(pairs, JPY, EUR)).toEqual([]);
  });

  test('answers the last rate on or before the day, exactly and dated', () => {
    const direct = [{ series: usd, inverse: false }];
    expect(rateOver(direct, USD, EUR, parseDay('2024-03-03'))).toMatchObject({
      from: USD,
      to: EUR,
      day: '2024-03-01',
    });
    expect(rateOver(direct, USD, EUR, undefined)?.rate.toString()).toBe('0.92');
    expect(rateOver(direct, USD, EUR, parseDay('2024-02-29'))).toBeUndefined();
  });

  test('divides to twelve decimals, and dates a cross by its older leg', () => {
    const inverse = rateOver([{ series: usd, inverse: true }], EUR, USD, undefined);
    expect(inverse?.rate.toString()).toBe('1.086956521739');
    const legs = [
      { series: gbp, inverse: false },
      { series: usd, inverse: true },
    ];
    expect(rateOver(legs, GBP, USD, undefined)).toMatchObject({ day: '2024-03-04' });
    expect(rateOver(legs, GBP, USD, undefined)?.rate.toString()).toBe('1.282608695652');
  });

  test('answers no rate where a leg has none', () => {
    const legs = [
      { series: gbp, inverse: false },
      { series: rates({}), inverse: true },
    ];
    expect(rateOver(legs, GBP, USD, undefined)).toBeUndefined();
    expect(seriesOver(legs).days.length).toBe(0);
  });

  test('follows a cross over time on the days of its first leg', () => {
    const series = seriesOver([
      { series: gbp, inverse: false },
      { series: usd, inverse: true },
    ]);
    expect(Array.from(series.days)).toEqual(Array.from(gbp.days));
    expect(series.rates[1]).toBeCloseTo(1.18 / 0.92, 12);
  });
});
