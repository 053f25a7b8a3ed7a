/**
 * The answer of a token: approves or rejects the plan that it was made for, once. Over HTTP the token
 * is the only credential; the plan itself is not answered.
 *
 * @throws Failure NOT_ALLOWED for a token that does not work (any more); else as ApprovePlan and
 *   RejectPlan
 */
import { gateway } from '#shared/contract/gateway.ts';
import { findToken } from '#shared/gateway/approval/answer-tokens.ts';
import { handle } from '#shared/runtime/handle.ts';

export default handle(gateway.answerProposal, async ({ token: given }, context) => {
  const { database, baseCurrency, functions } = context;
  const { account, proposal, token } = await findToken(database, baseCurrency, given);
  const request = {
    accountId: account,
    planId: proposal.planId,
    digest: proposal.digest,
    answeredBy: token.recipient,
    surface: 'message',
  };
  const options = context.callOptions();
  // Whoever pressed the button: the audit has it beside the caller that brought the press.
  const by = [options.actor, `answer of ${token.recipient}`].filter(Boolean).join(', ');
  const asked = { ...options, actor: by };
  const { success, message, cycleId } =
    token.verb === 'approve'
      ? await functions.call(gateway.approvePlan, request, asked)
      : await functions.call(gateway.rejectPlan, request, asked);
  return { success, message, proposal: undefined, cycleId };
});
