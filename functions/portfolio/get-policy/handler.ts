/**
 * Answers the investment policy in force (`version` 0) or an earlier version: the document as it was
 * written, the same with everything it leaves open filled from the settings, and what the account
 * breaks of it. `file_error` is set while the policy's file is wrong; the last version that was right
 * is answered then, and nothing is planned or traded until the file is mended.
 *
 * @throws Failure NOT_FOUND for an account or a version that there is not
 */
import { portfolio } from '#shared/contract/portfolio.ts';
import { notFound } from '#shared/kernel/failure.ts';
import { Accounts } from '#shared/portfolio/accounts.ts';
import { effectivePolicy, type InvestmentPolicy } from '#shared/portfolio/model/policy/policy.ts';
import { defaultPolicy } from '#shared/portfolio/policy/default-policy.ts';
import { policyFindings } from '#shared/portfolio/policy/policy-findings.ts';
import { lastPolicy, policyToday } from '#shared/portfolio/policy/policy-in-force.ts';
import { policyJson, policyMessage } from '#shared/portfolio/policy/policy-message.ts';
import { PolicyStore } from '#shared/portfolio/policy/policy-store.ts';
import { handle } from '#shared/runtime/handle.ts';

export default handle(portfolio.getPolicy, async ({ accountId, version }, context) => {
  await new Accounts(context.database, context.baseCurrency).require(accountId);
  const inForce = await lastPolicy(context, accountId);
  const defaults = defaultPolicy(context.settings);
  const stored =
    version === 0
      ? inForce.stored
      : await new PolicyStore(context.database).version(accountId, version);
  if (version > 0 && !stored) throw notFound('version of the policy', String(version));
  const stated = stored && (await parsed(stored.document));
  const policy = stated ? effectivePolicy(policyToday(context, stated), defaults) : defaults;
  return {
    policy: policyMessage(stored),
    effectiveJson: policyJson(policy),
    defaultsJson: policyJson(defaults),
    file: inForce.file ?? String(inForce.fileError?.facts['path'] ?? ''),
    fileError: inForce.fileError?.message ?? '',
    ...(await policyFindings(context, accountId, policy, stated)),
  };
});

/** YAML is loaded only where something is written. */
async function parsed(document: string): Promise<InvestmentPolicy> {
  const { parsePolicy } = await import('#shared/portfolio/policy/policy-document.ts');
  return parsePolicy(document, 'policy');
}
