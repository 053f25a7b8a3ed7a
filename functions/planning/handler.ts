/** Generated from the catalogue by `npm run generate`: the planning service in one function. */
import createPlan from './create-plan/handler.ts';
import getBestResult from './get-best-result/handler.ts';
import getPlan from './get-plan/handler.ts';
import listPlans from './list-plans/handler.ts';
import replan from './replan/handler.ts';
import { planning } from '#shared/contract/planning.ts';
import { pack } from '#shared/runtime/pack.ts';

export default pack('planning', planning, {
  createPlan,
  getBestResult,
  getPlan,
  listPlans,
  replan,
});
