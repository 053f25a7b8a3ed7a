/** The functions that take part. Named one by one, so that a bundle has them. */
import type { FunctionHandler } from '#template/function.ts';
import processDeposit from '../../../functions/gateway/process-deposit/handler.ts';
import triggerTradingCycle from '../../../functions/gateway/trigger-trading-cycle/handler.ts';
import optimizeAllocation from '../../../functions/optimization/optimize-allocation/handler.ts';
import createPlan from '../../../functions/planning/create-plan/handler.ts';
import getPlan from '../../../functions/planning/get-plan/handler.ts';
import getCashBalance from '../../../functions/portfolio/get-cash-balance/handler.ts';
import getPerformance from '../../../functions/portfolio/get-performance/handler.ts';
import getPosition from '../../../functions/portfolio/get-position/handler.ts';
import getPositions from '../../../functions/portfolio/get-positions/handler.ts';
import getSummary from '../../../functions/portfolio/get-summary/handler.ts';
import updatePositions from '../../../functions/portfolio/update-positions/handler.ts';
import batchScoreSecurities from '../../../functions/scoring/batch-score-securities/handler.ts';
import scorePortfolio from '../../../functions/scoring/score-portfolio/handler.ts';
import scoreSecurity from '../../../functions/scoring/score-security/handler.ts';
import batchExecuteTrades from '../../../functions/trading/batch-execute-trades/handler.ts';
import cancelTrade from '../../../functions/trading/cancel-trade/handler.ts';
import executeTrade from '../../../functions/trading/execute-trade/handler.ts';
import getTradeStatus from '../../../functions/trading/get-trade-status/handler.ts';
import setTradingState from '../../../functions/trading/set-trading-state/handler.ts';
import validateTrade from '../../../functions/trading/validate-trade/handler.ts';
import syncFundamentals from '../../../functions/universe/sync-fundamentals/handler.ts';
import syncPrices from '../../../functions/universe/sync-prices/handler.ts';

export const handlers: Readonly<Record<string, FunctionHandler | undefined>> = {
  'gateway-process-deposit': processDeposit,
  'gateway-trigger-trading-cycle': triggerTradingCycle,
  'optimization-optimize-allocation': optimizeAllocation,
  'planning-create-plan': createPlan,
  'planning-get-plan': getPlan,
  'portfolio-get-cash-balance': getCashBalance,
  'portfolio-get-performance': getPerformance,
  'portfolio-get-position': getPosition,
  'portfolio-get-positions': getPositions,
  'portfolio-get-summary': getSummary,
  'portfolio-update-positions': updatePositions,
  'scoring-batch-score-securities': batchScoreSecurities,
  'scoring-score-portfolio': scorePortfolio,
  'scoring-score-security': scoreSecurity,
  'trading-batch-execute-trades': batchExecuteTrades,
  'trading-cancel-trade': cancelTrade,
  'trading-execute-trade': executeTrade,
  'trading-get-trade-status': getTradeStatus,
  'trading-set-trading-state': setTradingState,
  'trading-validate-trade': validateTrade,
  'universe-sync-fundamentals': syncFundamentals,
  'universe-sync-prices': syncPrices,
};
