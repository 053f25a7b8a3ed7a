/** Loads what an optimisation needs: for OptimizeAllocation, and for a plan that records what it saw. */
import type { optimization } from '#shared/contract/optimization.ts';
import type { RequestOf } from '#shared/contract/row.ts';
import { policyInForce } from '#shared/portfolio/policy/policy-in-force.ts';
import type { Dependencies } from '#shared/runtime/context.ts';
import { loadInputs, type OptimizationInputs } from './load-inputs.ts';
import { checkEntries } from './model/allocation-request.ts';
import type { optimise } from './model/optimise.ts';
import { HISTORY_YEARS } from './model/security-moments.ts';

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
