/** Decides whether an interrupted cycle continues its plan. */
import type { AccountId, PlanId, TradeId } from '#shared/kernel/identifiers.ts';
import { markPlan } from '#shared/planning/report-plan-status.ts';
import { tradeIdOf } from '#shared/trading/model/trade-id.ts';
import { isTerminal } from '#shared/trading/model/order-state.ts';
import { StoredOrders } from '#shared/trading/stored-orders.ts';
import { orderKey } from '../model/cycle.ts';
import { endProposal } from './approval.ts';
import type { Cycle } from './cycle-run.ts';
import { whyExpired, whyGivenUp } from './plan-terms.ts';
import { replacePlan } from './same-cycle.ts';
import { mayArrive, withdrawn } from './unsent-orders.ts';

/**
 * Gives up a plan that is no longer valid, or whose prices have left the collar, while none of its
 * orders was sent. A plan of which something was sent stays: what is left of it is sent or given up
 * order by order.
 * @returns whether the cycle plans anew
 */
export async function givesUpPlan(cycle: Cycle): Promise<boolean> {
  const why = await whyStale(cycle);
  if (why === undefined) return false;
  const intents = await unsentOrders(cycle);
  if (intents === undefined) return false;
  const { id: planId } = cycle.requiredPlan;
  for (const tradeId of intents) await withdrawn(cycle, tradeId);
  // An order that was sent after all stays with its plan.
  if ((await unsentOrders(cycle)) === undefined) return false;
  if (!(await replacePlan(cycle, { planId, why }))) return false;
  await markPlan(cycle.context.database, planId as PlanId, 'cancelled');
  await endProposal(cycle, 'cancelled', why);
  cycle.plan = undefined;
  cycle.isResumed = false;
  return true;
}

async function whyStale(cycle: Cycle): Promise<string | undefined> {
  const { status, actions } = cycle.requiredPlan;
  if (status === 'COMPLETED') return undefined;
  if (status === 'CANCELLED') return 'the plan was given up';
  const expired = whyExpired(cycle);
  if (expired !== undefined) return expired;
  for (const action of actions) {
    const why = await whyGivenUp(cycle, action);
    if (why !== undefined) return `${action.symbol}: ${why}`;
  }
  return undefined;
}

/**
 * The orders that are stored and not sent yet; undefined where one was sent, or may still be by a call
 * that has not ended.
 */
async function unsentOrders(cycle: Cycle): Promise<TradeId[] | undefined> {
  const { accountId, id, actions } = cycle.requiredPlan;
  const trades = new StoredOrders(cycle.context.database);
  const ids = actions.map((_action, index) =>
    tradeIdOf(accountId as AccountId, orderKey(id, index)),
  );
  const found = await Promise.all(ids.map((tradeId) => trades.find(tradeId)));
  const stored = found.filter((trade) => trade !== undefined);
  const wasSent = stored.some(
    ({ state, filledQuantity }) =>
      (state !== 'INTENT' && !isTerminal(state)) || filledQuantity.sign > 0,
  );
  const known = new Set<string>(stored.map(({ tradeId }) => tradeId));
  const absent = ids.filter((tradeId) => !known.has(tradeId));
  if (wasSent || absent.some((tradeId) => mayArrive(cycle.record, cycle.context, tradeId)))
    return undefined;
  return stored.filter(({ state }) => state === 'INTENT').map(({ tradeId }) => tradeId);
}
