import { invalidRequest } from '#shared/kernel/failure.ts';
import { Accounts } from '#shared/portfolio/accounts.ts';
import { handle } from '#shared/runtime/handle.ts';
import { trading } from '#shared/contract/trading.ts';
import { controlText, restrictionsOf } from '#shared/trading/control/control-message.ts';
import { openOrderDependencies } from '#shared/trading/order-dependencies.ts';
import { mayBeAtBroker } from '#shared/trading/model/order-state.ts';

/**
 * Stores the trading state. From the moment it is stored no order starts on its way against it: the
 * step that sends an order is committed only while the state is the one it was checked with. Orders
 * that were under way before are named; CancelTrade cancels them.
 *
 * ACTIVE lifts what this operation set; files and other reasons stay until they are removed.
 *
 * @throws Failure INVALID_REQUEST for a restriction without a reason
 */
export default handle(trading.setTradingState, async ({ state, reason }, context) => {
  if (state !== 'ACTIVE' && reason === '')
    throw invalidRequest({ field: 'reason', message: 'is needed to restrict trading' });
  const orderDependencies = openOrderDependencies(context);
  const control = await orderDependencies.control.set(
    state,
    reason || 'lifted',
    orderDependencies.now(),
  );
  context.log.warn('trading-state-set', { state, reason, effective: control.state });
  const accounts = await new Accounts(context.database, context.baseCurrency).ids();
  const live = await Promise.all(
    accounts.map((account) => orderDependencies.orders.liveOrders(account)),
  );
  return {
    success: control.state === state,
    state: control.state,
    restrictions: restrictionsOf(control),
    message: controlText(control),
    ordersUnderWay: live
      .flat()
      .filter((order) => mayBeAtBroker(order.state))
      .map(({ tradeId }) => tradeId),
  };
});
