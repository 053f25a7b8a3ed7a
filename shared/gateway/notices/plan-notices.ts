/** A plan that waits for an answer, a reminder at half time, and that nobody answered. */
import type { Found, NoticeInputs } from './notice.ts';
import { actionsText, isRecent, moneyText, msOf, ordersText, timeText } from './wording.ts';

export function planNotices(inputs: NoticeInputs): Found[] {
  return [...waiting(inputs), ...expired(inputs)];
}

function waiting({ overview, nowMs, zone, withAmounts }: NoticeInputs): Found[] {
  const { proposal, plan } = overview;
  if (!proposal || !plan || proposal.state !== 'PROPOSED') return [];
  const [from, until] = [msOf(proposal.proposedAt), msOf(proposal.expiresAt)];
  const orders = ordersText(plan.actions.length);
  const cost = withAmounts ? ` It costs ${moneyText(plan.expectedCost)}.` : '';
  const text = `${actionsText(plan.actions)}${cost} Until ${timeText(until, zone)}; no answer means no. Answer on the page, or by trader approve or reject.`;
  const base = { text, untilMs: until, planId: proposal.planId };
  const first: Found = {
    ...base,
    key: `plan-waiting:${proposal.digest}`,
    kind: 'plan-waiting',
    headline: `a plan with ${orders} waits for your answer`,
  };
  const reminder: Found = {
    ...base,
    key: `plan-reminder:${proposal.digest}`,
    kind: 'plan-reminder',
    headline: `a plan with ${orders} still waits for your answer`,
  };
  return nowMs > (from + until) / 2 ? [first, reminder] : [first];
}

function expired({ proposals, nowMs, zone }: NoticeInputs): Found[] {
  return proposals
    .filter(
      ({ state, expiresAt, answeredAt }) =>
        state === 'EXPIRED' && answeredAt === undefined && isRecent(expiresAt, nowMs),
    )
    .map(({ digest, expiresAt }) => ({
      key: `plan-expired:${digest}`,
      kind: 'plan-expired',
      headline: 'a plan was not answered',
      text: `Its time was over at ${timeText(expiresAt, zone)}. Nothing was sent; a new plan is made in the next cycle.`,
    }));
}
