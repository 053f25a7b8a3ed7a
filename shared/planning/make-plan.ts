/**
 * Makes a plan from what is stored, without storing it: CreatePlan and Replan make the same one from the same
 * inputs.
 */
import type { OptimizeAllocationResponse } from '#protos/gen/optimization.ts';
import type { PlanUpdate } from '#protos/gen/planning.ts';
import type { optimization } from '#shared/contract/optimization.ts';
import type { WireRequestOf } from '#shared/contract/row.ts';
import { dayOf } from '#shared/kernel/calendar-day.ts';
import type { PlanId } from '#shared/kernel/identifiers.ts';
import type { Dependencies } from '#shared/runtime/context.ts';
import { loadPlanning } from './load-planning.ts';
import { targetWeights, withTargets } from './model/assembly.ts';
import { ratesBehind } from './model/plan-rates.ts';
import { pluralize } from './model/formatting.ts';
import type { Plan } from './model/plan.ts';
import { statusAfter } from './model/plan-status.ts';
import { taxWarningsOf } from './model/taxes/plan-taxes.ts';
import { priceWarnings } from './model/price-warnings.ts';
import { exchangesOf } from './model/problem.ts';
import type { PlanRequest } from './plan-constraints.ts';
import { stepMessage, withProgress } from './plan-message.ts';
import { limitPricesOf, targetRequest, targetsOf } from './request-targets.ts';

/** Asks the optimization service for target weights. */
export type AskTargets = (
  request: WireRequestOf<typeof optimization.optimizeAllocation>,
) => Promise<OptimizeAllocationResponse>;

/** @throws Failure as `loadPlanning`, `loadTargetPlanning`, `planChanged` and `targetsOf` */
export async function* makePlan(
  dependencies: Dependencies,
  request: PlanRequest,
  id: PlanId,
  askTargets: AskTargets,
): AsyncGenerator<PlanUpdate, Plan> {
  if (request.changedFrom !== '') {
    const { planChanged } = await import('./plan-changed.ts');
    return planChanged(dependencies, request, id);
  }
  if (request.targetWeights.size > 0) {
    const { planTowards } = await import('./plan-towards.ts');
    return planTowards(dependencies, request, id);
  }
  const loaded = await loadPlanning(dependencies, request);
  const { account, hash, problem, policyVersion, otherCash, taxWarnings } = loaded;
  const securities = pluralize(problem.instruments.length, 'security');
  yield stepMessage(id, 15, `Read the account and ${securities}; asking for target weights.`);
  const answer = await askTargets(targetRequest(problem, hash, account));
  const targeted = withTargets(problem, targetsOf(answer));
  yield stepMessage(id, 40, 'The targets are set; weighing what to buy and sell.');
  // The search is loaded once there is something to be searched.
  const [{ decide }, { buildPlan }] = await Promise.all([
    import('./model/decision.ts'),
    import('./model/build-plan.ts'),
  ]);
  const decision = yield* withProgress(id, decide(targeted));

  // With the tables of all exchanges.
  const { validUntil } = await import('./model/plan-validity.ts');
  const createdAt = dependencies.now();
  const content = buildPlan(targeted, decision);
  const exchanges = exchangesOf(problem, content);
  return {
    ...content,
    ...{ id, accountId: account, portfolioHash: hash, pricedOn: problem.day, policyVersion },
    status: statusAfter('DRAFT', 'validated'),
    createdAt,
    validUntil: validUntil(createdAt, dependencies.settings.planValidDays, exchanges),
    targets: targetWeights(targeted),
    limitPrices: limitPricesOf(answer),
    rates: ratesBehind(problem.instruments),
    warnings: [
      ...priceWarnings(targeted, dayOf(createdAt)),
      ...otherCash,
      ...taxWarningsOf(content, taxWarnings),
    ],
  };
}
