/** The overview of an account, loaded and put together. */
import type { GetOverviewResponse } from '#protos/gen/overview.ts';
import type { AccountId } from '#shared/kernel/identifiers.ts';
import type { Context } from '#shared/runtime/context.ts';
import { loadSystem } from './system-facts.ts';
import { historyPart } from './history-cache.ts';
import { loadAccountFacts } from './load-account.ts';
import type { OverviewRequest } from './overview.ts';

const POINTS_DEFAULT = 360;
const ALL: OverviewRequest = { pointsMax: 0, rowsMax: 0, ledgerOffset: 0, historyDays: 0 };

/** @throws Failure NOT_FOUND for an account that was not opened */
export async function loadOverview(
  context: Context,
  { accountId, ...request }: Partial<OverviewRequest> & { readonly accountId: AccountId },
): Promise<GetOverviewResponse> {
  const [facts, system] = await Promise.all([
    loadAccountFacts(context, accountId),
    loadSystem(context),
  ]);
  const options = { ...ALL, ...request };
  const { historyDays } = options;
  const pointsMax = options.pointsMax || POINTS_DEFAULT;
  const history = await historyPart(context, facts, { pointsMax, historyDays });
  // With the tables of all exchanges.
  const { overviewOf } = await import('./overview.ts');
  return overviewOf(options, facts, history, system, context);
}
