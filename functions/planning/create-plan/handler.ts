/**
 * Finds the orders that improve the portfolio most after cost, or says to hold. Streams its steps;
 * the last message carries the plan.
 *
 * The account is planned for as booked, unless `positions` or `available_cash` ask "what if". A
 * `portfolio_hash` that is given must be the present one: REFUSED stale-portfolio. `max_positions`
 * limits the securities held (0: PLAN_ORDERS_MAX, or as many as are held), `target_allocation_pct`
 * the share of the value that is invested (0: all but the reserve), `monthly_deposit` (absent: the
 * setting) keeps what the next deposit balances from being sold. Keys of `constraints` are listed in
 * shared/planning/plan-constraints.ts.
 *
 * With `target_weights` nothing is searched: the plan leads straight to them (model/to-target.ts).
 *
 * With `changed_from` nothing is searched either: the plan is that one with `quantities` in place of its own, for an
 * account that is still the same. A `dry_run` answers a plan and stores nothing.
 *
 * What the plan saw is kept for PLAN_INPUT_DAYS, so that Replan can make it again (docs/domain/planning.md).
 *
 * The plan's id comes from the idempotency key, so a run that is repeated answers the same one plan.
 */
import { optimization } from '#shared/contract/optimization.ts';
import { planning } from '#shared/contract/planning.ts';
import { InputStore } from '#shared/planning/inputs/input-store.ts';
import { InputRecorder } from '#shared/planning/inputs/recording.ts';
import { makePlan } from '#shared/planning/make-plan.ts';
import { completeMessage } from '#shared/planning/plan-message.ts';
import { accountOf } from '#shared/planning/plan-constraints.ts';
import { planIdOf, PlanStore } from '#shared/planning/plan-store.ts';
import { policyInForce } from '#shared/portfolio/policy/policy-in-force.ts';
import { handle } from '#shared/runtime/handle.ts';

export default handle(planning.createPlan, async function* (request, context) {
  const id = planIdOf(context.idempotencyKey);
  const plans = new PlanStore(context.database);
  const made = await plans.recover(id);
  if (made) return yield completeMessage(made);
  // A policy file that has changed becomes a version here, so that what is recorded only reads.
  await policyInForce(context, accountOf(request));
  const days = request.dryRun ? 0 : context.settings.planInputDays;
  const recorder = days > 0 ? new InputRecorder(context, request) : undefined;
  const plan = yield* makePlan(
    recorder?.dependencies ?? context,
    request,
    id,
    async (requested) => {
      const answer = await context.functions.call(
        optimization.optimizeAllocation,
        requested,
        context.callOptions(),
      );
      await recorder?.keepTargets(requested, answer);
      return answer;
    },
  );
  if (recorder) await new InputStore(context.database).save(recorder.inputs(plan), days);
  yield completeMessage(request.dryRun ? plan : await plans.save(plan));
});
