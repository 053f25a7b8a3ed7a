/**
 * Makes two tokens for a message to the owner of an account: one approves the plan, one rejects it.
 * Each works once, over HTTP without any other credential, until the plan is answered or its time is
 * over. A repeat with the same idempotency key makes others: only their hashes are stored.
 *
 * @throws Failure NOT_FOUND; REFUSED proposal-state where the plan does not wait for an answer
 */
import { gateway } from '#shared/contract/gateway.ts';
import { makeTokens } from '#shared/gateway/approval/answer-tokens.ts';
import { ProposalStore } from '#shared/gateway/approval/proposal-store.ts';
import { toTimestamp } from '#shared/kernel/instant.ts';
import { Accounts } from '#shared/portfolio/accounts.ts';
import { handle } from '#shared/runtime/handle.ts';

export default handle(gateway.createAnswerTokens, async (request, context) => {
  const { accountId, planId, recipient } = request;
  await new Accounts(context.database, context.baseCurrency).require(accountId);
  const store = new ProposalStore(context.database, accountId);
  const { approve, reject, proposal } = await makeTokens(store, planId, recipient);
  // Kept for a repeat of the call, the answer would have the tokens themselves in the state and its backups.
  context.answerIsOpen();
  return {
    approveToken: approve,
    rejectToken: reject,
    expiresAt: toTimestamp(proposal.expiresAt),
  };
});
