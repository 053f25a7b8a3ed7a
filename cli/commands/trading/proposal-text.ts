/** A proposal for a person. */
import type { Proposal } from '#protos/gen/gateway.ts';
import { fromTimestamp, isoText } from '#shared/kernel/instant.ts';

export function proposalText(proposal: Proposal): string {
  const { planId, digest, state, because, expiresAt, plan, reason } = proposal;
  const until = expiresAt ? `, until ${isoText(fromTimestamp(expiresAt))}` : '';
  const orders = (plan?.actions ?? []).map(
    ({ side, quantity, symbol, estimatedPrice, value }) =>
      `  ${side.padEnd(4)} ${quantity} ${symbol} at ${money(estimatedPrice)} (${money(value)})`,
  );
  return [
    `${planId}  ${state}${until}  digest ${digest.slice(0, 8)}`,
    ...because.map((one) => `  because ${one}`),
    ...(reason ? [`  reason: ${reason}`] : []),
    ...orders,
    ...(plan
      ? [`  costs ${money(plan.expectedCost)}; cash afterwards ${money(plan.cashAfter)}`]
      : []),
  ].join('\n');
}

export function money(amount: { amount: string; currency: string } | undefined): string {
  return amount ? `${amount.currency} ${amount.amount}` : '—';
}
