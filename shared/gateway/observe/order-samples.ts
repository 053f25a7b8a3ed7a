/** Orders by state, and those whose outcome is open by their trade ids, so that an alert names them. */
import { sample, samplesBy, type Sample } from '#shared/contract/metric-table.ts';
import { DAY_MS, instantOf } from '#shared/kernel/instant.ts';
import { Accounts } from '#shared/portfolio/accounts.ts';
import type { Context } from '#shared/runtime/context.ts';
import { isUnresolved } from '#shared/trading/model/order-state.ts';
import type { OrderRecord } from '#shared/trading/model/order-record.ts';
import { StoredOrders } from '#shared/trading/stored-orders.ts';

/** Named one by one, the oldest first; `trader_orders_unresolved` counts them all. */
const NAMED_MAX = 20;

export async function orderSamples({ database, baseCurrency, now }: Context): Promise<Sample[]> {
  const stored = new StoredOrders(database);
  const accounts = await new Accounts(database, baseCurrency).ids();
  const since = instantOf(now() - DAY_MS);
  const live = (await Promise.all(accounts.map((id) => stored.liveOrders(id)))).flat();
  const day = (await Promise.all(accounts.map((id) => stored.historySince(id, since)))).flat();
  const unresolved = live
    .filter(({ state }) => isUnresolved(state))
    .sort((a, b) => a.requestedAt - b.requestedAt);
  const ageOf = ({ requestedAt }: OrderRecord) => (now() - requestedAt) / 1_000;
  return [
    ...samplesBy('trader_orders_live', 'state', { NEEDS_HUMAN: 0, UNKNOWN: 0, ...byState(live) }),
    ...samplesBy('trader_orders_last_day', 'state', byState(day)),
    sample('trader_orders_unresolved', unresolved.length),
    sample('trader_orders_unresolved_age_seconds', Math.max(0, ...unresolved.map(ageOf))),
    ...unresolved.slice(0, NAMED_MAX).map((one) =>
      sample('trader_unresolved_order_age_seconds', ageOf(one), {
        ...{ account: one.accountId, trade: one.tradeId, state: one.state },
      }),
    ),
  ];
}

function byState(orders: readonly OrderRecord[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { state } of orders) counts[state] = (counts[state] ?? 0) + 1;
  return counts;
}
