/** Loads the inputs of the trust decision. */
import { portfolio } from '#shared/contract/portfolio.ts';
import { dayOf, startOf, type CalendarDay } from '#shared/kernel/calendar-day.ts';
import type { Money } from '#shared/kernel/money.ts';
import type { Plan } from '#shared/planning/model/plan.ts';
import type { Context } from '#shared/runtime/context.ts';
import { isUnresolved, mayBeAtBroker } from '#shared/trading/model/order-state.ts';
import type { OrderRecord } from '#shared/trading/model/order-record.ts';
import { StoredOrders } from '#shared/trading/stored-orders.ts';
import { decideTrust, type TrustDecision } from '../model/trust.ts';
import { trustOf } from './trust-store.ts';

/** Whether the plan's orders may go out without asking. */
export async function trustDecision(context: Context, plan: Plan): Promise<TrustDecision> {
  const { accountId } = plan;
  const { level, limits } = await trustOf(context, accountId);
  const orders = new StoredOrders(context.database);
  const today = dayOf(context.now());
  const month = await orders.historySince(accountId, startOf(firstOfMonth(today)));
  const sent = month.filter(wentOut);
  const live = await orders.liveOrders(accountId);
  return decideTrust({
    level,
    limits,
    isLiveBroker: !context.broker.simulated,
    isSimulatedMarket: context.marketData.simulated,
    orders: plan.actions,
    portfolioValue: plan.portfolioValue,
    sentToday: values(sent.filter(({ requestedAt }) => dayOf(requestedAt) === today)),
    sentThisMonth: values(sent),
    drawdownRatio:
      limits.drawdownMaxRatio === undefined ? undefined : await currentDrawdown(context, plan),
    unresolved: live.filter(({ state }) => isUnresolved(state)).map(({ tradeId }) => tradeId),
  });
}

function wentOut({ state, filledQuantity }: OrderRecord): boolean {
  return filledQuantity.sign > 0 || mayBeAtBroker(state);
}

function values(orders: readonly OrderRecord[]): Money[] {
  return orders.map(({ value }) => value);
}

function firstOfMonth(day: CalendarDay): CalendarDay {
  return `${day.slice(0, 7)}-01` as CalendarDay;
}

/** How far the account is below its peak, by returns cleaned of deposits and withdrawals. */
async function currentDrawdown(
  { functions, callOptions }: Context,
  { accountId }: Plan,
): Promise<number | undefined> {
  const answer = await functions.call(portfolio.getPerformance, { accountId }, callOptions());
  return drawdownOf(answer.history.map(({ returnPct }) => returnPct / 100));
}

function drawdownOf(returns: readonly number[]): number | undefined {
  if (returns.length === 0) return undefined;
  let [value, peak] = [1, 1];
  for (const each of returns) {
    value *= 1 + each;
    peak = Math.max(peak, value);
  }
  return 1 - value / peak;
}
