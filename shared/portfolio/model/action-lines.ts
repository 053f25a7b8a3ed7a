/** Corporate actions of a broker's statement as ledger lines. */
import { actionTerms } from '#shared/kernel/corporate-action.ts';
import { Decimal } from '#shared/kernel/decimal.ts';
import type { Instant } from '#shared/kernel/instant.ts';
import type { Isin } from '#shared/kernel/isin.ts';
import { Money } from '#shared/kernel/money.ts';
import type { Price } from '#shared/kernel/price.ts';
import type { Quantity } from '#shared/kernel/quantity.ts';
import type { Book, LedgerEntry, RestoredLots } from './book.ts';
import { quantityHeld } from './booking.ts';
import { sharesMoved } from './ledger-lines.ts';

/** A corporate action as a broker states it; it can be booked only if it states what it changed. */
export interface ReportedAction {
  readonly actionId: string;
  readonly kind: string;
  readonly isin: Isin;
  readonly newIsin?: Isin | undefined;
  readonly newSymbol?: string | undefined;
  readonly newShares?: Decimal | undefined;
  readonly oldShares?: Decimal | undefined;
  /** Signed; without a fraction that was sold. */
  readonly sharesChange?: Decimal | undefined;
  readonly sharesReceived?: Decimal | undefined;
  readonly costRatio?: Decimal | undefined;
  readonly price?: Price | undefined;
  readonly exchangeRate?: Decimal | undefined;
  readonly cash?: Money | undefined;
  readonly fraction?: { readonly quantity: Quantity; readonly cash: Money } | undefined;
  /** The action that this one undoes, and the lots from before it. */
  readonly undoes?:
    { readonly actionId: string; readonly lots: readonly RestoredLots[] } | undefined;
  readonly source?: string | undefined;
  readonly note?: string | undefined;
  readonly happenedAt: Instant;
}

type ActionLineKind = 'split' | 'stock-dividend' | 'spin-off' | 'merger' | 'rename' | 'delisting';
const lineKinds: readonly string[] = [
  'split',
  'stock-dividend',
  'spin-off',
  'merger',
  'rename',
  'delisting',
] satisfies readonly ActionLineKind[];

export interface ActionFrame {
  readonly book: Book;
  /** Other new lines, of which those from before the action count. */
  readonly reported: readonly LedgerEntry[];
  readonly symbols: ReadonlyMap<Isin, string>;
  readonly recordedAt: Instant;
}

/** Empty for an action with too little data, or without a holding. */
export function actionLines(action: ReportedAction, frame: ActionFrame): LedgerEntry[] {
  if (action.undoes) return [undoingLine(action, action.undoes, frame)];
  const held = heldBefore(action, frame);
  if (!lineKinds.includes(action.kind) || held.sign <= 0) return [];
  const quantity = quantityAfter(action, held);
  if (quantity === null) return [];
  const { book, symbols, recordedAt } = frame;
  const { price, exchangeRate } = action;
  const at = { happenedAt: action.happenedAt, recordedAt };
  const id = `action-${action.actionId}`;
  const line: LedgerEntry = {
    id,
    kind: action.kind as ActionLineKind,
    isin: action.isin,
    symbol: symbols.get(action.isin) ?? action.isin,
    heldQuantity: held,
    ...(quantity && { quantity }),
    ...actionTerms(action),
    ...(price && { price }),
    ...(exchangeRate && { exchangeRate }),
    cash: action.cash ?? Money.zero(book.currency),
    ...originOf(action),
    ...at,
  };
  return action.fraction ? [line, fractionLine(action, action.fraction, line)] : [line];
}

function originOf({ source, note }: ReportedAction): Partial<LedgerEntry> {
  return { ...(source !== undefined && { source }), ...(note !== undefined && { note }) };
}

/** It says all of what is there afterwards, so that it does not depend on the book. */
function undoingLine(
  action: ReportedAction,
  { actionId, lots }: NonNullable<ReportedAction['undoes']>,
  { book, symbols, recordedAt }: ActionFrame,
): LedgerEntry {
  return {
    id: `action-${action.actionId}`,
    kind: action.kind as ActionLineKind,
    ...{ isin: action.isin, symbol: symbols.get(action.isin) ?? action.isin },
    ...(action.newIsin && { newIsin: action.newIsin }),
    cash: action.cash ?? Money.zero(book.currency),
    ...{ reverses: `action-${actionId}`, restores: lots },
    ...originOf(action),
    ...{ happenedAt: action.happenedAt, recordedAt },
  };
}

/** Shares that the line names; undefined where it names none, null where too little is known. */
function quantityAfter(action: ReportedAction, held: Quantity): Quantity | undefined | null {
  const fraction = action.fraction?.quantity ?? Decimal.zero;
  switch (action.kind) {
    case 'split':
    case 'stock-dividend':
      return action.sharesChange ? positive(held.add(action.sharesChange).add(fraction)) : null;
    case 'spin-off':
      return action.newIsin && action.sharesReceived
        ? positive(action.sharesReceived.add(fraction))
        : null;
    case 'merger':
      if (!action.newIsin) return action.cash ? undefined : null;
      return action.sharesReceived ? positive(action.sharesReceived.add(fraction)) : null;
    case 'rename':
      return action.newIsin || action.newSymbol !== undefined ? undefined : null;
    default:
      return undefined;
  }
}

function positive(quantity: Decimal): Quantity | null {
  return quantity.sign > 0 ? quantity.normalize() : null;
}

/** The lots from before the action, and what came and went before it among the new lines. */
function heldBefore(
  { isin, happenedAt }: ReportedAction,
  { book, reported }: ActionFrame,
): Quantity {
  const lots = book.holdings.get(isin)?.lots ?? [];
  const younger = lots
    .filter(({ acquiredAt }) => acquiredAt >= happenedAt)
    .reduce((sum, lot) => sum.add(lot.quantity), Decimal.zero);
  return reported
    .filter((line) => line.isin === isin && line.happenedAt < happenedAt)
    .reduce(
      (sum, line) => sum.add(sharesMoved(line) ?? Decimal.zero),
      quantityHeld(book, isin).subtract(younger),
    )
    .normalize();
}

function fractionLine(
  action: ReportedAction,
  { quantity, cash }: { readonly quantity: Quantity; readonly cash: Money },
  { id, symbol, newIsin, newSymbol, happenedAt, recordedAt }: LedgerEntry,
): LedgerEntry {
  const isin = newIsin ?? action.isin;
  return {
    ...{ id: `${id}-fraction`, kind: 'cash-in-lieu', isin, quantity, cash },
    symbol: newIsin ? (newSymbol ?? newIsin) : (symbol ?? isin),
    ...{ happenedAt, recordedAt },
  };
}
