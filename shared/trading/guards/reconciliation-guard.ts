/** Halts trading while an account and its broker differ since the start. */
import { Accounts } from '#shared/portfolio/accounts.ts';
import {
  ReconciliationRecord,
  type StoredDifferences,
} from '#shared/portfolio/reconciliation/reconciliation-record.ts';
import { textOf } from '#shared/portfolio/model/reconciliation/differences.ts';
import { isGated } from '#shared/portfolio/reconciliation/start-up-checks.ts';
import type { AccountId } from '#shared/kernel/identifiers.ts';
import type { Dependencies } from '#shared/runtime/context.ts';
import type { TradingReason } from '../model/trading-control.ts';
import type { TradingGuard } from './trading-guard.ts';

type Sources = Pick<Dependencies, 'database' | 'baseCurrency' | 'broker'>;

export interface OpenDifferences extends StoredDifferences {
  readonly accountId: AccountId;
}

/** Of every account; `found` is empty where nothing is open. */
export async function allDifferences({
  database,
  baseCurrency,
}: Sources): Promise<readonly OpenDifferences[]> {
  const store = new ReconciliationRecord(database);
  const accounts = await new Accounts(database, baseCurrency).ids();
  return Promise.all(
    accounts.map(async (accountId) => ({ accountId, ...(await store.read(accountId)) })),
  );
}

export function reconciliationGuard(sources: Sources): TradingGuard {
  return async () => {
    if (!isGated(sources.broker)) return { reasons: [] };
    const store = new ReconciliationRecord(sources.database);
    const all = await allDifferences(sources);
    return {
      reasons: all.filter(({ found }) => found.length > 0).map(reasonOf),
      unchanged: all.map((one) => store.unchanged(one.accountId, one)),
    };
  };
}

function reasonOf({ accountId, found }: OpenDifferences): TradingReason {
  const lines = found.map((one) => textOf(one).message).join('; ');
  return {
    code: 'not-reconciled',
    state: 'HALTED',
    message: `the account ${accountId} differs from its broker since the start: ${lines}`,
  };
}
