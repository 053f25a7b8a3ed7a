/** What an import books, as it is answered. */
import type { ImportTransactionsResponse } from '#protos/gen/portfolio.ts';
import { Decimal } from '#shared/kernel/decimal.ts';
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
    newMovements: plan.movements.length,
    knownRows: plan.known,
    leftRows: [...plan.left],
    positions: positionsOf(plan, book),
    cashBefore: book.cash.toJSON(),
    cashAfter: plan.cashAfter.toJSON(),
  };
}

function positionsOf({ movements }: ImportPlan, book: Book) {
  const changes = new Map<string, { symbol: string; change: Decimal; before: Decimal }>();
  for (const { isin, kind, quantity, symbol = '' } of movements) {
    if (!isin || !quantity) continue;
    const known = changes.get(isin) ?? {
      symbol,
      change: Decimal.zero,
      before: quantityHeld(book, isin),
    };
    const moved = kind === 'sell' || kind === 'transfer-out' ? quantity.negate() : quantity;
    changes.set(isin, { ...known, change: known.change.add(moved) });
  }
  return [...changes].map(([isin, { symbol, change, before }]) => ({
    ...{ isin, symbol, quantityBefore: before.toString() },
    quantityAfter: before.add(change).normalize().toString(),
  }));
}
