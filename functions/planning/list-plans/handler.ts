/** Lists plans, newest first, of one portfolio hash where it is given; the total is before paging. */
import { planning } from '#shared/contract/planning.ts';
import { planMessage } from '#shared/planning/plan-message.ts';
import { StoredPlans } from '#shared/planning/stored-plans.ts';
import { handle } from '#shared/runtime/handle.ts';

export default handle(planning.listPlans, async (request, { database }) => {
  const { portfolioHash, offset, limit } = request;
  const { plans, total } = await new StoredPlans(database).page(portfolioHash, offset, limit);
  return { plans: plans.map(planMessage), total };
});
