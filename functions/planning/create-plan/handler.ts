/**
 * Finds the orders that improve the portfolio most after cost, or says to hold. Streams its steps;
 * the last message carries the plan.
 *
 * The account is planned for as booked, unless `positions` or `available_cash` ask "what if". A
 * `portfolio_hash` that is given must be the present one: REFUSED stale-portfolio. `max_positions`
 * limits the securities held (0: PLAN_ORDERS_MAX, or as many as are held), `target_allocation_pct`
 * the share of the value that is invested (0: all but the reserve), `monthly_deposit` (absent: the
 * setting) keeps what the next deposit balances from being sold. Keys of `constraints` are listed in
 * shared/planning/plan-limits.ts.
 *
 * With `target_weights` nothing is searched: the plan leads straight to them (model/to-target.ts).
 *
 * The plan's id comes from the idempotency key, so a run that is repeated answers the same one plan.
 */
import { optimization } from '#shared/contract/optimization.ts';
import { planning } from '#shared/contract/planning.ts';
import { dayOf } from '#shared/kernel/calendar-day.ts';
import { loadPlanning } from '#shared/planning/load-planning.ts';
import { targetWeights, withTargets } from '#shared/planning/model/assembly.ts';
import { decide } from '#shared/planning/model/decision.ts';
import { buildPlan } from '#shared/planning/model/build-plan.ts';
import { taxWarningsOf } from '#shared/planning/model/plan-taxes.ts';
import { priceWarnings } from '#shared/planning/model/price-warnings.ts';
import { exchangesOf } from '#shared/planning/model/problem.ts';
import { validUntil } from '#shared/planning/model/plan-validity.ts';
import { statusAfter } from '#shared/planning/model/plan-status.ts';
import { pluralize } from '#shared/planning/model/formatting.ts';
import { completeMessage, withProgress, stepMessage } from '#shared/planning/plan-message.ts';
import { planIdOf, PlanStore } from '#shared/planning/plan-store.ts';
import { planTowards } from '#shared/planning/plan-towards.ts';
import { limitPricesOf, targetRequest, targetsOf } from '#shared/planning/targets.ts';
import { handle } from '#shared/runtime/handle.ts';

export default handle(planning.createPlan, async function* (request, context) {
  const id = planIdOf(context.idempotencyKey);
  const plans = new PlanStore(context.database);
  const made = await plans.recover(id);
  if (made) return yield completeMessage(made);
  if (request.targetWeights.size > 0)
    return yield completeMessage(await planTowards(context, request, plans, id));

  const { account, hash, problem, policyVersion, taxWarnings } = await loadPlanning(
    context,
    request,
  );
  const securities = pluralize(problem.instruments.length, 'security');
  yield stepMessage(id, 15, `Looked at the account and ${securities}; asking for target weights.`);
  const answer = await context.functions.call(
    optimization.optimizeAllocation,
    targetRequest(problem, hash, account),
    context.callOptions(),
  );
  const targeted = withTargets(problem, targetsOf(answer));
  yield stepMessage(id, 40, 'The targets are set; weighing what to buy and sell.');
  const decision = yield* withProgress(id, decide(targeted));

  const createdAt = context.now();
  const content = buildPlan(targeted, decision);
  const exchanges = exchangesOf(problem, content);
  const plan = await plans.save({
    ...content,
    ...{ id, accountId: account, portfolioHash: hash, pricedOn: problem.day, policyVersion },
    status: statusAfter('DRAFT', 'validated'),
    createdAt,
    validUntil: validUntil(createdAt, context.settings.planValidDays, exchanges),
    targets: targetWeights(targeted),
    limitPrices: limitPricesOf(answer),
    warnings: [
      ...priceWarnings(targeted, dayOf(createdAt)),
      ...taxWarningsOf(content, taxWarnings),
    ],
  });
  yield completeMessage(plan);
});
