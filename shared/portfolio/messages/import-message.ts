/** What an import books, as it is answered. */
import type { ImportedAction, ImportTransactionsResponse } from '#protos/gen/portfolio.ts';
import type { BookedAction } from '#shared/clients/broker/broker.ts';
import { dayOf } from '#shared/kernel/calendar-day.ts';
import { Decimal } from '#shared/kernel/decimal.ts';
import type { Isin } from '#shared/kernel/isin.ts';
import type { ImportPlan } from '../import/import-plan.ts';
import type { Book } from '../model/book.ts';
import { quantityHeld } from '../model/booking.ts';

export function importMessage(
  plan: ImportPlan,
  book: Book,
  applied: boolean,
): ImportTransactionsResponse {
  return {
    format: plan.format,
    applied,
    importId: plan.importId,
    newMovements: plan.movements.length + plan.actions.length,
    knownRows: plan.known,
    leftRows: [...plan.left],
    positions: positionsOf(plan, book),
    cashBefore: book.cash.toJSON(),
    cashAfter: plan.cashAfter.toJSON(),
    actions: plan.actions.map(actionMessage),
  };
}

function actionMessage(action: BookedAction): ImportedAction {
  const { kind, isin, symbol, happenedAt, sharesChange, newIsin, sharesReceived } = action;
  return {
    ...{ kind, isin, symbol, day: dayOf(happenedAt) },
    sharesChange: sharesChange?.toString() ?? '',
    ...{ newIsin: newIsin ?? '', sharesReceived: sharesReceived?.toString() ?? '' },
  };
}

function positionsOf({ movements, actions }: ImportPlan, book: Book) {
  const changes = new Map<Isin, { symbol: string; change: Decimal }>();
  const add = (isin: Isin, symbol: string, change: Decimal): void => {
    const known = changes.get(isin) ?? { symbol, change: Decimal.zero };
    changes.set(isin, { ...known, change: known.change.add(change) });
  };
  for (const { isin, kind, quantity, symbol = '' } of movements) {
    const isTaken = kind === 'sell' || kind === 'transfer-out';
    if (isin && quantity) add(isin, symbol, isTaken ? quantity.negate() : quantity);
  }
  for (const { isin, symbol, sharesChange, newIsin, newSymbol, sharesReceived } of actions) {
    if (sharesChange) add(isin, symbol, sharesChange);
    if (newIsin && sharesReceived) add(newIsin, newSymbol ?? newIsin, sharesReceived);
  }
  return [...changes].map(([isin, { symbol, change }]) => {
    const before = quantityHeld(book, isin);
    const quantityAfter = before.add(change).normalize().toString();
    return { isin, symbol, quantityBefore: before.toString(), quantityAfter };
  });
}
