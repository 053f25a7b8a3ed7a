/**
 * Approves exactly the plan of a digest and queues the cycle that executes it. That cycle checks
 * everything again; where the account or the prices have moved away from the plan, it sends nothing,
 * makes a new plan and asks again.
 *
 * @throws Failure NOT_FOUND; INVALID_REQUEST digest; REFUSED trading-halted, proposal-expired,
 *   proposal-state
 */
import { gateway } from '#shared/contract/gateway.ts';
import { trading } from '#shared/contract/trading.ts';
import { queueCycle, storeAnswer } from '#shared/gateway/approval/proposal-answer.ts';
import { proposalMessage } from '#shared/gateway/approval/proposal-message.ts';
import { ProposalStore } from '#shared/gateway/approval/proposal-store.ts';
import { refused } from '#shared/kernel/failure.ts';
import { Accounts } from '#shared/portfolio/accounts.ts';
import { handle } from '#shared/runtime/handle.ts';

export default handle(gateway.approvePlan, async (request, context) => {
  const { accountId, planId, digest, answeredBy: by, surface } = request;
  await new Accounts(context.database, context.baseCurrency).require(accountId);
  const control = await context.functions.call(trading.getTradingState, {}, context.callOptions());
  if (control.state === 'HALTED')
    throw refused(
      'trading-halted',
      `Trading is HALTED: ${control.restrictions.map(({ message }) => message).join('; ')}. Nothing was approved.`,
    );
  const store = new ProposalStore(context.database, accountId);
  const answer = { verb: 'approve', planId, digest, by, surface } as const;
  const proposal = await storeAnswer(store, answer, context.now());
  const isNew = proposal.state === 'APPROVED';
  const cycleId = isNew ? await queueCycle(context, accountId, proposal) : proposal.cycleId;
  const executes = cycleId ? `the cycle ${cycleId} executes it` : 'the next cycle executes it';
  return {
    success: true,
    message: `The plan ${planId} is ${proposal.state}; ${executes}.`,
    proposal: await proposalMessage(context, accountId, proposal),
    cycleId: cycleId ?? '',
  };
});
