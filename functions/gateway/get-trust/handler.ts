/** Answers how far the system may act alone for an account, and every act that led there. */
import { gateway } from '#shared/contract/gateway.ts';
import { trustMessage } from '#shared/gateway/approval/proposal-message.ts';
import { trustOf } from '#shared/gateway/approval/trust-store.ts';
import { Accounts } from '#shared/portfolio/accounts.ts';
import { handle } from '#shared/runtime/handle.ts';

export default handle(gateway.getTrust, async ({ accountId }, context) => {
  await new Accounts(context.database, context.baseCurrency).require(accountId);
  return trustMessage(await trustOf(context, accountId));
});
