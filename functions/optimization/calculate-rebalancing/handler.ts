/**
 * Whether the account has drifted out of the band around its targets, and the least trading that
 * brings it back inside. Given targets are the whole target portfolio; without any, the targets are
 * those of the account's own objective. Drift is half the sum of absolute deviations with cash as one
 * of them; `changes` stop at half the band, use cash above its target first and sell last, and are
 * whole lots of at least the minimum order, so a small breach may need rebalancing and still show no
 * order worth its cost. An account without value has not drifted.
 */
import { refused } from '#shared/kernel/failure.ts';
import { changeMessage } from '#shared/optimization/change-message.ts';
import { optimization } from '#shared/contract/optimization.ts';
import {
  checkEntries,
  noPreference,
  type AllocationPolicy,
} from '#shared/optimization/model/allocation-request.ts';
import { HISTORY_YEARS } from '#shared/optimization/model/security-moments.ts';
import { rebalance, targetsOfEntries } from '#shared/optimization/model/rebalance.ts';
import { loadInputs, type OptimizationInputs } from '#shared/optimization/load-inputs.ts';
import { policyInForce } from '#shared/portfolio/policy/policy-in-force.ts';
import { statedRates } from '#shared/portfolio/used-rates.ts';
import { handle } from '#shared/runtime/handle.ts';

export default handle(optimization.calculateRebalancing, async (request, context) => {
  const entries = request.targetAllocations;
  checkEntries(entries);
  const { settings, policy } = await policyInForce(context, request.accountId);
  const mentioned = entries.map(({ isin }, i) => [`targetAllocations[${i}].isin`, isin] as const);
  const inputs = await loadInputs(context, request, mentioned, HISTORY_YEARS);
  const { account } = inputs;

  const targets =
    entries.length > 0
      ? targetsOfEntries(entries)
      : await ownTargets(inputs, { ...settings, rules: policy });
  const { drift, changes, cost } = rebalance(account, targets, settings);
  const valued = account.total.sign > 0;
  return {
    ...statedRates(inputs.view.rates, inputs.view.asOf),
    needsRebalancing: valued && drift.beyondBand,
    changes: changes.map(changeMessage),
    totalDriftPct: valued ? drift.total * 100 : 0,
    estimatedCost: cost.toJSON(),
    largestDriftPct: valued ? drift.position * 100 : 0,
  };
});

/** Solvers are loaded only for a call without targets. */
async function ownTargets({ view, account }: OptimizationInputs, policy: AllocationPolicy) {
  const { hasWeights, optimise } = await import('#shared/optimization/model/optimise.ts');
  const answer = optimise(view, account, noPreference, policy);
  if (!hasWeights(answer))
    throw refused('no-targets', `There are no targets to drift from: ${answer.status}.`, {
      solverStatus: answer.status,
      conflicts: answer.allocation.conflicts,
    });
  return [...answer.targets].map(([isin, weight]) => ({ isin, weight }));
}
