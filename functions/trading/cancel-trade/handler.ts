import { notFound } from '#shared/kernel/failure.ts';
import type { TradeId } from '#shared/kernel/identifiers.ts';
import { handle } from '#shared/runtime/handle.ts';
import { cancelOrder } from '#shared/trading/cancel.ts';
import { trading } from '#shared/contract/trading.ts';
import { openOrderDependencies } from '#shared/trading/order-dependencies.ts';
import { isTerminal, isUnresolved, tradeStatusOf } from '#shared/trading/model/order-state.ts';
import type { OrderState } from '#shared/trading/model/order.ts';

/**
 * Asks the broker to cancel what is not filled yet. Success: the rest is cancelled, or the broker
 * has the request. Of a trade that needs a person it takes that person's word, given as the reason,
 * that the order never came to be.
 */
export default handle(trading.cancelTrade, async ({ tradeId, reason }, context) => {
  const orderDependencies = openOrderDependencies(context);
  const stored = await orderDependencies.orders.find(tradeId as TradeId);
  if (!stored) throw notFound('trade', tradeId);
  if (isTerminal(stored.state))
    return {
      // A repeat whose first answer was lost learns that it took effect.
      success: isCancelled(stored.state),
      message: `The trade is ${stored.state} already. ${stored.message}`,
      newStatus: tradeStatusOf(stored.state),
    };
  context.nameOutcome({ tradeId, ask: `GetTradeStatus ${tradeId}` });
  const order = await cancelOrder(orderDependencies, stored, reason, context.signal);
  const { state } = order;
  if (!isTerminal(state)) context.answerIsOpen();
  return {
    success: isCancelled(state) || state === 'CANCEL_PENDING',
    message: isUnresolved(state) ? `It cannot be cancelled yet. ${order.message}` : order.message,
    newStatus: tradeStatusOf(state),
  };
});

/** Nothing of it will be filled any more. */
function isCancelled(state: OrderState): boolean {
  return state === 'CANCELLED' || state === 'ABSENT';
}
