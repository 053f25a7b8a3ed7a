/** What undoes a corporate action of an import: the lots from before it, in place of those that it made. */
import type { BookedAction, RestoredLots } from '#shared/clients/broker/broker.ts';
import { present } from '#shared/kernel/assert.ts';
import { Decimal } from '#shared/kernel/decimal.ts';
import type { Isin } from '#shared/kernel/isin.ts';
import type { Book, Holding, LedgerEntry, Lot } from '../model/book.ts';

/** Ids of lines of actions begin with it. */
export const ACTION_PREFIX = 'action-';

/** @param around the book before and after the action */
export function actionUndone(
  line: LedgerEntry,
  around: { readonly before: Book; readonly after: Book } | undefined,
  reason: string,
): BookedAction {
  const { before, after } = present(around, 'an action is a line of the ledger');
  const isin = present(line.isin, 'an action names the security');
  const actionId = line.id.slice(ACTION_PREFIX.length);
  const lots = [isin, ...(line.newIsin ? [line.newIsin] : [])].map((one) =>
    restoredLots(one, before, after, line),
  );
  const changeOf = (one: Isin | undefined) => lots.find((held) => held.isin === one)?.change;
  return {
    ...{ actionId: `reversal-${actionId}`, kind: line.kind as BookedAction['kind'], isin },
    symbol: before.holdings.get(isin)?.symbol ?? line.symbol ?? isin,
    ...(line.kind === 'split' && { newShares: line.oldShares, oldShares: line.newShares }),
    ...(line.newIsin && { newIsin: line.newIsin, sharesReceived: changeOf(line.newIsin) }),
    sharesChange: changeOf(isin),
    ...(line.cash.sign !== 0 && { cash: line.cash.negate() }),
    undoes: { actionId, lots },
    ...{ source: 'owner', note: reason, happenedAt: line.happenedAt },
  };
}

function restoredLots(isin: Isin, before: Book, after: Book, line: LedgerEntry): RestoredLots {
  const [was, is] = [before.holdings.get(isin), after.holdings.get(isin)];
  const [lotsBefore, lotsAfter] = [was?.lots ?? [], is?.lots ?? []];
  const isIn = (lots: readonly Lot[], lot: Lot): boolean => lots.some((one) => isSame(one, lot));
  const made = lotsAfter.filter((lot) => !isIn(lotsBefore, lot));
  const lots = lotsBefore.filter((lot) => !isIn(lotsAfter, lot));
  return {
    ...{ isin, symbol: was?.symbol ?? is?.symbol ?? isin, lots },
    made: made.map(({ lotId }) => lotId),
    change: sharesIn(lots).subtract(sharesIn(made)).normalize(),
    gain: realisedIn(is, line).subtract(realisedIn(was, line)),
  };
}

function isSame(a: Lot, b: Lot): boolean {
  return (
    a.lotId === b.lotId &&
    a.quantity.equals(b.quantity) &&
    a.cost.equals(b.cost) &&
    a.unitCost.amount.equals(b.unitCost.amount)
  );
}

function sharesIn(lots: readonly Lot[]): Decimal {
  return lots.reduce((sum, { quantity }) => sum.add(quantity), Decimal.zero);
}

function realisedIn(holding: Holding | undefined, { cash }: LedgerEntry) {
  return holding?.realized ?? cash.subtract(cash);
}
