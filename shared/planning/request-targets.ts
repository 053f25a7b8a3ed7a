/** Requests target weights from the optimization service, and parses its answer. */
import type { OptimizeAllocationResponse } from '#protos/gen/optimization.ts';
import { refused } from '#shared/kernel/failure.ts';
import type { AccountId, PortfolioHash } from '#shared/kernel/identifiers.ts';
import { parseIsin, type Isin } from '#shared/kernel/isin.ts';
import { Decimal } from '#shared/kernel/decimal.ts';
import type { WireRequestOf } from '#shared/contract/row.ts';
import type { optimization } from '#shared/contract/optimization.ts';
import { Money } from '#shared/kernel/money.ts';
import { cashReserve } from './model/settlement.ts';
import type { PlanLimitPrice } from './model/plan.ts';
import { portfolioValue, type PlanningProblem } from './model/problem.ts';

/**
 * Counts and smallest sizes of positions are left to the plan's own search, which knows lots and
 * fees: finding targets under them takes a thousand times longer and leads to no better plan.
 */
export function targetRequest(
  problem: PlanningProblem,
  hash: PortfolioHash,
  account: AccountId,
): WireRequestOf<typeof optimization.optimizeAllocation> {
  const { limits } = problem;
  const held = problem.instruments.filter((one) => one.held.sign > 0 && one.price.amount.sign > 0);
  const value = portfolioValue(problem);
  const weightMost = Math.max(limits.weightMaxRatio, ...(limits.weightMaxBy?.values() ?? []));
  const largest = value.multiply(Decimal.ofNumber(weightMost), 'down');
  return {
    portfolioHash: hash,
    currentPositions: held.map(({ isin, symbol, price, keptBecause, held: shares }) => ({
      ...{ isin, symbol },
      quantity: shares.toString(),
      ...(keptBecause !== undefined && { currentPrice: price.toJSON() }),
    })),
    availableCash: problem.cash.toJSON(),
    riskAversion: limits.riskAversion,
    cashReserveRatio: reserveRatio(problem, value),
    accountId: account,
    ...(limits.weightIsNarrowed && { constraints: { maxPositionSize: largest.toJSON() } }),
  };
}

/** Of a share and a fixed amount, at most all. */
function reserveRatio(problem: PlanningProblem, value: Money): number {
  if (value.sign <= 0) return problem.limits.cashReserveRatio;
  return Math.min(1, cashReserve(problem).toEstimate() / value.toEstimate());
}

/**
 * A universe without moments has neither targets nor candidates.
 * @throws Failure REFUSED no-targets when no allocation satisfies the constraints
 */
export function targetsOf(answer: OptimizeAllocationResponse): ReadonlyMap<Isin, number> {
  const { success, solverStatus, conflicts, targetWeights, mend } = answer;
  if (!success && solverStatus !== 'no-data')
    throw refused(
      'no-targets',
      `There are no target weights (${solverStatus}): ${conflicts.join('; ')}. ${mend}`.trim(),
      { solverStatus, conflicts, mend },
    );
  return new Map(Object.entries(targetWeights).map(([isin, weight]) => [parseIsin(isin), weight]));
}

/** What the limits on the targets cost, as the plan keeps it. */
export function limitPricesOf({
  limitPrices,
}: OptimizeAllocationResponse): readonly PlanLimitPrice[] {
  return limitPrices.flatMap(({ cost, ...one }) =>
    cost ? [{ ...one, cost: Money.parse(cost.amount, cost.currency) }] : [],
  );
}
