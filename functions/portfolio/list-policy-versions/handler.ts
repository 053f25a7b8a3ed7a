/** Lists the versions of an account's investment policy, newest first; none is ever changed. */
import { portfolio } from '#shared/contract/portfolio.ts';
import { Accounts } from '#shared/portfolio/accounts.ts';
import { lastPolicy } from '#shared/portfolio/policy/policy-in-force.ts';
import { policyMessage } from '#shared/portfolio/policy/policy-message.ts';
import { PolicyStore } from '#shared/portfolio/policy/policy-store.ts';
import { handle } from '#shared/runtime/handle.ts';

export default handle(portfolio.listPolicyVersions, async ({ accountId, ...page }, context) => {
  await new Accounts(context.database, context.baseCurrency).require(accountId);
  // A file that has changed becomes a version first.
  await lastPolicy(context, accountId);
  const { versions, total } = await new PolicyStore(context.database).versions(accountId, page);
  return { versions: versions.map(policyMessage), total };
});
