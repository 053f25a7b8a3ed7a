/**
 * Replaces the investment policy by another version, effective from the next call on. `document` is
 * the whole policy; what it leaves out is left to the settings. A dry run stores nothing and answers
 * the same: every value that changes, and what the account breaks under the new policy.
 *
 * Versions are kept for ever. A policy file stays adopted as it was: it becomes a version again only
 * when its text changes.
 *
 * @throws Failure INVALID_REQUEST naming each wrong value as `document.limits.sectorMaxRatio`;
 * REFUSED policy-changed when another version than `expected_version` is in force
 */
import { portfolio } from '#shared/contract/portfolio.ts';
import type { RequestOf } from '#shared/contract/row.ts';
import { refused } from '#shared/kernel/failure.ts';
import { Accounts } from '#shared/portfolio/accounts.ts';
import { policyChanges } from '#shared/portfolio/model/policy/policy-changes.ts';
import { effectivePolicy } from '#shared/portfolio/model/policy/policy.ts';
import { defaultPolicy } from '#shared/portfolio/policy/default-policy.ts';
import { parseWrittenPolicy } from '#shared/portfolio/policy/policy-document.ts';
import { policyFindings } from '#shared/portfolio/policy/policy-findings.ts';
import {
  lastPolicy,
  policyToday,
  type PolicyInForce,
} from '#shared/portfolio/policy/policy-in-force.ts';
import { policyJson } from '#shared/portfolio/policy/policy-message.ts';
import { PolicyStore } from '#shared/portfolio/policy/policy-store.ts';
import type { Context } from '#shared/runtime/context.ts';
import { handle } from '#shared/runtime/handle.ts';

type Request = RequestOf<typeof portfolio.updatePolicy>;

export default handle(portfolio.updatePolicy, async (request, context) => {
  const { accountId, document, dryRun } = request;
  await new Accounts(context.database, context.baseCurrency).require(accountId);
  const stated = parseWrittenPolicy(document, 'document');
  const policy = effectivePolicy(policyToday(context, stated), defaultPolicy(context.settings));
  const before = await lastPolicy(context, accountId);
  const isRepeat = before.stored?.madeBy === context.idempotencyKey;
  if (!isRepeat && before.version !== request.expectedVersion) throw changed(before.version);
  if (!dryRun && !isRepeat) await save(request, before, context);
  const version = dryRun || isRepeat ? before.version : before.version + 1;
  return {
    success: true,
    version,
    message: dryRun
      ? `Nothing is stored; version ${version} stays in force.`
      : `Version ${version} of the policy is in force.`,
    changes: [...policyChanges(before.policy, policy)],
    effectiveJson: policyJson(policy),
    ...(await policyFindings(context, accountId, policy, stated)),
  };
});

async function save(
  { accountId, document, note }: Request,
  { version, stored }: PolicyInForce,
  context: Context,
): Promise<void> {
  const isStored = await new PolicyStore(context.database).add(accountId, {
    version: version + 1,
    document,
    changedAt: context.now(),
    source: 'operation',
    note,
    fileHash: stored?.fileHash,
    madeBy: context.idempotencyKey,
  });
  if (!isStored) throw changed(undefined);
}

function changed(version: number | undefined) {
  const now = version === undefined ? 'Another version' : `Version ${version}`;
  const detail = `expectedVersion: ${now} of the policy is in force; read it and decide again.`;
  return refused('policy-changed', detail, { field: 'expectedVersion', version });
}
