/**
 * The handlers that take part in a replay, those of production. Named one by one, so that a bundle has them. A replay
 * runs them over stores in memory; it calls no deployed function, so that here alone a handler imports others.
 */
import type { OperationHandler } from '#shared/runtime/handle.ts';
import processDeposit from '../process-deposit/handler.ts';
import triggerTradingCycle from '../trigger-trading-cycle/handler.ts';
import optimizeAllocation from '../../optimization/optimize-allocation/handler.ts';
import createPlan from '../../planning/create-plan/handler.ts';
import getPlan from '../../planning/get-plan/handler.ts';
import bookMovement from '../../portfolio/book-movement/handler.ts';
import getCashBalance from '../../portfolio/get-cash-balance/handler.ts';
import getPositions from '../../portfolio/get-positions/handler.ts';
import getSummary from '../../portfolio/get-summary/handler.ts';
import updatePolicy from '../../portfolio/update-policy/handler.ts';
import updatePositions from '../../portfolio/update-positions/handler.ts';
import batchScoreSecurities from '../../scoring/batch-score-securities/handler.ts';
import cancelTrade from '../../trading/cancel-trade/handler.ts';
import executeTrade from '../../trading/execute-trade/handler.ts';
import getTradeStatus from '../../trading/get-trade-status/handler.ts';
import validateTrade from '../../trading/validate-trade/handler.ts';
import recordCorporateAction from '../../universe/record-corporate-action/handler.ts';
import syncFundamentals from '../../universe/sync-fundamentals/handler.ts';
import syncPrices from '../../universe/sync-prices/handler.ts';

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
