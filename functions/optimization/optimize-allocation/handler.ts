/**
 * Target weights by a stated objective within stated limits. What a request means is written in
 * `allocation-request.ts`, what each objective maximises in docs/domain/optimization.md.
 *
 * `solver_status`:
 * - `optimal`: no weights within the limits do better; `kkt_residual` shows it.
 * - `feasible`: within the limits; position limits made the proof too long to finish. `gap` says how
 *   much better other weights could be at most, in the unit of `objectiveBound`.
 * - `no-positive-return`: MAXIMUM_SHARPE where nothing is expected to earn; least volatility instead.
 * - `infeasible`: nothing satisfies the limits; `conflicts` is the smallest set that cannot hold.
 * - `undecided`: no weights were found within the search, and none were ruled out.
 * - `no-data`: the universe has no security with enough prices.
 * `success` is true for the first three.
 *
 * `objective` of the answer is OBJECTIVE_UNSPECIFIED when given target weights were tracked. Weights
 * are exact to the limits; orders are rounded to whole lots, purchases down and sales up, unless
 * parts of shares are allowed. An account without value gets weights and no orders.
 */
import { optimization } from '#shared/contract/optimization.ts';
import { loadAllocation } from '#shared/optimization/load-allocation.ts';
import { handle } from '#shared/runtime/handle.ts';

export default handle(optimization.optimizeAllocation, async (request, context) => {
  const loaded = await loadAllocation(context, request);
  // Solvers are loaded where there is something to be solved.
  const { answerAllocation } = await import('#shared/optimization/answer-allocation.ts');
  const startedAt = performance.now();
  return answerAllocation(loaded, request, () => performance.now() - startedAt);
});
