/** Returns by security and year, against a computation of their own from prices, trades and dividends. */
import { addDays, daysBetween, epochDay, type CalendarDay } from '#shared/kernel/calendar-day.ts';
import { integerBelow, seededRandom } from '#shared/kernel/random.ts';
import type { LedgerEntry } from '#shared/portfolio/model/book.ts';
import { windowFrom } from '#shared/portfolio/model/performance/performance.ts';
import { dailyValues, type History } from '#shared/portfolio/model/value-history.ts';
import { yearPerformances } from '#shared/portfolio/model/performance/year-performance.ts';
import { ALPHA } from '../../support/markets/set-market.ts';
import { at, day, EUR, line, trade } from './lines.ts';

const FIRST = day('2022-11-01');
const DAYS = 500;

interface Drawn {
  readonly days: readonly CalendarDay[];
  readonly closes: readonly number[];
  readonly trades: readonly {
    readonly at: number;
    readonly shares: number;
    readonly cash: number;
  }[];
  readonly dividends: readonly { readonly at: number; readonly cash: number }[];
}

/** Prices of a year and a half with purchases, partial sales and dividends. */
function drawn(seed: string): Drawn {
  const random = seededRandom(seed);
  const days = Array.from({ length: DAYS }, (_, i) => addDays(FIRST, i));
  let close = 50;
  const closes = days.map(() => (close *= 1 + 0.02 * (random() - 0.48)));
  let held = 0;
  const trades = Array.from({ length: 6 }, (_, k) => {
    const index = 5 + 70 * k + integerBelow(random, 40);
    const shares = k % 3 === 2 ? -integerBelow(random, held) : 10 + integerBelow(random, 20);
    held += shares;
    const fee = 1.5;
    return { at: index, shares, cash: -round(shares * (closes[index] ?? 0)) - fee };
  });
  const dividends = [120, 300, 430].map((index) => ({ at: index, cash: 7.5 }));
  return { days, closes, trades, dividends };
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}

function historyOf({ days, closes, trades, dividends }: Drawn): History {
  const on = (index: number) => days[index] ?? FIRST;
  const ledger: LedgerEntry[] = [
    line('deposit', '100000.00', { happenedAt: at(FIRST) }),
    ...trades.map((one) =>
      trade(
        one.shares > 0 ? 'buy' : 'sell',
        String(Math.abs(one.shares)),
        (closes[one.at] ?? 0).toFixed(4),
        one.cash.toFixed(2),
        { on: on(one.at) },
      ),
    ),
    ...dividends.map((one) =>
      line('dividend', one.cash.toFixed(2), { isin: ALPHA, happenedAt: at(on(one.at)) }),
    ),
  ];
  const column = Float64Array.from(closes);
  const columns = { open: column, high: column, low: column, close: column, volume: column };
  const series = { isin: ALPHA, days: Int32Array.from(days, epochDay), ...columns };
  return {
    ...{ ledger, currencies: new Map([[ALPHA, EUR]]), rateSeries: new Map(), base: EUR },
    series: new Map([[ALPHA, { ...series, adjustedClose: column.map((value) => value * 0.9) }]]),
    today: on(DAYS - 1),
  };
}

/** By its own loop over prices: growth day by day, and the rate found by halving. */
function expected({ days, closes, trades, dividends }: Drawn, year: string) {
  let [held, growth, gain] = [0, 1, 0];
  const flows: { day: CalendarDay; amount: number }[] = [];
  days.forEach((on, i) => {
    const before = held * (closes[i - 1] ?? 0);
    const bought = trades.filter((one) => one.at === i);
    const cash = bought.map((one) => one.cash);
    const income = dividends.filter((one) => one.at === i).map((one) => one.cash);
    held += bought.reduce((sum, one) => sum + one.shares, 0);
    const after = held * (closes[i] ?? 0);
    if (!on.startsWith(year)) return;
    if (flows.length === 0 && before > 0) flows.push({ day: addDays(on, -1), amount: -before });
    const paid = cash.filter((one) => one < 0).reduce((sum, one) => sum - one, 0);
    const received = [...cash.filter((one) => one > 0), ...income].reduce((a, b) => a + b, 0);
    const earned = after + received - before - paid;
    if (before + paid > 0) growth *= 1 + earned / (before + paid);
    gain += earned;
    if (received !== paid) flows.push({ day: on, amount: received - paid });
    if (i === days.length - 1 || !days[i + 1]?.startsWith(year))
      flows.push({ day: on, amount: after });
  });
  return { returnRatio: growth - 1, gain, rate: rateOf(flows) };
}

function rateOf(flows: readonly { day: CalendarDay; amount: number }[]): number {
  const [first] = flows;
  const worth = (rate: number) =>
    flows.reduce(
      (sum, { day: on, amount }) =>
        sum + amount * (1 + rate) ** (-daysBetween(first?.day ?? on, on) / 365),
      0,
    );
  let [low, high] = [-0.95, 20];
  for (let round = 0; round < 200; round += 1) {
    const middle = (low + high) / 2;
    if (worth(middle) > 0) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

describe('a security by years', () => {
  it.each(['years-1', 'years-2', 'years-3', 'years-4'])(
    'has the time- and money-weighted return that its prices, trades and dividends give: seed %s',
    (seed) => {
      const account = drawn(seed);
      const history = historyOf(account);
      const years = yearPerformances(windowFrom(dailyValues(history), undefined), history.ledger);
      expect(years.map(({ year }) => year)).toEqual([2022, 2023, 2024]);
      for (const { year, positions, gain } of years) {
        const own = expected(account, String(year));
        const [position] = positions;
        expect(positions).toHaveLength(1);
        expect(position?.returnRatio).toBeCloseTo(own.returnRatio, 9);
        expect(position?.gain).toBeCloseTo(own.gain, 6);
        expect(gain).toBeCloseTo(own.gain, 6);
        expect(position?.moneyWeightedRatio).toBeCloseTo(own.rate, 7);
      }
    },
  );

  it('stands beside the benchmark over the same days, and the owner’s money', () => {
    const account = drawn('benchmark');
    const history = historyOf(account);
    const window = windowFrom(dailyValues(history), undefined);
    const priceOn = (on: CalendarDay) => account.closes[daysBetween(FIRST, on)];
    const [first, second] = yearPerformances(window, history.ledger, priceOn);
    const close = (text: string) => priceOn(day(text)) ?? Number.NaN;
    expect(first?.benchmarkRatio).toBeCloseTo(close('2022-12-31') / close('2022-11-01') - 1, 12);
    expect(second?.benchmarkRatio).toBeCloseTo(close('2023-12-31') / close('2022-12-31') - 1, 12);
    const start = 100_000 + (first?.gain ?? 0);
    expect(second?.moneyWeightedRatio).toBeCloseTo((second?.gain ?? 0) / start, 9);
  });

  it('states no rate of less than 30 days, and none of what was not held', () => {
    const account = drawn('short');
    const late = { ...account, dividends: [], trades: [{ at: DAYS - 10, shares: 5, cash: -300 }] };
    const history = historyOf(late);
    const years = yearPerformances(windowFrom(dailyValues(history), undefined), history.ledger);
    expect(years.map(({ positions }) => positions.length)).toEqual([0, 0, 1]);
    expect(years[2]?.positions[0]?.moneyWeightedRatio).toBeUndefined();
  });
});
