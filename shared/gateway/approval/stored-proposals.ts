/** Reader of what became of the plans that were put to the owner. */
import type { AccountId } from '#shared/kernel/identifiers.ts';
import type { Plan } from '#shared/planning/model/plan.ts';
import type { Database } from '#shared/redis/database.ts';
import { isGivenUp } from '../model/proposal.ts';
import { ProposalStore } from './proposal-store.ts';

/**
 * Plans that are still meant. A proposal is closed before its plan's status follows; a process that ends in between
 * leaves a READY plan that its owner has rejected or changed.
 */
export async function plansStillMeant(
  database: Database,
  account: AccountId,
  plans: readonly Plan[],
): Promise<readonly Plan[]> {
  const proposals = await new ProposalStore(database, account).all();
  return plans.filter((plan) => !isGivenUp(plan, proposals));
}
