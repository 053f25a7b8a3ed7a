/**
 * The ledger, where a statement may report other lots for sales that are booked, or cancels a trade that may be; else
 * nothing.
 */
import type { BrokerFill, BrokerStatement } from '#shared/clients/broker/broker.ts';
import { RunningFold } from '#shared/kernel/collections/running-fold.ts';
import type { AccountId } from '#shared/kernel/identifiers.ts';
import type { Dependencies } from '#shared/runtime/context.ts';
import type { Book, LedgerEntry } from '../model/book.ts';
import type { LotMethod } from '../model/lots.ts';
import { cancellingFills } from '../model/reconciliation/cancelled-trades.ts';
import { StoredBook } from '../stored-book.ts';

export async function ledgerToCompare(
  { database, baseCurrency }: Pick<Dependencies, 'database' | 'baseCurrency'>,
  accountId: AccountId,
  { fills }: BrokerStatement,
  { booked }: Book,
  lotMethod: LotMethod,
): Promise<readonly LedgerEntry[]> {
  const isCancelled = cancellingFills(fills).some(({ fillId }) => !booked.has(`fill-${fillId}`));
  if (!isCancelled && (lotMethod !== 'specific' || !lotsIn.of(fills).areReported)) return [];
  return new StoredBook(database, baseCurrency).ledger(accountId);
}

const lotsIn = new RunningFold<BrokerFill, { areReported: boolean }>(
  () => ({ areReported: false }),
  (lots, { closedLots }) => {
    if (closedLots !== undefined) lots.areReported = true;
  },
);
