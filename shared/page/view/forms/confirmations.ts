/** The effect of an action, shown before it is confirmed. */
import { confirmView, messageView, moneyAtStake, type Confirmation } from './confirmation.ts';
import { plural } from '../format.ts';
import { html, type Html } from '../html.ts';
import type { ViewContext } from '../view-context.ts';

/** Undefined where there is nothing to confirm. */
type Confirm = (context: ViewContext) => Confirmation | undefined;

const confirmations: Readonly<Record<string, Confirm>> = {
  resume: ({ overview, format }) => ({
    title: 'Let trading go on?',
    effects: [
      'Purchases and sales are sent again.',
      overview?.standing?.nextCycleAt
        ? html`The next trading cycle is due ${format.moment(overview.standing.nextCycleAt)}; it
          makes a new plan. Nothing is sent before.`
        : 'The next trading cycle makes a new plan. Nothing is sent before.',
      ...(overview?.trading?.reasons.map((reason) => `Stopped because: ${reason}.`) ?? []),
      'A file HALTED or REDUCING in the data folder keeps trading stopped until it is removed.',
    ],
    action: 'resume',
    verb: 'Resume trading',
    needsProof: true,
  }),
  reduce: () => ({
    title: 'Let only sales through?',
    effects: [
      'Sales are sent, purchases are not, until you resume.',
      'Orders already at the broker stay there.',
    ],
    action: 'reduce',
    verb: 'Only sales from now on',
  }),
  stop: ({ overview }) => ({
    title: 'Stop trading?',
    effects: [
      'From this moment nothing is sent.',
      `${overview?.trading?.openOrders.length ?? 0} orders at the broker can still be filled; they can be cancelled afterwards.`,
    ],
    action: 'halt',
    verb: 'Stop now',
  }),
  approve: (context) => ({
    title: 'Send these orders?',
    effects: approvalEffects(context),
    action: 'approve',
    verb: `Send ${orderCount(context)}`,
    fields: bound(context),
  }),
  // An approval can be withdrawn by it, until it is executed.
  reject: (context) => ({
    title: 'Reject this plan?',
    effects: ['Nothing is sent.', 'The same orders are not proposed again for a week.'],
    action: 'reject',
    verb: `Reject ${orderCount(context)}`,
    fields: html`${bound(context)}
      <fieldset>
        <legend>Why</legend>
        ${rejections.map(
          (reason, index) =>
            html`<label
              ><input type="radio" name="reason" value="${reason}" ${index === 0 && 'checked'} />
              ${reason}</label
            >`,
        )}
      </fieldset>
      <p>
        <label for="words">In your words, if you like</label
        ><input id="words" name="words" maxlength="500" />
      </p>`,
  }),
  trust: ({ overview, hasReplay }) => ({
    title: 'How far may it act alone?',
    effects: [
      `Now: ${overview?.trustLevel || 'unknown'}.`,
      html`<b>simulated</b>: only on simulated prices at the paper broker.`,
      html`<b>paper</b>: only at the paper broker.`,
      html`<b>ask</b>: every plan is put to you.`,
      html`<b>within-limits</b>: plans that keep the limits of your policy are carried out, others
        are put to you.`,
      html`A step up needs this sentence, word for word:
        <q>I trust account ${overview?.accountId} at level LEVEL</q>. A step down needs nothing.`,
      hasReplay
        ? html`<a href="replay">The last replay</a> shows what the policy would have done in the
            past.`
        : html`<code>npx trader replay</code> on the machine shows what the policy would have done
            in the past; nobody has run it yet.`,
    ],
    action: 'trust',
    verb: 'Set this level',
    needsProof: true,
    fields: html`<fieldset>
        <legend>Level</legend>
        ${levels.map(
          (level) =>
            html`<label
              ><input
                type="radio"
                name="level"
                value="${level}"
                ${level === overview?.trustLevel && 'checked'}
              />
              ${level}</label
            >`,
        )}
      </fieldset>
      <p>
        <label for="confirmation">The sentence, for a step up</label
        ><input id="confirmation" name="confirmation" maxlength="200" />
      </p>`,
  }),
  job: ({ overview, query }) => {
    const name = query.get('job') ?? '';
    const found = overview?.jobs.find((one) => one.name === name);
    if (!found) return undefined;
    return {
      title: `Run ${name} now?`,
      effects: [
        found.description,
        ...(name === 'trading-cycle' ? ['It may send orders, within all limits.'] : []),
      ],
      action: 'job',
      verb: `Run ${name}`,
      fields: html`<input type="hidden" name="job" value="${name}" />`,
    };
  },
};

const rejections = ['too much at once', 'not this security', 'not now', 'something else'];
const levels = ['simulated', 'paper', 'ask', 'within-limits'];

/** What an answer binds. */
export function bound({ overview }: ViewContext): Html {
  const { planId = '', digest = '' } = overview?.proposal ?? {};
  return html`<input type="hidden" name="plan" value="${planId}" /><input
      type="hidden"
      name="digest"
      value="${digest}"
    />`;
}

function orderCount({ overview }: ViewContext): string {
  return plural(overview?.plan?.actions.length ?? 0, 'order');
}

function approvalEffects(context: ViewContext): (Html | string)[] {
  const { overview, format } = context;
  const { plan, proposal } = overview ?? {};
  if (!plan || !proposal) return ['No plan waits for an answer.'];
  const largest = plan.actions.toSorted((a, b) => amountOf(b) - amountOf(a))[0];
  return [
    moneyAtStake(context),
    ...plan.actions.map(
      ({ side, quantity, symbol, value }) =>
        html`<b>${side === 'SELL' ? 'Sell' : 'Buy'} ${format.number(quantity)} ${symbol}</b> for
          ${format.money(value)}`,
    ),
    html`Cash goes from ${format.money(plan.cashBefore)} to ${format.money(plan.cashAfter)}; it
    costs ${format.money(plan.expectedCost)}.`,
    ...(largest
      ? [html`The largest order is ${largest.symbol} for ${format.money(largest.value)}.`]
      : []),
    html`It holds until ${format.moment(proposal.expiresAt)}. If prices, holdings or settings have
    moved too far, nothing is sent and a new plan is made.`,
    `You approve exactly this plan: ${proposal.digest.slice(0, 8)}.`,
  ];
}

function amountOf({ value }: { readonly value?: { readonly amount: string } | undefined }): number {
  return Number(value?.amount ?? 0);
}

export function confirmationView(context: ViewContext): Html | undefined {
  const { view, overview } = context;
  if (['approve', 'reject'].includes(view) && !(overview?.plan && overview.proposal))
    return messageView(`Nothing to ${view}`, 'No plan waits for an answer.');
  const confirmation = confirmations[view]?.(context);
  return confirmation && confirmView(context, confirmation);
}
