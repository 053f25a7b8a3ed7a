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
import { changeMessage } from '#shared/optimization/change-message.ts';
import { limitPricesMessage } from '#shared/optimization/limit-prices-message.ts';
import { checkEntries } from '#shared/optimization/model/allocation-request.ts';
import { changesTo, hasWeights, optimise } from '#shared/optimization/model/optimise.ts';
import { HISTORY_YEARS, loadInputs } from '#shared/optimization/load-inputs.ts';
import { policyInForce } from '#shared/portfolio/policy/policy-in-force.ts';
import { statedRates } from '#shared/portfolio/used-rates.ts';
import { handle } from '#shared/runtime/handle.ts';

export default handle(optimization.optimizeAllocation, async (request, context) => {
  const { accountId } = request;
  checkEntries(request.targetAllocations);
  const { settings, policy } = await policyInForce(context, accountId);
  const mentioned = request.targetAllocations.map(
    ({ isin }, i) => [`targetAllocations[${i}].isin`, isin] as const,
  );
  const { view, account } = await loadInputs(context, request, mentioned, HISTORY_YEARS);

  const startedAt = performance.now();
  const answer = optimise(view, account, request, { ...settings, rules: policy });
  const solveTimeMs = performance.now() - startedAt;

  const { allocation, metrics, goal, targets } = answer;
  const success = hasWeights(answer);
  const allowFractional = request.constraints?.allowFractional ?? false;
  const changes = success ? changesTo(account, targets, allowFractional) : [];
  return {
    ...statedRates(view.rates, view.asOf),
    success,
    changes: changes.map(changeMessage),
    objectiveValue: answer.objectiveValue,
    solverStatus: answer.status,
    metrics: {
      expectedReturn: metrics.expectedReturn,
      expectedVolatility: metrics.volatility,
      sharpeRatio: metrics.sharpe,
      trackingError: metrics.trackingError,
      iterations: allocation.iterations,
      solveTimeMs,
    },
    conflicts: [...allocation.conflicts],
    mend: allocation.mend,
    objectiveBound: allocation.proof?.bound,
    gap: allocation.proof?.gap,
    proof: allocation.proof?.words ?? '',
    limitPrices: limitPricesMessage(answer.limitPrices, account.total),
    objective: goal === undefined || goal.kind === 'TRACKING' ? 'OBJECTIVE_UNSPECIFIED' : goal.kind,
    kktResidual: allocation.kktResidual,
    cashWeight: allocation.cashWeight,
    targetWeights: Object.fromEntries(targets),
  };
});
