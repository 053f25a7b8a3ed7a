/** Answers to a plan that waits: approve, reject, or change it, each bound to the plan as it was shown. */
import { createHash } from 'node:crypto';
import type { Proposal } from '#protos/gen/gateway.ts';
import type { Plan, PlannedAction } from '#protos/gen/planning.ts';
import { gateway } from '#shared/contract/gateway.ts';
import { Failure, invalidRequest } from '#shared/kernel/failure.ts';
import { ask, required, type Action, type ActionCall } from './page-action.ts';
import { hiddenFields } from './view/forms/confirmation.ts';
import { plural, type Format } from './view/format.ts';
import { html, type Html } from './view/html.ts';

export const approve: Action = {
  role: 'trade',
  run: async (form, call) => (await ask(call, gateway.approvePlan, answered(form, call))).message,
};

export const reject: Action = {
  role: 'trade',
  run: async (form, call) => {
    const reason = [form.get('reason'), form.get('words')].filter((text) => text).join(': ');
    return (await ask(call, gateway.rejectPlan, { ...answered(form, call), reason })).message;
  },
};

/** An answer binds the digest that the plan was shown with. */
function answered(form: URLSearchParams, { who }: ActionCall) {
  return {
    planId: required(form, 'plan'),
    digest: required(form, 'digest'),
    answeredBy: who,
    surface: 'page',
  };
}

/** A field `quantity-ISIN` for each order, and `leave-ISIN` where it is left out. */
export const change: Action = {
  role: 'trade',
  preview: async (form, call) => {
    const quantities = quantitiesIn(form);
    const request = { ...answered(form, call), quantities, dryRun: true };
    const { before, after } = await ask(call, gateway.changePlan, request);
    return {
      title: 'Change the plan like this?',
      effects: before && after ? changeEffects(before, after, call.format) : [],
      action: 'change',
      verb: 'Use this plan',
      andSends: after && {
        verb: `Use it and send ${plural(after.actions.length, 'order')}`,
        value: fingerprint(after),
      },
      fields: hiddenFields({
        ...{ plan: request.planId, digest: request.digest },
        ...Object.fromEntries(
          Object.entries(quantities).map(([isin, shares]) => [`quantity-${isin}`, shares]),
        ),
      }),
      back: '?view=change',
    };
  },
  run: async (form, call) => {
    const request = { ...answered(form, call), quantities: quantitiesIn(form) };
    const { message, after, proposal } = await ask(call, gateway.changePlan, request);
    const shown = form.get('send');
    if (!shown) return message;
    if (!after || !proposal || fingerprint(after) !== shown) throw moved();
    return `${message} ${await approveChanged(call, proposal)}`;
  },
};

/** What an owner was shown of a plan, so that nothing else is sent in its place. */
function fingerprint({ actions, expectedCost, cashAfter }: Plan): string {
  const orders = actions.map(({ isin, side, quantity, value }) => [isin, side, quantity, value]);
  const text = JSON.stringify([orders, expectedCost, cashAfter]);
  return createHash('sha256').update(text).digest('hex');
}

function moved(): Failure {
  const text =
    'The plan was changed, but prices have moved since it was shown. Nothing was sent: it waits for your approval as it is now.';
  return new Failure('REFUSED', text, { rule: 'plan-moved' });
}

async function approveChanged(call: ActionCall, { planId, digest }: Proposal): Promise<string> {
  const { options, who } = call;
  const idempotencyKey = `${options.idempotencyKey ?? ''}-send`;
  const answer = { planId, digest, answeredBy: who, surface: 'page' };
  return (
    await ask({ ...call, options: { ...options, idempotencyKey } }, gateway.approvePlan, answer)
  ).message;
}

const QUANTITY = 'quantity-';

/** @throws Failure INVALID_REQUEST naming the field */
function quantitiesIn(form: URLSearchParams): Record<string, string> {
  const quantities: Record<string, string> = {};
  for (const [name, text] of form) {
    if (!name.startsWith(QUANTITY)) continue;
    const isin = name.slice(QUANTITY.length);
    const shares = form.get(`leave-${isin}`) === 'yes' ? '0' : text.trim().replace(',', '.');
    if (!/^\d{1,15}(\.\d{1,9})?$/.test(shares))
      throw invalidRequest({ field: name, message: 'is a number of shares from 0' });
    quantities[isin] = shares;
  }
  return quantities;
}

function changeEffects(before: Plan, after: Plan, format: Format): (Html | string)[] {
  const changed = before.actions.flatMap((action) => orderEffect(action, after, format));
  return [
    ...(changed.length > 0 ? changed : ['No order changes.']),
    html`${plural(after.actions.length, 'order')} in place of ${before.actions.length}; the cost
      goes from ${format.money(before.expectedCost)} to
      <b>${format.money(after.expectedCost)}</b>.`,
    html`Cash afterwards: ${format.money(after.cashAfter)} in place of
    ${format.money(before.cashAfter)}.`,
    html`About <b>${format.percent(after.score)} a year better</b> than leaving it (estimate), in
      place of ${format.percent(before.score)}.`,
    ...after.warnings.map((warning) => html`<b>Note:</b> ${warning}`),
    'The changed plan takes the place of the other one. Used, it waits for your approval until the same time; used and sent, exactly these orders are approved.',
  ];
}

function orderEffect(action: PlannedAction, { actions }: Plan, format: Format): Html[] {
  const { isin, side, symbol, quantity, value } = action;
  const verb = side === 'SELL' ? 'Sell' : 'Buy';
  const left = actions.find((one) => one.isin === isin);
  if (!left)
    return [
      html`<b>Left out:</b> ${verb} ${format.number(quantity)} ${symbol} for ${format.money(value)}`,
    ];
  if (left.quantity === quantity) return [];
  return [
    html`<b>Reduced:</b> ${verb} ${format.number(left.quantity)} ${symbol} for
      ${format.money(left.value)}, in place of ${format.number(quantity)}`,
  ];
}
