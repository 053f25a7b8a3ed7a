/**
 * The ledger, where a statement may report other lots for sales that are booked, or cancels a trade that may be; else
 * nothing.
 */
import type { BrokerStatement } from '#shared/clients/broker/broker.ts';
import type { AccountId } from '#shared/kernel/identifiers.ts';
import type { Dependencies } from '#shared/runtime/context.ts';
import type { Book, LedgerEntry } from '../model/book.ts';
import type { LotMethod } from '../model/lots.ts';
import { StoredBook } from '../stored-book.ts';

export async function ledgerToCompare(
  { database, baseCurrency }: Pick<Dependencies, 'database' | 'baseCurrency'>,
  accountId: AccountId,
  { fills }: BrokerStatement,
  { booked }: Book,
  lotMethod: LotMethod,
): Promise<readonly LedgerEntry[]> {
  const isReported = fills.some(({ closedLots }) => closedLots !== undefined);
  const isCancelled = fills.some(
    ({ fillId, cancels }) => cancels !== undefined && !booked.has(`fill-${fillId}`),
  );
  if (!isCancelled && (lotMethod !== 'specific' || !isReported)) return [];
  return new StoredBook(database, baseCurrency).ledger(accountId);
}
