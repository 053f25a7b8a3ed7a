/**
 * Sets how far the system may act alone for an account. A step down needs nothing but the level. A
 * step up needs its confirmation word for word, and `within-limits` the limits in the policy.
 *
 * @throws Failure NOT_FOUND; INVALID_REQUEST confirmation; REFUSED trust-limits
 */
import { gateway } from '#shared/contract/gateway.ts';
import { trustMessage } from '#shared/gateway/approval/proposal-message.ts';
import { trustOf, TrustStore, type Trust } from '#shared/gateway/approval/trust-store.ts';
import { isStepUp, missingLimits, requiredConfirmation } from '#shared/gateway/model/trust.ts';
import { invalidRequest, refused } from '#shared/kernel/failure.ts';
import { Accounts } from '#shared/portfolio/accounts.ts';
import type { TrustLevel } from '#shared/kernel/trust-level.ts';
import { handle } from '#shared/runtime/handle.ts';

export default handle(gateway.setTrust, async (request, context) => {
  const { accountId, level, confirmation, reason, setBy: by } = request;
  await new Accounts(context.database, context.baseCurrency).require(accountId);
  const before = await trustOf(context, accountId);
  if (isStepUp(before.granted, level)) requireStepUp(before, accountId, level, confirmation);
  if (level !== before.granted) {
    const step = { level, at: context.now(), by, reason };
    await new TrustStore(context.database).add(accountId, step);
    context.log.warn('trust-set', {
      account: accountId,
      granted: level,
      before: before.granted,
    });
  }
  const after = await trustOf(context, accountId);
  return trustMessage(after, textOf(after), after.level === level);
});

function requireStepUp(
  { limits }: Trust,
  account: string,
  level: TrustLevel,
  confirmation: string,
): void {
  const required = requiredConfirmation(account, level);
  if (confirmation !== required)
    throw invalidRequest({ field: 'confirmation', message: `a step up needs: ${required}` });
  const missing = level === 'within-limits' ? missingLimits(limits) : [];
  if (missing.length > 0)
    throw refused(
      'trust-limits',
      `The policy has to state ${missing.map((name) => `trust.${name}`).join(' and ')} first.`,
      { missing },
    );
}

function textOf({ level, granted, ceiling }: Trust): string {
  if (level === granted) return `The level of trust is ${level}.`;
  return `The level ${granted} is granted, but the policy allows ${ceiling ?? level} at most, which is in force.`;
}
