/** What rows of cash have in common, whatever a broker calls them. */
import type { Decimal } from '#shared/kernel/decimal.ts';
import type { TransactionKind } from './transaction.ts';

/**
 * Money of the person comes or goes by its sign, whatever the row is called: a card's refund is a deposit. Shares that
 * come without cash, as a gift, are delivered.
 */
export function flowKind(
  kind: TransactionKind,
  cash: Decimal,
  shares: Decimal | undefined,
): TransactionKind {
  if (kind !== 'deposit' && kind !== 'withdrawal') return kind;
  if (cash.sign === 0 && shares && shares.sign !== 0)
    return shares.sign < 0 ? 'transfer-out' : 'transfer-in';
  return cash.sign < 0 ? 'withdrawal' : cash.sign > 0 ? 'deposit' : kind;
}

/** Why a row of an unknown kind is left out, and what to do. */
export function unknownRow(what: string, cash: Decimal, currency: string): string {
  if (cash.sign === 0) return `${what} is not booked; it moves no cash`;
  const command = cash.sign < 0 ? 'withdraw' : 'deposit';
  return `${what} is not booked: it moves ${cash.normalize()} ${currency}, to be entered by trader ${command} where it is money of yours`;
}
