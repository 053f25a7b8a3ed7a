/**
 * What a broker supports. An order beyond that is rejected here, with a named reason, before
 * anything is sent: a broker that silently does something else (rounds a fraction, keeps a day
 * order open) is worse than a rejection.
 */
import { Decimal } from '#shared/kernel/decimal.ts';
import type { BrokerCapabilities, OrderInstruction, OrderType, SubmitOutcome } from './broker.ts';

/** Why a broker cannot take an order: a name to match on, and a sentence for a person. */
export interface Unsupported {
  readonly rule: string;
  readonly detail: string;
}

type Rule = (order: OrderInstruction, can: BrokerCapabilities) => Unsupported | undefined;

const ONE = Decimal.one;

const rules: readonly Rule[] = [
  (_, can) => no(!can.takesOrders, 'read-only', 'It takes no orders; it is read only.'),
  ({ type }, can) => no(!can.orderTypes.includes(type), 'order-type', `It has no ${type} orders.`),
  ({ timeInForce }, can) =>
    no(!can.timesInForce.includes(timeInForce), 'time-in-force', `It has no ${timeInForce}.`),
  ({ quantity }) => no(quantity.sign <= 0, 'quantity', 'A quantity is above 0.'),
  ({ quantity }, { quantityDecimals: most }) =>
    no(
      quantity.precision > most,
      most === 0 ? 'whole-shares' : 'quantity-decimals',
      most === 0 ? 'It trades whole shares only.' : `A quantity has at most ${most} decimals.`,
    ),
  ({ quantity, timeInForce }, can) =>
    no(
      quantity.precision > 0 && !can.fractionTimesInForce.includes(timeInForce),
      'fraction-time-in-force',
      `A fraction of a share cannot be ${timeInForce}.`,
    ),
  ({ limitPrice, stopPrice }, { currencies }) => {
    const wrong = [limitPrice, stopPrice].find(
      (price) => price && currencies && !currencies.includes(price.currency),
    );
    return no(!!wrong, 'currency', `It does not trade in ${wrong?.currency ?? ''}.`);
  },
  ({ limitPrice, stopPrice }, { priceDecimals: most }) => {
    const tooFine = [limitPrice, stopPrice].find(
      (price) =>
        price &&
        most &&
        price.amount.precision > (price.amount.compare(ONE) < 0 ? most.below : most.above),
    );
    return no(!!tooFine, 'tick', `${tooFine?.toString() ?? ''} is finer than its tick.`);
  },
  ({ extendedHours, type }, can) =>
    no(
      extendedHours === true && (can.extendedHours === 'none' || type !== 'LIMIT'),
      'extended-hours',
      can.extendedHours === 'none'
        ? 'It trades in the regular session only.'
        : 'Outside the regular session it takes limit orders only.',
    ),
  ({ clientOrderId }, can) =>
    no(
      !can.clientOrderId.test(clientOrderId),
      'client-order-id',
      'The client order id has a form it does not take.',
    ),
  ({ type, limitPrice, stopPrice }) =>
    no(
      needsLimit(type) !== (limitPrice !== undefined) ||
        needsStop(type) !== (stopPrice !== undefined),
      'order-prices',
      `The prices do not go with a ${type} order.`,
    ),
];

/** The first property of an order that a broker does not support. */
export function unsupported(
  order: OrderInstruction,
  capabilities: BrokerCapabilities,
): Unsupported | undefined {
  for (const rule of rules) {
    const found = rule(order, capabilities);
    if (found) return found;
  }
  return undefined;
}

/** The outcome of an order that was never sent. */
export function refusal(brokerName: string, { rule, detail }: Unsupported): SubmitOutcome {
  return { kind: 'rejected', reason: `unsupported-${rule}: ${brokerName}: ${detail}` };
}

function no(wrong: boolean, rule: string, detail: string): Unsupported | undefined {
  return wrong ? { rule, detail } : undefined;
}

function needsLimit(type: OrderType): boolean {
  return type === 'LIMIT' || type === 'STOP_LIMIT';
}

function needsStop(type: OrderType): boolean {
  return type === 'STOP' || type === 'STOP_LIMIT';
}
