/** Makes the plan that trades straight to the weights of a request. */
import type { PlanId } from '#shared/kernel/identifiers.ts';
import type { Dependencies } from '#shared/runtime/context.ts';
import { loadTargetPlanning } from './load-target-planning.ts';
import type { Plan } from './model/plan.ts';
import { ratesBehind } from './model/plan-rates.ts';
import { statusAfter } from './model/plan-status.ts';
import { validUntil } from './model/plan-validity.ts';
import { taxWarningsOf } from './model/taxes/plan-taxes.ts';
import { planToTarget } from './model/search/to-target.ts';
import type { PlanRequest } from './plan-constraints.ts';

/** @throws Failure as `loadTargetPlanning` */
export async function planTowards(
  dependencies: Dependencies,
  request: PlanRequest,
  id: PlanId,
): Promise<Plan> {
  const loaded = await loadTargetPlanning(dependencies, request);
  const { account, hash, problem, policyVersion, warnings, taxWarnings } = loaded;
  const content = planToTarget(problem);
  const traded = new Set(content.actions.map(({ isin }) => isin));
  const exchanges = problem.instruments.flatMap(({ isin, exchange }) =>
    traded.has(isin) ? [exchange] : [],
  );
  const createdAt = dependencies.now();
  return {
    ...content,
    ...{ id, accountId: account, portfolioHash: hash, pricedOn: problem.day, policyVersion },
    status: statusAfter('DRAFT', 'validated'),
    createdAt,
    validUntil: validUntil(createdAt, dependencies.settings.planValidDays, exchanges),
    warnings: [...warnings, ...taxWarningsOf(content, taxWarnings)],
    rates: ratesBehind(problem.instruments),
  };
}
