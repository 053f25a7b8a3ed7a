import type { TradeId } from '#shared/kernel/identifiers.ts';
import { handle } from '#shared/runtime/handle.ts';
import { trading } from '#shared/contract/trading.ts';
import { openOrderDependencies } from '#shared/trading/order-dependencies.ts';
import { refresh } from '#shared/trading/resolve.ts';
import { tradeExecutionOf } from '#shared/trading/trade-wire.ts';

/**
 * Answers the state of a trade. A live one is first brought up to date with the broker; while the
 * broker is away the stored state is answered.
 */
export default handle(trading.getTradeStatus, async ({ tradeId }, context) => {
  const orderDependencies = openOrderDependencies(context);
  const stored = await orderDependencies.orders.find(tradeId as TradeId);
  if (!stored) return { found: false, execution: undefined, status: 'TRADE_STATUS_UNSPECIFIED' };
  const execution = tradeExecutionOf(await refresh(orderDependencies, stored, context.signal));
  return { found: true, execution, status: execution.status };
});
