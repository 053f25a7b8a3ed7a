/** The overview of an account, loaded and put together. */
import type { GetOverviewResponse } from '#protos/gen/overview.ts';
import type { AccountId } from '#shared/kernel/identifiers.ts';
import type { Context } from '#shared/runtime/context.ts';
import { loadHouse } from './house.ts';
import { loadAccountFacts, loadHistory } from './load-account.ts';
import { overviewOf, type OverviewRequest } from './overview.ts';

const ALL: OverviewRequest = { pointsMax: 0, rowsMax: 0, ledgerOffset: 0, historyDays: 0 };

/** @throws Failure NOT_FOUND for an account that was not opened */
export async function loadOverview(
  context: Context,
  { accountId, ...request }: Partial<OverviewRequest> & { readonly accountId: AccountId },
): Promise<GetOverviewResponse> {
  const [facts, house] = await Promise.all([
    loadAccountFacts(context, accountId),
    loadHouse(context),
  ]);
  const history = await loadHistory(context, facts, context.marketData.benchmark);
  return overviewOf({ ...ALL, ...request }, facts, history, house, context);
}
