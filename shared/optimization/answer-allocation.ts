/** Answers an optimisation from what was loaded: for OptimizeAllocation, and for a plan that is made again. */
import type { OptimizeAllocationResponse } from '#protos/gen/optimization.ts';
import { statedRates } from '#shared/portfolio/used-rates.ts';
import { changeMessage } from './change-message.ts';
import { limitPricesMessage } from './limit-prices-message.ts';
import type { AllocationRequest, LoadedAllocation } from './load-allocation.ts';
import { changesTo, hasWeights, optimise } from './model/optimise.ts';

/** @param elapsedMs since the solver was started */
export function answerAllocation(
  { view, account, rules }: LoadedAllocation,
  request: AllocationRequest,
  elapsedMs: () => number,
): OptimizeAllocationResponse {
  const answer = optimise(view, account, request, rules);
  const { allocation, metrics, goal, targets } = answer;
  const success = hasWeights(answer);
  const allowFractional = request.constraints?.allowFractional ?? false;
  const changes = success ? changesTo(account, targets, allowFractional) : [];
  return {
    ...statedRates(view.rates, view.asOf),
    success,
    changes: changes.map(changeMessage),
    objectiveValue: answer.objectiveValue,
    solverStatus: answer.status,
    metrics: {
      expectedReturn: metrics.expectedReturn,
      expectedVolatility: metrics.volatility,
      sharpeRatio: metrics.sharpe,
      trackingError: metrics.trackingError,
      iterations: allocation.iterations,
      solveTimeMs: elapsedMs(),
    },
    conflicts: [...allocation.conflicts],
    mend: allocation.mend,
    objectiveBound: allocation.proof?.bound,
    gap: allocation.proof?.gap,
    proof: allocation.proof?.words ?? '',
    limitPrices: limitPricesMessage(answer.limitPrices, account.total),
    objective: goal === undefined || goal.kind === 'TRACKING' ? 'OBJECTIVE_UNSPECIFIED' : goal.kind,
    kktResidual: allocation.kktResidual,
    cashWeight: allocation.cashWeight,
    targetWeights: Object.fromEntries(targets),
  };
}
