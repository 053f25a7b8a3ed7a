/** A plan whose owner left out or reduced some of its orders: settled, checked and explained anew. */
import type { Failure } from '#shared/kernel/failure.ts';
import { invalidRequest, refused } from '#shared/kernel/failure.ts';
import type { Isin } from '#shared/kernel/isin.ts';
import { isWholeLots, type Quantity } from '#shared/kernel/quantity.ts';
import { buildPlan } from './build-plan.ts';
import { spaceOf, stateOf, type Decision } from './decision.ts';
import { basisPoints, pluralize } from './formatting.ts';
import type { NotTaken, Plan, PlanContent, PlannedAction } from './plan.ts';
import type { PlanningProblem } from './problem.ts';
import { breachOf, cashReserve, settle, type Breach, type RequestedOrder } from './settlement.ts';

/**
 * @param quantities shares by ISIN in place of the plan's, none greater; 0 leaves the order out
 * @throws Failure INVALID_REQUEST naming `quantities.<ISIN>`; REFUSED nothing-left, order-gone,
 *   limit-broken
 */
export function changedPlan(
  problem: PlanningProblem,
  original: Plan,
  quantities: ReadonlyMap<string, Quantity>,
): PlanContent {
  requireReductions(original, quantities);
  const decision = decisionOn(problem, remainingOrders(problem, original, quantities));
  const content = buildPlan(problem, decision);
  const { search } = content;
  return {
    ...content,
    actions: content.actions.map((action) => withChange(action, original)),
    notTaken: notTaken(content.notTaken, original, quantities),
    // Nothing was searched: no bound on other plans is known.
    search: {
      ...search,
      ...{ method: 'changed', utilityBound: undefined, gap: undefined, nodes: undefined },
    },
    summary: summary(content, original),
  };
}

function requireReductions({ actions }: Plan, quantities: ReadonlyMap<string, Quantity>): void {
  const violations = [...quantities].flatMap(([isin, quantity]) => {
    const message = whyNoReduction(
      actions.find((action) => action.isin === isin),
      quantity,
    );
    return message === undefined ? [] : [{ field: `quantities.${isin}`, message }];
  });
  if (violations.length > 0) throw invalidRequest(...violations);
}

function whyNoReduction(action: PlannedAction | undefined, quantity: Quantity): string | undefined {
  if (!action) return 'is not among the orders of the plan';
  if (quantity.sign < 0) return 'is negative';
  if (quantity.compare(action.quantity) <= 0) return undefined;
  return `is more than the ${action.quantity} of the plan; an order can only be reduced`;
}

/** What is left, in the order of execution. */
function remainingOrders(
  { instruments }: PlanningProblem,
  { actions }: Plan,
  quantities: ReadonlyMap<string, Quantity>,
): readonly RequestedOrder[] {
  const orders = actions.flatMap(({ isin, symbol, side, quantity }) => {
    const left = quantities.get(isin) ?? quantity;
    if (left.sign === 0) return [];
    const instrument = instruments.find((one) => one.isin === isin);
    if (!instrument)
      throw refused('order-gone', `${symbol} cannot be traded any more; leave it out.`, { isin });
    if (!isWholeLots(left, instrument.lot))
      throw invalidRequest({
        field: `quantities.${isin}`,
        message: `is not a multiple of ${instrument.lot}, in which ${symbol} is traded`,
      });
    return [{ instrument, side, lots: left.divide(instrument.lot, 0, 'floor').toEstimate() }];
  });
  if (orders.length > 0) return orders;
  throw refused('nothing-left', 'No order is left of the plan. Reject it if none is to be sent.');
}

/** @throws Failure REFUSED limit-broken, order-gone */
function decisionOn(problem: PlanningProblem, requested: readonly RequestedOrder[]): Decision {
  const settlement = settle(problem, requested);
  const breach = breachOf(problem, settlement);
  if (breach) throw limitBroken(problem, breach);
  const found = spaceOf(problem);
  for (const { instrument } of requested)
    if (!found.space.instruments.includes(instrument))
      throw refused('order-gone', `${instrument.symbol} cannot be traded now; leave it out.`);
  const state = stateOf(found.space, settlement);
  const { gain, lots } = state;
  const search = {
    lots,
    gain,
    method: 'anytime',
    evaluated: 1,
    gainBound: gain,
    nodes: 0,
  } as const;
  return { ...found, search, switchingGain: 0, state, settlement, continues: false };
}

