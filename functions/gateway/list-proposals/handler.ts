/**
 * Lists the plans that were put to the owner of an account, newest first, each with its plan. A
 * recorded plan comes with what was done in the account meanwhile.
 *
 * @throws Failure NOT_FOUND for an unknown account
 */
import { gateway } from '#shared/contract/gateway.ts';
import { Accounts } from '#shared/portfolio/accounts.ts';
import { proposalMessage } from '#shared/gateway/approval/proposal-message.ts';
import { ProposalStore } from '#shared/gateway/approval/proposal-store.ts';
import { handle } from '#shared/runtime/handle.ts';

export default handle(gateway.listProposals, async (request, context) => {
  const { accountId, state, limit, offset } = request;
  await new Accounts(context.database, context.baseCurrency).require(accountId);
  const all = await new ProposalStore(context.database, accountId).all();
  const matching = all.filter((one) => state === '' || one.state === state);
  const page = matching.slice(offset, offset + limit);
  return {
    proposals: await Promise.all(page.map((one) => proposalMessage(context, accountId, one))),
    total: matching.length,
  };
});
