import { pendingDeposits } from '#shared/gateway/model/pending-deposits.ts';
import { parseCurrency } from '#shared/kernel/currency.ts';
import { DAY_MS, instantOf } from '#shared/kernel/instant.ts';
import { Money } from '#shared/kernel/money.ts';

const EUR = parseCurrency('EUR');
const announced = (amount: string, day: number) => ({
  ...{ amount: Money.parse(amount, 'EUR'), recordedAt: instantOf(day * DAY_MS) },
});
const booked = (amount: string, day: number) => ({
  ...{ cash: Money.parse(amount, 'EUR'), recordedAt: instantOf(day * DAY_MS) },
});
const pending = (
  some: readonly ReturnType<typeof announced>[],
  came: readonly ReturnType<typeof booked>[],
  day = 10,
) => pendingDeposits(some, came, EUR, instantOf(day * DAY_MS)).amount.toString();

describe('deposits that were announced', () => {
  it('are pending until one of the same amount is booked', () => {
    expect(pending([announced('100.00', 1)], [])).toBe('100.00');
    expect(pending([announced('100.00', 1)], [booked('99.99', 2)])).toBe('100.00');
    expect(pending([announced('100.00', 1)], [booked('100.00', 2)])).toBe('0.00');
  });

  it('are not settled by what was booked before', () => {
    expect(pending([announced('100.00', 3)], [booked('100.00', 2)])).toBe('100.00');
  });

  it('are settled one by one', () => {
    const twice = [announced('100.00', 1), announced('100.00', 2)];
    expect(pending(twice, [booked('100.00', 3)])).toBe('100.00');
    expect(pending(twice, [booked('100.00', 3), booked('100.00', 4)])).toBe('0.00');
  });

  it('are no longer awaited after a month', () => {
    expect(pending([announced('100.00', 1)], [], 31)).toBe('100.00');
    expect(pending([announced('100.00', 1)], [], 32)).toBe('0.00');
  });
});
