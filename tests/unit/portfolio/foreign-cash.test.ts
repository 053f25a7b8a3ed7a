/** Cash in several currencies: booked line by line, valued at a rate, reconciled each by itself. */
import { parseDay } from '#shared/kernel/calendar-day.ts';
import { parseCurrency } from '#shared/kernel/currency.ts';
import { Decimal } from '#shared/kernel/decimal.ts';
import { unitRate, type ExchangeRate } from '#shared/kernel/exchange-rate.ts';
import { DEFAULT_ACCOUNT } from '#shared/kernel/identifiers.ts';
import { Money } from '#shared/kernel/money.ts';
import { allocation } from '#shared/portfolio/model/allocation.ts';
import type { Book } from '#shared/portfolio/model/book.ts';
import { bookEntries, emptyBook, postEntries } from '#shared/portfolio/model/booking.ts';
import { convertedLedger } from '#shared/portfolio/model/converted-lines.ts';
import { beancountText } from '#shared/portfolio/model/export/beancount.ts';
import { cashIn, uncountedCash } from '#shared/portfolio/model/foreign-cash.ts';
import { imbalance } from '#shared/portfolio/model/posting.ts';
import { portfolioHash } from '#shared/portfolio/model/portfolio-hash.ts';
import { reconcile, type Statement } from '#shared/portfolio/model/reconciliation/reconcile.ts';
import { accountValue, valuationOn } from '#shared/portfolio/model/valuation.ts';
import { dailyTotals } from '#shared/portfolio/model/value-history.ts';
import { at, EUR, euros, line } from './lines.ts';

const NOW = at('2024-01-09');
const USD = parseCurrency('USD');
const dollars = (amount: string) => Money.parse(amount, 'USD');
const empty = emptyBook(DEFAULT_ACCOUNT, EUR);

const flow = (
  flowId: string,
  kind: Statement['flows'][number]['kind'],
  amount: Money,
  day = '2024-01-03',
) => ({ flowId, kind, amount, happenedAt: at(day) });

function synced(book: Book, statement: Partial<Statement>) {
  const whole = { currency: 'EUR', cash: euros('0.00'), holdings: [], fills: [], flows: [] };
  const stated: Statement = { ...whole, takenAt: at('2024-01-08'), ...statement };
  return reconcile(book, stated, new Map(), { recordedAt: NOW });
}

const rate = (from: string, value: string): ExchangeRate => ({
  ...{ from: parseCurrency(from), to: EUR, rate: Decimal.parse(value) },
  day: parseDay('2024-01-08'),
});
const rates = (...known: ExchangeRate[]) =>
  new Map([unitRate(EUR, parseDay('2024-01-08')), ...known].map((one) => [one.from, one]));

