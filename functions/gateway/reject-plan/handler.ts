/**
 * Rejects a plan, or withdraws its approval while none of its orders is under way. The same orders
 * are not proposed again for a week.
 *
 * @throws Failure NOT_FOUND; INVALID_REQUEST digest; REFUSED proposal-expired, proposal-state
 */
import { gateway } from '#shared/contract/gateway.ts';
import { storeAnswer } from '#shared/gateway/approval/proposal-answer.ts';
import { proposalMessage } from '#shared/gateway/approval/proposal-message.ts';
import { ProposalStore } from '#shared/gateway/approval/proposal-store.ts';
import { Accounts } from '#shared/portfolio/accounts.ts';
import { markPlan } from '#shared/planning/report-plan-status.ts';
import { handle } from '#shared/runtime/handle.ts';

export default handle(gateway.rejectPlan, async (request, context) => {
  const { accountId, planId, digest, answeredBy: by, surface, reason } = request;
  await new Accounts(context.database, context.baseCurrency).require(accountId);
  const store = new ProposalStore(context.database, accountId);
  const answer = { verb: 'reject', planId, digest, by, surface, reason } as const;
  const proposal = await storeAnswer(store, answer, context.now());
  await markPlan(context.database, proposal.planId, 'cancelled');
  return {
    success: true,
    message: `The plan ${planId} is rejected; none of its orders is sent.`,
    proposal: await proposalMessage(context, accountId, proposal),
    cycleId: '',
  };
});
