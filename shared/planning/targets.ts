/** Asking the optimization service for target weights, and reading its answer. */
import type { OptimizeAllocationResponse } from '#protos/gen/optimization.ts';
import { refused } from '#shared/kernel/failure.ts';
import type { PortfolioHash } from '#shared/kernel/identifiers.ts';
import { isIsin, type Isin } from '#shared/kernel/isin.ts';
import { Decimal } from '#shared/kernel/decimal.ts';
import type { WireRequestOf } from '#shared/operations/row.ts';
import type { optimization } from '#shared/optimization/contract.ts';
import { portfolioValue, type PlanningProblem } from './model/problem.ts';

/** Targets that the plan's own limits can reach: no position that no order could make. */
export function targetRequest(
  problem: PlanningProblem,
  hash: PortfolioHash,
): WireRequestOf<typeof optimization.optimizeAllocation> {
  const { limits } = problem;
  const held = problem.instruments.filter((one) => one.held.sign > 0);
  const largest = portfolioValue(problem).multiply(Decimal.ofNumber(limits.weightMaxRatio), 'down');
  return {
    portfolioHash: hash,
    currentPositions: held.map(({ isin, symbol, held: shares }) => ({
      ...{ isin, symbol },
      quantity: shares.toString(),
    })),
    availableCash: problem.cash.toJSON(),
    riskAversion: limits.riskAversion,
    cashReserveRatio: limits.cashReserveRatio,
    constraints: {
      ...(Number.isFinite(limits.positionsMax) && { maxPositions: limits.positionsMax }),
      minPositionSize: limits.minimumOrder.toJSON(),
      maxPositionSize: largest.toJSON(),
    },
  };
}

/** @throws Failure REFUSED no-targets when no allocation satisfies the constraints */
export function targetsOf(answer: OptimizeAllocationResponse): ReadonlyMap<Isin, number> {
  if (!answer.success)
    throw refused(
      'no-targets',
      `There are no target weights (${answer.solverStatus}): ${answer.conflicts.join('; ')}.`,
      { solverStatus: answer.solverStatus, conflicts: answer.conflicts },
    );
  return new Map(
    Object.entries(answer.targetWeights).flatMap(([isin, weight]): [Isin, number][] =>
      isIsin(isin) ? [[isin, weight]] : [],
    ),
  );
}
