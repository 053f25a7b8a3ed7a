import { parseDay } from '#shared/kernel/calendar-day.ts';
import { Decimal } from '#shared/kernel/decimal.ts';
import { instantOf } from '#shared/kernel/instant.ts';
import { parseIsin } from '#shared/kernel/isin.ts';
import { Money } from '#shared/kernel/money.ts';
import type { LedgerEntry } from '#shared/portfolio/model/book.ts';
import { dayLoss, type DayLossInputs } from '#shared/trading/model/day-loss.ts';

const euros = (amount: string): Money => Money.parse(amount, 'EUR');
const isin = parseIsin('US0378331005');

function line(id: string, kind: LedgerEntry['kind'], cash: string, recordedAt: number) {
  const times = { happenedAt: instantOf(recordedAt), recordedAt: instantOf(recordedAt) };
  return { id, kind, cash: euros(cash), ...times };
}

const inputs: DayLossInputs = {
  today: parseDay('2025-06-11'),
  value: euros('9500'),
  valuations: [
    { day: parseDay('2025-06-09'), total: euros('8000'), recordedAt: instantOf(10) },
    { day: parseDay('2025-06-10'), total: euros('10000'), recordedAt: instantOf(20) },
    { day: parseDay('2025-06-11'), total: euros('9400'), recordedAt: instantOf(30) },
  ],
  booked: [],
  reported: [],
  inBase: (cash) =>
    cash.currency === 'EUR'
      ? cash
      : euros(cash.amount.toString()).multiply(Decimal.parse('0.5'), 'down'),
  worth: (_line, _isin, quantity) => euros(quantity.multiply(Decimal.of(10)).toString()),
};
const lost = (change: Partial<DayLossInputs> = {}) =>
  dayLoss({ ...inputs, ...change })?.amount.toEstimate();

describe('the loss of a day', () => {
  it('is measured from the last day on record', () => {
    expect(lost()).toBe(500);
    expect(lost({ value: euros('10001') })).toBe(-1);
  });

  it('is not known before the first day on record', () => {
    expect(lost({ valuations: inputs.valuations.slice(2) })).toBeUndefined();
  });

  it('is not hidden by a deposit, booked or not yet, nor made by a withdrawal', () => {
    expect(lost({ value: euros('10500'), booked: [line('a', 'deposit', '1000', 25)] })).toBe(500);
    expect(lost({ value: euros('10500'), reported: [line('a', 'deposit', '1000', 5)] })).toBe(500);
    expect(lost({ value: euros('9000'), reported: [line('a', 'withdrawal', '-500', 25)] })).toBe(
      500,
    );
  });

  it('counts a movement once, and not one of the day before', () => {
    const deposit = line('a', 'deposit', '1000', 25);
    expect(lost({ value: euros('10500'), booked: [deposit], reported: [deposit] })).toBe(500);
    const before = line('b', 'deposit', '1000', 15);
    expect(lost({ booked: [before], reported: [before] })).toBe(500);
  });

  it('takes shares that were delivered at what they are worth', () => {
    const shares = { ...line('a', 'transfer-in', '0', 25), isin, quantity: Decimal.of(50) };
    expect(lost({ value: euros('10000'), booked: [shares] })).toBe(500);
    const gone = { ...shares, kind: 'transfer-out' as const };
    expect(lost({ value: euros('9000'), booked: [gone] })).toBe(500);
  });

  it('contains dividends and fees', () => {
    expect(lost({ booked: [line('a', 'dividend', '20', 25), line('b', 'fee', '-3', 25)] })).toBe(
      500,
    );
  });
});
