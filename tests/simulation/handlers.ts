/** The functions that take part. Named one by one, so that a bundle has them. */
import type { FunctionHandler } from '#template/function.ts';
import processDeposit from '../../functions/gateway/process-deposit/handler.ts';
import getCashBalance from '../../functions/portfolio/get-cash-balance/handler.ts';
import getPositions from '../../functions/portfolio/get-positions/handler.ts';
import updatePositions from '../../functions/portfolio/update-positions/handler.ts';
import batchExecuteTrades from '../../functions/trading/batch-execute-trades/handler.ts';
import cancelTrade from '../../functions/trading/cancel-trade/handler.ts';
import executeTrade from '../../functions/trading/execute-trade/handler.ts';
import getTradeStatus from '../../functions/trading/get-trade-status/handler.ts';
import setTradingState from '../../functions/trading/set-trading-state/handler.ts';

export const handlers: Readonly<Record<string, FunctionHandler | undefined>> = {
  'gateway-process-deposit': processDeposit,
  'portfolio-get-cash-balance': getCashBalance,
  'portfolio-get-positions': getPositions,
  'portfolio-update-positions': updatePositions,
  'trading-batch-execute-trades': batchExecuteTrades,
  'trading-cancel-trade': cancelTrade,
  'trading-execute-trade': executeTrade,
  'trading-get-trade-status': getTradeStatus,
  'trading-set-trading-state': setTradingState,
};
