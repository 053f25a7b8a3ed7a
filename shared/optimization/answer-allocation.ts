/** Loads what an optimisation needs, and answers it: OptimizeAllocation does both, and a plan that is made again. */
import type { OptimizeAllocationResponse } from '#protos/gen/optimization.ts';
import type { optimization } from '#shared/contract/optimization.ts';
import type { RequestOf } from '#shared/contract/row.ts';
import { policyInForce } from '#shared/portfolio/policy/policy-in-force.ts';
import { statedRates } from '#shared/portfolio/used-rates.ts';
import type { Dependencies } from '#shared/runtime/context.ts';
import { changeMessage } from './change-message.ts';
import { limitPricesMessage } from './limit-prices-message.ts';
import { HISTORY_YEARS, loadInputs, type OptimizationInputs } from './load-inputs.ts';
import { checkEntries } from './model/allocation-request.ts';
import { changesTo, hasWeights, optimise } from './model/optimise.ts';

export type AllocationRequest = RequestOf<typeof optimization.optimizeAllocation>;
type Rules = Parameters<typeof optimise>[3];

export interface LoadedAllocation extends OptimizationInputs {
  readonly rules: Rules;
}

/** @throws Failure as `loadInputs`; INVALID_REQUEST for targets that contradict each other */
export async function loadAllocation(
  dependencies: Dependencies,
  request: AllocationRequest,
): Promise<LoadedAllocation> {
  checkEntries(request.targetAllocations);
  const { settings, policy } = await policyInForce(dependencies, request.accountId);
  const mentioned = request.targetAllocations.map(
    ({ isin }, i) => [`targetAllocations[${i}].isin`, isin] as const,
  );
  const inputs = await loadInputs(dependencies, request, mentioned, HISTORY_YEARS);
  return { ...inputs, rules: { ...settings, rules: policy } };
}

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
