/**
 * What an account's book and its broker differ in since the start, beyond what the broker's movements explain.
 * Nothing is traded until each difference is explained or a person has confirmed it.
 */
import type { Decimal } from '#shared/kernel/decimal.ts';
import { shortHash } from '#shared/kernel/hash.ts';
import type { Instant } from '#shared/kernel/instant.ts';
import type { LedgerEntry } from '../book.ts';

export const differenceKinds = ['cash', 'shares', 'unknown-order', 'missing-order'] as const;
export type DifferenceKind = (typeof differenceKinds)[number];

export interface Difference {
  readonly kind: DifferenceKind;
  /** Currency of the cash, ISIN of the shares, the order. */
  readonly subject: string;
  /** What the broker has more than the book did. */
  readonly change: Decimal;
  /** For a person: symbol and the like. */
  readonly label: string;
}

export interface Differences {
  readonly foundAt: Instant;
  readonly found: readonly Difference[];
}

/** External lines of a sync as differences; what the later ones take back is explained. */
export function afterSync(
  before: readonly Difference[],
  external: readonly LedgerEntry[],
): readonly Difference[] {
  const sums = new Map(before.map((one) => [keyOf(one), one]));
  for (const one of external.flatMap(differenceOf)) {
    const known = sums.get(keyOf(one));
    sums.set(keyOf(one), known ? { ...one, change: known.change.add(one.change) } : one);
  }
  return [...sums.values()].filter(({ kind, change }) => isOrder(kind) || change.sign !== 0);
}

/** The same with other orders. */
export function withOrders(
  before: readonly Difference[],
  orders: readonly Difference[],
): readonly Difference[] {
  return [...before.filter(({ kind }) => !isOrder(kind)), ...orders];
}

/** Names exactly these differences. */
export function digestOf({ found }: Pick<Differences, 'found'>): string {
  const lines = found.map((one) => `${keyOf(one)} ${one.change.normalize().toString()}`);
  return shortHash(lines.sort());
}

/** One sentence without a full stop, and what to do. */
export function textOf(difference: Difference): {
  readonly message: string;
  readonly action: string;
} {
  const { kind, subject, change, label } = difference;
  const signed = `${change.sign > 0 ? '+' : ''}${change.normalize().toString()}`;
  switch (kind) {
    case 'cash':
      return {
        message: `cash at the broker: ${signed} ${subject} that no movement explains`,
        action: `look for a deposit, withdrawal, fee or trade of that amount at the broker; ${CONFIRM}`,
      };
    case 'shares':
      return {
        message: `${label} (${subject}) at the broker: ${signed} shares that no movement explains`,
        action: `look for a delivery, a corporate action or a trade by hand; ${CONFIRM}`,
      };
    case 'unknown-order':
      return {
        message: `open order ${subject} at the broker that nobody here sent: ${label}`,
        action: `cancel it at the broker if it is not yours; ${CONFIRM}`,
      };
    case 'missing-order':
      return {
        message: `order ${subject} counts as open here, and the broker does not show it: ${label}`,
        action: `look it up at the broker; ${CONFIRM}`,
      };
  }
}

const CONFIRM = 'it ends by itself once it is explained, or confirm it with trader reconcile';

function isOrder(kind: DifferenceKind): boolean {
  return kind === 'unknown-order' || kind === 'missing-order';
}

function keyOf({ kind, subject }: Difference): string {
  return `${kind} ${subject}`;
}

function differenceOf(line: LedgerEntry): Difference[] {
  const { kind, isin, symbol = '', quantity, cash } = line;
  if (kind === 'external-cash')
    return [{ kind: 'cash', subject: cash.currency, change: cash.amount, label: 'cash' }];
  if (isin === undefined || !quantity) return [];
  const shares = { kind: 'shares', subject: isin, label: symbol } as const;
  if (kind === 'external-in') return [{ ...shares, change: quantity }];
  if (kind === 'external-out') return [{ ...shares, change: quantity.negate() }];
  return [];
}
