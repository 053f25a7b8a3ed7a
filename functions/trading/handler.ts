/** Generated from the catalogue by `npm run generate`: the trading service in one function. */
import batchExecuteTrades from './batch-execute-trades/handler.ts';
import cancelTrade from './cancel-trade/handler.ts';
import confirmReconciliation from './confirm-reconciliation/handler.ts';
import executeTrade from './execute-trade/handler.ts';
import getTradeHistory from './get-trade-history/handler.ts';
import getTradeStatus from './get-trade-status/handler.ts';
import getTradingState from './get-trading-state/handler.ts';
import setTradingState from './set-trading-state/handler.ts';
import validateTrade from './validate-trade/handler.ts';
import { trading } from '#shared/contract/trading.ts';
import { pack } from '#shared/runtime/pack.ts';

export default pack('trading', trading, {
  batchExecuteTrades,
  cancelTrade,
  confirmReconciliation,
  executeTrade,
  getTradeHistory,
  getTradeStatus,
  getTradingState,
  setTradingState,
  validateTrade,
});
