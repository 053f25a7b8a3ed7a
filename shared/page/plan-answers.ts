/** Answers to a plan that waits: approve, reject, or change it, each bound to the plan as it was shown. */
import type { Plan, PlannedAction } from '#protos/gen/planning.ts';
import { gateway } from '#shared/contract/gateway.ts';
import { invalidRequest } from '#shared/kernel/failure.ts';
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
    return (await ask(call, gateway.changePlan, request)).message;
  },
};

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
    'Nothing is sent by this. The changed plan takes the place of the other one and waits for your approval until the same time.',
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