/** What keeps a rule, in words to act on. */
const remedies: Readonly<Record<string, string>> = {
  'below-minimum-order': 'is smaller than the smallest order; leave it out or reduce it less',
  'broker-currency': 'trades in a currency that the broker takes no orders in; leave it out',
  'broker-refuses': 'is nothing that the broker takes orders in; leave it out',
  cooldown: 'was sold too lately to be bought; leave it out',
  'country-max': 'would give its country more than it may have; reduce it or keep the sales',
  'currency-max': 'would give its currency more than it may have; reduce it or keep the sales',
  excluded: 'is excluded by the policy; leave it out',
  frozen: 'is frozen by the policy; leave it out',
  'live-order': 'has another order on the way; leave it out',
  'no-short': 'is more than may be sold; reduce it',
  'order-max': 'is larger than the largest order at the present price; reduce it',
  'positions-max': 'would be one security too many; leave it out or keep the sales',
  'sector-max': 'would give its sector more than it may have; reduce it or keep the sales',
  'sell-only': 'may only be sold; leave it out',
  'turnover-max': 'would trade more than may be in a day; reduce it',
  'weight-max': 'would be more than one security may have at the present price; reduce it',
};

function limitBroken(problem: PlanningProblem, { order, rule }: Breach): Failure {
  const { instrument, side, quantity, cashAfter } = order;
  const what = `The ${side === 'SELL' ? 'sale' : 'purchase'} of ${quantity} ${instrument.symbol}`;
  const why =
    rule === 'cash-reserve'
      ? `would leave ${cashAfter.subtract(problem.reserved)}, and at least ${cashReserve(problem)} is kept, with a margin for moving prices; reduce the purchases or keep the sales that pay for them`
      : (remedies[rule] ?? `breaks the limit ${rule}`);
  return refused('limit-broken', `${what} ${why} (${rule}).`, {
    limit: rule,
    isin: instrument.isin,
  });
}

function withChange(action: PlannedAction, { actions }: Plan): PlannedAction {
  const before = actions.find(({ isin }) => isin === action.isin);
  if (!before || before.quantity.compare(action.quantity) === 0) return action;
  return { ...action, reason: `Reduced by you from ${before.quantity}. ${action.reason}` };
}

/** What the owner left out comes first; what was not proposed keeps a reason that holds without a search. */
function notTaken(
  now: readonly NotTaken[],
  original: Plan,
  quantities: ReadonlyMap<string, Quantity>,
): readonly NotTaken[] {
  const left = original.actions.filter(({ isin }) => quantities.get(isin)?.sign === 0);
  const leftIsins = new Set<Isin>(left.map(({ isin }) => isin));
  const changed = left.map(({ isin, symbol, side, quantity, value }): NotTaken => ({
    ...{ isin, symbol, side, rule: 'left-out' },
    reason: `You left it out: the plan ${side === 'SELL' ? 'sold' : 'bought'} ${quantity} for ${value}.`,
  }));
  const others = now.filter(({ isin }) => !leftIsins.has(isin));
  return [...changed, ...others.map((one) => unsearched(one, original))];
}

/** A candidate that nothing bars was weighed by the search of the plan before, and by none since. */
function unsearched(one: NotTaken, { notTaken: before }: Plan): NotTaken {
  if (one.rule !== 'below-margin') return one;
  const then = before.find(({ isin, side }) => isin === one.isin && side === one.side);
  const reason = then ? ` There: ${then.reason}` : '';
  return {
    ...one,
    rule: 'not-proposed',
    reason: `It was not in the plan that was changed.${reason}`,
  };
}

function summary(content: PlanContent, original: Plan): string {
  const { actions, gain, cost } = content;
  return (
    `${pluralize(actions.length, 'order')} of ${original.actions.length}, as changed by the owner: gains ` +
    `${basisPoints(gain)} a year over holding after a cost of ${cost}. The plan ${original.id} as it was ` +
    `proposed gained ${basisPoints(original.gain)} at a cost of ${original.cost}. ` +
    'Gains follow from risk, scores and the returns they imply, which are no forecast.'
  );
}
