/** Finds a plan by its id; `found` is false when there is none. */
import type { PlanId } from '#shared/kernel/identifiers.ts';
import { planning } from '#shared/contract/planning.ts';
import { planMessage } from '#shared/planning/plan-message.ts';
import { StoredPlans } from '#shared/planning/stored-plans.ts';
import { handle } from '#shared/runtime/handle.ts';

export default handle(planning.getPlan, async ({ planId }, { database }) => {
  const plan = await new StoredPlans(database).find(planId as PlanId);
  return { found: plan !== undefined, plan: plan && planMessage(plan) };
});
