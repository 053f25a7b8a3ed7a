/**
 * The handlers that take part in a replay, those of production. Named one by one, so that a bundle has them. A replay
 * runs them over stores in memory; it calls no deployed function, so that here alone a handler imports others.
 */
import type { OperationHandler } from '#shared/runtime/handle.ts';
import processDeposit from '#functions/gateway/process-deposit/handler.ts';
import triggerTradingCycle from '#functions/gateway/trigger-trading-cycle/handler.ts';
import optimizeAllocation from '#functions/optimization/optimize-allocation/handler.ts';
import createPlan from '#functions/planning/create-plan/handler.ts';
import getPlan from '#functions/planning/get-plan/handler.ts';
import bookMovement from '#functions/portfolio/book-movement/handler.ts';
import getCashBalance from '#functions/portfolio/get-cash-balance/handler.ts';
import getPositions from '#functions/portfolio/get-positions/handler.ts';
import getSummary from '#functions/portfolio/get-summary/handler.ts';
import updatePolicy from '#functions/portfolio/update-policy/handler.ts';
import updatePositions from '#functions/portfolio/update-positions/handler.ts';
import batchScoreSecurities from '#functions/scoring/batch-score-securities/handler.ts';
import cancelTrade from '#functions/trading/cancel-trade/handler.ts';
import executeTrade from '#functions/trading/execute-trade/handler.ts';
import getTradeStatus from '#functions/trading/get-trade-status/handler.ts';
import validateTrade from '#functions/trading/validate-trade/handler.ts';
import recordCorporateAction from '#functions/universe/record-corporate-action/handler.ts';
import syncFundamentals from '#functions/universe/sync-fundamentals/handler.ts';
import syncPrices from '#functions/universe/sync-prices/handler.ts';

export const replayedHandlers = [
  processDeposit,
  triggerTradingCycle,
  optimizeAllocation,
  createPlan,
  getPlan,
  bookMovement,
  getCashBalance,
  getPositions,
  getSummary,
  updatePolicy,
  updatePositions,
  batchScoreSecurities,
  cancelTrade,
  executeTrade,
  getTradeStatus,
  validateTrade,
  recordCorporateAction,
  syncFundamentals,
  syncPrices,
] as unknown as readonly OperationHandler[];