describe('cash in other currencies', () => {
  const bought = [
    flow('in', 'deposit', euros('1000.00')),
    flow('a', 'conversion', euros('-900.00'), '2024-01-04'),
  ];
  const received = [
    flow('b', 'conversion', dollars('1000.00'), '2024-01-04'),
    flow('div', 'dividend', dollars('10.00'), '2024-01-05'),
    flow('tax', 'tax', dollars('-1.50'), '2024-01-05'),
  ];
  const statement = {
    cash: euros('100.00'),
    flows: bought,
    otherBalances: [{ cash: dollars('1008.50'), flows: received }],
  };
  const { book, entries, externalBooked, flowsBooked } = synced(empty, statement);

  it('is booked movement by movement, each once', () => {
    expect([flowsBooked, externalBooked]).toEqual([5, 0]);
    expect(book.cash.toString()).toBe('EUR 100.00');
    expect(book.foreignCash?.map(String)).toEqual(['USD 1008.50']);
    expect(synced(book, statement).entries).toEqual([]);
    expect(bookEntries(empty, entries).foreignCash).toEqual(book.foreignCash);
  });

  it('balances in each currency of each line', () => {
    for (const { postings } of postEntries(empty, entries).posted) {
      expect(postings).toHaveLength(2);
      expect(imbalance(postings)).toEqual([]);
    }
  });

  it('is reconciled by currency: what no movement explains is booked as external, in it', () => {
    const other = { ...statement, otherBalances: [{ cash: dollars('1000.00'), flows: received }] };
    const { entries: lines, book: after } = synced(book, other);
    expect(lines.map(({ kind, cash }) => `${kind} ${cash.toString()}`)).toEqual([
      'external-cash USD -8.50',
    ]);
    expect(cashIn(after, USD).toString()).toBe('USD 1000.00');
  });

  it('ends at nothing when the broker shows the balance no more', () => {
    const { book: after, entries: lines } = synced(book, { ...statement, otherBalances: [] });
    expect(lines.map(({ cash }) => cash.toString())).toEqual(['USD -1008.50']);
    expect(after.foreignCash).toEqual([]);
    const closed = [...received, flow('c', 'withdrawal', dollars('-1008.50'), '2024-01-06')];
    const moved = synced(book, {
      ...statement,
      otherBalances: [{ cash: dollars('0.00'), flows: closed }],
    });
    expect([moved.externalBooked, moved.book.foreignCash]).toEqual([0, []]);
  });

  it('counts in the value at its rate, beside the cash of the account', () => {
    const value = accountValue(book, new Map(), rates(rate('USD', '0.9')));
    expect(value.foreignCash.toString()).toBe('EUR 907.65');
    expect(value.total.toString()).toBe('EUR 1007.65');
    expect(allocation(value, () => undefined)).toEqual({ Cash: 1 });
  });

  it('a balance without a rate is left out and named; a debt without one is refused', () => {
    expect(accountValue(book, new Map(), rates()).total.toString()).toBe('EUR 100.00');
    expect(uncountedCash(book, rates())).toEqual([
      'USD 1008.50 is not counted in the value: there is no rate for USD.',
    ]);
    const owed = { ...book, foreignCash: [dollars('-5.00')] };
    expect(() => accountValue(owed, new Map(), rates())).toThrow(/no exchange rate/);
    expect(valuationOn(parseDay('2024-01-08'), owed, new Map(), rates(), NOW)).toBeUndefined();
  });

  it('changes the hash that a plan is bound to', () => {
    const hash = (one: Book) =>
      portfolioHash(one, [], { costs: {}, policy: {} } as unknown as Parameters<
        typeof portfolioHash
      >[2]);
    expect(hash(book)).not.toBe(hash({ ...book, foreignCash: [dollars('1008.49')] }));
    expect(hash({ ...book, foreignCash: [] })).toBe(hash({ ...book, foreignCash: undefined }));
  });

  it('is valued day by day, with what was paid in at that day’s rate', () => {
    const series = (...values: [string, number][]) => ({
      days: Int32Array.from(values, ([day]) => Date.parse(day) / 86_400_000),
      rates: Float64Array.from(values, ([, value]) => value),
    });
    const history = {
      ledger: [
        ...entries,
        { ...line('deposit', '0', { happenedAt: at('2024-01-08') }), cash: dollars('100.00') },
      ],
      today: parseDay('2024-01-09'),
      series: new Map(),
      currencies: new Map(),
      rateSeries: new Map([[USD, series(['2024-01-04', 0.9], ['2024-01-09', 0.8])]]),
      base: EUR,
    };
    const [, last] = dailyTotals(history);
    expect(last?.value).toBeCloseTo(100 + 1108.5 * 0.8);
    expect(last?.deposited).toBeCloseTo(80);
  });

  it('is converted for sums by year: at the broker’s rate, else at the day’s, else left out', () => {
    const lines = entries.map((one) =>
      one.kind === 'tax' ? { ...one, exchangeRate: Decimal.parse('0.5') } : one,
    );
    const rateOf = (_currency: string, day: string) =>
      day === '2024-01-05' ? Decimal.parse('0.9') : undefined;
    const { lines: converted, warnings } = convertedLedger(lines, EUR, rateOf);
    const sums = converted.map(({ kind, cash, paid }) => `${kind} ${cash} ${paid ?? ''}`.trim());
    expect(sums).toEqual([
      'deposit EUR 1000.00',
      'conversion EUR -900.00',
      'dividend EUR 9.00 USD 10.00',
      'tax EUR -0.75 USD -1.50',
    ]);
    expect(warnings).toEqual([
      'There is no rate from USD to EUR for 1 of its movements; they are left out.',
    ]);
  });

  it('is exported with all its currencies, and a balance of each', () => {
    const text = beancountText(postEntries(empty, entries).posted, book);
    expect(text).toContain('open Assets:Cash EUR,USD');
    expect(text).toMatch(
      /balance Assets:Cash {2}100.00 EUR\n.* balance Assets:Cash {2}1008.50 USD/,
    );
  });
});
