/** The ledger, where a statement may report other lots for sales that are booked; else nothing. */
import type { BrokerStatement } from '#shared/clients/broker/broker.ts';
import type { AccountId } from '#shared/kernel/identifiers.ts';
import type { Dependencies } from '#shared/runtime/context.ts';
import type { LedgerEntry } from '../model/book.ts';
import type { LotMethod } from '../model/lots.ts';
import { StoredBook } from '../stored-book.ts';

export async function ledgerToCompare(
  { database, baseCurrency }: Pick<Dependencies, 'database' | 'baseCurrency'>,
  accountId: AccountId,
  { fills }: BrokerStatement,
  lotMethod: LotMethod,
): Promise<readonly LedgerEntry[]> {
  const isReported = fills.some(({ closedLots }) => closedLots !== undefined);
  if (lotMethod !== 'specific' || !isReported) return [];
  return new StoredBook(database, baseCurrency).ledger(accountId);
}
