/**
 * Puts another plan in the place of one that waits for an answer: orders of it reduced or left out, never
 * more and never others. Costs, cash, shares of the value and reasons are computed anew at the present
 * prices, and every limit is checked. The changed plan waits under the same deadline and is answered by its
 * own digest; the other one can no longer be approved. A `dry_run` answers both plans and changes nothing.
 *
 * @throws Failure NOT_FOUND; INVALID_REQUEST digest, `quantities.<ISIN>`; REFUSED proposal-state,
 *   proposal-expired, stale-portfolio, nothing-left, order-gone, limit-broken
 */
import { gateway } from '#shared/contract/gateway.ts';
import { planning } from '#shared/contract/planning.ts';
import { changeable, planLeft, propose } from '#shared/gateway/approval/plan-change.ts';
import { proposalMessage } from '#shared/gateway/approval/proposal-message.ts';
import { ProposalStore } from '#shared/gateway/approval/proposal-store.ts';
import type { PlanId } from '#shared/kernel/identifiers.ts';
import { Accounts } from '#shared/portfolio/accounts.ts';
import { handle } from '#shared/runtime/handle.ts';

export default handle(gateway.changePlan, async (request, context) => {
  const { accountId, planId, dryRun } = request;
  await new Accounts(context.database, context.baseCurrency).require(accountId);
  const store = new ProposalStore(context.database, accountId);
  const original = await changeable(store, request, context);
  const { plan: before } = await context.functions.call(
    planning.getPlan,
    { planId },
    context.callOptions(),
  );
  const after = await planLeft(context, request);
  if (dryRun)
    return {
      success: true,
      message: `Nothing is changed yet. ${after.summary}`,
      ...{ before, after, proposal: undefined },
    };
  const proposal = await propose(context, original, after.id as PlanId, request);
  return {
    success: true,
    message: `The plan ${after.id} takes the place of ${planId} and waits for your answer.`,
    ...{ before, after, proposal: await proposalMessage(context, accountId, proposal) },
  };
});
