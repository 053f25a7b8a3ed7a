/** Makes the plan that is left when its owner leaves out or reduces orders of another one. */
import { dayOf } from '#shared/kernel/calendar-day.ts';
import {
  Failure,
  invalidRequest,
  notFound,
  refused,
  type FieldViolation,
} from '#shared/kernel/failure.ts';
import type { PlanId } from '#shared/kernel/identifiers.ts';
import type { Isin } from '#shared/kernel/isin.ts';
import { parseQuantity, type Quantity } from '#shared/kernel/quantity.ts';
import type { Dependencies } from '#shared/runtime/context.ts';
import { loadPlanning } from './load-planning.ts';
import { targetWeights, withTargets } from './model/assembly.ts';
import { changedPlan } from './model/changed-plan.ts';
import type { Plan } from './model/plan.ts';
import { statusAfter } from './model/plan-status.ts';
import { taxWarningsOf } from './model/taxes/plan-taxes.ts';
import { validUntil } from './model/plan-validity.ts';
import { priceWarnings } from './model/price-warnings.ts';
import { exchangesOf } from './model/problem.ts';
import { accountOf, type PlanRequest } from './plan-constraints.ts';
import { StoredPlans } from './stored-plans.ts';

/**
 * The account must still be the one that was planned for.
 * @throws Failure NOT_FOUND; INVALID_REQUEST naming `quantities.<ISIN>`; REFUSED stale-portfolio,
 *   and what `changedPlan` refuses
 */
export async function planChanged(
  dependencies: Dependencies,
  request: PlanRequest,
  id: PlanId,
): Promise<Plan> {
  const original = await originalOf(dependencies, request);
  const { portfolioHash: hash, accountId } = original;
  const present = { ...request, portfolioHash: hash };
  const { problem, policyVersion, taxWarnings } = await loadPlanning(dependencies, present);
  const targets = new Map(Object.entries(original.targets ?? {})) as Map<Isin, number>;
  const targeted = withTargets(problem, targets);
  const content = changedPlan(targeted, original, quantitiesOf(request));
  const createdAt = dependencies.now();
  const exchanges = exchangesOf(problem, content);
  return {
    ...content,
    ...{ id, accountId, portfolioHash: hash, pricedOn: problem.day, policyVersion },
    status: statusAfter('DRAFT', 'validated'),
    createdAt,
    validUntil: validUntil(createdAt, dependencies.settings.planValidDays, exchanges),
    targets: targetWeights(targeted),
    limitPrices: original.limitPrices,
    warnings: [
      ...priceWarnings(targeted, dayOf(createdAt)),
      ...taxWarningsOf(content, taxWarnings),
    ],
    changedFrom: original.id,
  };
}

async function originalOf({ database }: Dependencies, request: PlanRequest): Promise<Plan> {
  const { changedFrom } = request;
  const original = await new StoredPlans(database).find(changedFrom as PlanId);
  if (!original || original.accountId !== accountOf(request)) throw notFound('plan', changedFrom);
  if (original.status !== 'READY')
    throw refused('plan-status', `The plan ${changedFrom} is ${original.status} already.`);
  return original;
}

/** @throws Failure INVALID_REQUEST naming `quantities.<ISIN>` */
function quantitiesOf({ quantities }: PlanRequest): ReadonlyMap<string, Quantity> {
  const violations: FieldViolation[] = [];
  const parsed = new Map<string, Quantity>();
  for (const [isin, text] of quantities)
    try {
      parsed.set(isin, parseQuantity(text));
    } catch (thrown) {
      const { message } = Failure.from(thrown);
      violations.push({ field: `quantities.${isin}`, message });
    }
  if (violations.length > 0) throw invalidRequest(...violations);
  return parsed;
}
