/** The steps that decide what to trade and validate the orders. */
import type { Plan, PlannedAction } from '#protos/gen/planning.ts';
import type { ValidationError } from '#protos/gen/trading.ts';
import { Failure } from '#shared/kernel/failure.ts';
import type { PlanId } from '#shared/kernel/identifiers.ts';
import { planning } from '#shared/contract/planning.ts';
import { trading } from '#shared/contract/trading.ts';
import { countText } from '../model/cycle.ts';
import type { Cycle, ProgressStream } from './cycle-run.ts';
import { handedToOther } from './cycle-attempt.ts';
import { isTakenOver } from './same-cycle.ts';

/** Makes a plan for the current holdings, forwarding the planner's progress. */
export async function* makePlan(cycle: Cycle): ProgressStream {
  const request = {
    portfolioHash: cycle.record.before?.portfolioHash,
    constraints: cycle.request.buysOnly ? { noSells: 'true' } : {},
    targetWeights: Object.fromEntries(cycle.request.targetWeights),
  };
  // Never the plan that was given up.
  const key = cycle.record.replaced && cycle.context.newId();
  for await (const update of cycle.stream(planning.createPlan, request, key)) {
    if (update.plan) cycle.plan = update.plan;
    if (update.error !== '') throw new Failure('UNAVAILABLE', `Planning failed: ${update.error}`);
    if (!update.complete)
      yield cycle.report('plan', update.progressPct / 100, `Planning: ${update.currentStep}`);
  }
  const plan = cycle.requiredPlan;
  await cycle.change((record) =>
    isTakenOver(record) ? record : { ...record, planId: plan.id as PlanId },
  );
  if (cycle.record.planId !== plan.id) throw await handedToOther(cycle);
  if (plan.actions.length === 0) cycle.endsBecause = `No order is worth its cost. ${plan.summary}`;
  yield await cycle.done('plan', planText(plan));
}

/** The plan that an earlier attempt began to execute. */
export async function findPlan(cycle: Cycle): Promise<void> {
  const planId = cycle.record.planId ?? '';
  const { plan } = await cycle.call(planning.getPlan, { planId });
  if (!plan)
    throw new Failure(
      'DATA_CORRUPT',
      `The plan ${planId} that the cycle ${cycle.id} had begun is not stored any more: no more of its orders are sent. Compare orders and holdings with the broker's.`,
    );
  cycle.plan = plan;
}

/**
 * Validates every order now. A purchase funded by a sale of the plan may fail yet; each order is
 * checked again when it is sent.
 */
export async function* validate(cycle: Cycle): ProgressStream {
  const { actions } = cycle.requiredPlan;
  const rejections: string[] = [];
  for (const [index, action] of actions.entries()) {
    const { valid, errors } = await cycle.call(trading.validateTrade, {
      accountId: cycle.requiredPlan.accountId,
      ...orderOf(action),
    });
    if (!valid) rejections.push(`${action.side} ${action.symbol}: ${errorText(errors)}`);
    yield cycle.report('validate', (index + 1) / actions.length, `${action.symbol} is checked.`);
  }
  const passing = actions.length - rejections.length;
  const summary = `${passing} of ${countText(actions.length, 'order')} would pass now`;
  yield await cycle.done(
    'validate',
    rejections.length === 0 ? `${summary}.` : `${summary}; not: ${rejections.join('; ')}`,
  );
}

/** The market order for an action. */
export function orderOf(action: PlannedAction) {
  return {
    isin: action.isin,
    side: action.side,
    quantity: action.quantity,
    orderType: 'MARKET',
    timeInForce: 'DAY',
  };
}

export function errorText(errors: readonly ValidationError[]): string {
  return errors.map(({ message }) => message).join(', ');
}

function planText(plan: Plan): string {
  const sells = plan.actions.filter(({ side }) => side === 'SELL').length;
  const buys = plan.actions.length - sells;
  return `The plan ${plan.id} has ${countText(sells, 'sale')} and ${countText(buys, 'purchase')}. ${plan.summary}`;
}
