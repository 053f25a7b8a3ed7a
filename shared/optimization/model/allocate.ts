/** Computes weights from moments, limits and a goal; or the smallest set of limits in conflict. */
import {
  investedMax,
  longOnly,
  requirementsOf,
  returnAtLeast,
  variableCountOf,
  volatilityAtMost,
  type AllocationLimits,
  type Requirement,
} from './constraints.ts';
import { smallestConflict } from './infeasibility.ts';
import { at, plus, quadratic, sum } from '#shared/quant/linear-algebra/matrix.ts';
import type { SearchBudget } from '#shared/quant/solvers/semicontinuous/branch-and-bound.ts';
import { isFeasible } from '#shared/quant/solvers/quadratic.ts';
import { proofOf, type Proof } from './proof.ts';
import { portfolioFigures } from '#shared/quant/allocation/mean-variance.ts';
import { partialRelaxationText, relaxationOf, relaxationText } from './limit-relaxation.ts';
import type { Moments } from './security-moments.ts';
import { diversificationRatio } from '#shared/quant/allocation/most-diversified.ts';
import { requireVariances } from '#shared/quant/estimation/positive-variances.ts';
import { balancedWeights, solveGoal, type Goal, type AllocationProblem } from './objectives.ts';
import {
  hasPositions,
  positionBudget,
  solveWithPositionLimits,
  WEIGHT_ZERO,
  type Positioned,
} from './position-limits.ts';
import type { PositionLimits } from './position-programs.ts';

/** A goal as requested; the targets of risk parity and HRP are computed here. */
export type RequestedGoal =
  Exclude<Goal, { kind: 'RISK_PARITY' | 'HRP' }> | { readonly kind: 'RISK_PARITY' | 'HRP' };

export interface Allocation {
  /**
   * - `optimal`: no allocation within the limits does better.
   * - `feasible`: within the limits; position limits made the proof too long to finish.
   * - `infeasible`: nothing satisfies the limits; `conflicts` says which.
   * - `undecided`: none was found before the search ended, and none was ruled out.
   * - `no-positive-return`: no allocation has a positive expected return, so none has a best Sharpe
   *   ratio; the one of least volatility is answered.
   */
  readonly status: 'optimal' | 'feasible' | 'infeasible' | 'undecided' | 'no-positive-return';
  /** In the order of the moments; all 0 without an answer. */
  readonly weights: Float64Array;
  readonly cashWeight: number;
  /** Clauses of the smallest set of requirements that cannot hold together. */
  readonly conflicts: readonly string[];
  /** One change that would let them hold together, as a sentence; empty where none is known. */
  readonly mend: string;
  readonly kktResidual: number;
  readonly iterations: number;
  /** How good the weights are; undefined without an answer. */
  readonly proof: Proof | undefined;
}

/** A security without variance would take these over; the others weigh it by its return too. */
const isOfRiskAlone: Readonly<Record<RequestedGoal['kind'], boolean>> = {
  MINIMUM_VOLATILITY: true,
  MAXIMUM_SHARPE: true,
  MAXIMUM_DIVERSIFICATION: true,
  RISK_PARITY: true,
  HRP: true,
  TARGET_RETURN: false,
  TARGET_RISK: false,
  QUADRATIC_UTILITY: false,
  BLACK_LITTERMAN: false,
  TRACKING: false,
};

const noConflict = { conflicts: [], mend: '' };

/** @throws Failure REFUSED zero-variance for a goal of risk alone, naming the securities */
export function allocate(
  requested: RequestedGoal,
  moments: Moments,
  limits: AllocationLimits,
): Allocation {
  const requirements = requirementsOf(limits);
  const problem = problemOf(moments, limits, requirements);
  if (isOfRiskAlone[requested.kind])
    requireVariances(moments.covariance, requested.kind, moments.isins, problem.excluded);
  const { solution, bound, proven, nodes } = solveWithin(
    goalOf(requested, problem),
    problem,
    requirements,
  );
  if (!solution) {
    const { conflicts, mend } = proven
      ? conflictsOf(requested, moments, limits, requirements)
      : noConflict;
    const status = proven ? 'infeasible' : 'undecided';
    const weights = new Float64Array(moments.isins.length);
    const found = { conflicts, mend, kktResidual: 0, iterations: nodes, proof: undefined };
    return { status, weights, cashWeight: 1, ...found };
  }
  const weights = solution.weights.map((weight) => (weight < WEIGHT_ZERO ? 0 : weight));
  return {
    status: solution.degenerate ? 'no-positive-return' : proven ? 'optimal' : 'feasible',
    weights,
    cashWeight: Math.max(0, 1 - limits.frozenWeight - sum(weights)),
    ...noConflict,
    kktResidual: solution.kktResidual,
    iterations: solution.iterations,
    proof: solution.degenerate
      ? proofOf({ kind: 'MINIMUM_VOLATILITY' }, solution.loss, bound, proven)
      : proofOf(requested, solution.loss, bound, proven),
  };
}

export interface AllocationMetrics {
  readonly expectedReturn: number;
  readonly volatility: number;
  /** Expected return over volatility; 0 where nothing is at risk. Cash earns nothing. */
  readonly sharpe: number;
  /** Weighted volatilities over that of the whole, from 1; 0 where nothing is at risk. */
  readonly diversification: number;
  readonly trackingError: number;
}

/** Yearly figures of the weights themselves. @param benchmark weights the tracking error is against */
export function metricsOf(
  { expected, covariance }: Moments,
  weights: Float64Array,
  benchmark: Float64Array,
): AllocationMetrics {
  const figures = portfolioFigures({ expected, covariance }, weights);
  return {
    ...figures,
    diversification: figures.volatility > 0 ? diversificationRatio(covariance, weights) : 0,
    trackingError: Math.sqrt(quadratic(covariance, plus(weights, benchmark, -1))),
  };
}

/**
 * The goal's own figure for weights: volatility a year (minimum volatility, target return, risk
 * parity, HRP), Sharpe ratio, diversification ratio, expected return a year (target risk), utility (quadratic utility,
 * Black-Litterman), tracking error against the targets (tracking).
 */
export function objectiveValue(
  goal: RequestedGoal,
  { expectedReturn, volatility, sharpe, diversification, trackingError }: AllocationMetrics,
): number {
  switch (goal.kind) {
    case 'MAXIMUM_SHARPE':
      return sharpe;
    case 'MAXIMUM_DIVERSIFICATION':
      return diversification;
    case 'TARGET_RISK':
      return expectedReturn;
    case 'QUADRATIC_UTILITY':
    case 'BLACK_LITTERMAN':
      return expectedReturn - (goal.riskAversion / 2) * volatility ** 2;
    case 'TRACKING':
      return trackingError;
    case 'MINIMUM_VOLATILITY':
    case 'TARGET_RETURN':
    case 'RISK_PARITY':
    case 'HRP':
      return volatility;
  }
}

function goalOf(requested: RequestedGoal, problem: AllocationProblem): Goal {
  switch (requested.kind) {
    case 'RISK_PARITY':
    case 'HRP':
      return { kind: requested.kind, weights: balancedWeights(requested.kind, problem) };
    default:
      return requested;
  }
}

/** The problem under some requirements. */
export function problemOf(
  moments: Moments,
  limits: AllocationLimits,
  requirements: readonly Requirement[],
): AllocationProblem {
  return {
    moments,
    variables: variableCountOf(limits),
    rows: [...longOnly(limits), ...requirements.flatMap(({ rows }) => rows)],
    investedMax: investedMax(limits),
    excluded: new Set(
      limits.securities.flatMap(({ maxWeight }, i) => (maxWeight === 0 ? [i] : [])),
    ),
  };
}

/** The best weights for a goal under requirements, those on counts and sizes too. */
export function solveWithin(
  goal: Goal,
  problem: AllocationProblem,
  requirements: readonly Requirement[],
  budget?: SearchBudget,
): Positioned {
  const limits = positionLimitsOf(requirements);
  if (isNoneLargeEnough(problem, limits.sizeMin))
    return { solution: undefined, bound: Infinity, proven: true, nodes: 0 };
  if (limits.countMax !== undefined || limits.sizeMin !== undefined)
    return solveWithPositionLimits(goal, problem, limits, budget);
  const solution = solveGoal(goal, problem);
  return { solution, bound: solution?.loss ?? Infinity, proven: true, nodes: 1 };
}

function positionLimitsOf(requirements: readonly Requirement[]): PositionLimits {
  return {
    countMax: least(requirements.flatMap(({ countMax }) => countMax ?? [])),
    sizeMin: least(requirements.flatMap(({ sizeMin }) => sizeMin ?? [])),
  };
}

/** Whether no security may take as much as the smallest position: then to hold nothing is no answer. */
function isNoneLargeEnough({ rows, moments, excluded }: AllocationProblem, sizeMin = 0): boolean {
  const open = moments.isins.map((_isin, i) => i).filter((i) => !excluded.has(i));
  if (sizeMin === 0 || open.length === 0) return false;
  const caps = rows.filter(({ coefficients, relation }) => {
    return relation !== '>=' && coefficients.every((coefficient) => coefficient >= 0);
  });
  return open.every((i) =>
    caps.some(({ coefficients, bound }) => at(coefficients, i) * sizeMin > bound + 1e-9),
  );
}

function least(values: readonly number[]): number | undefined {
  return values.length > 0 ? Math.min(...values) : undefined;
}

/** The smallest set; requirements hold together when the least variance within them exists. */
function conflictsOf(
  requested: RequestedGoal,
  moments: Moments,
  limits: AllocationLimits,
  requirements: readonly Requirement[],
): Pick<Allocation, 'conflicts' | 'mend'> {
  const nothing = new Float64Array(moments.isins.length);
  /** @param undecided what counts where the search ended before it was known */
  const holds = (
    some: readonly Requirement[],
    budget: SearchBudget,
    undecided: boolean,
  ): boolean => {
    if (some.every(({ volatilityMax }) => volatilityMax === undefined))
      return canHold(problemOf(moments, limits, some), positionLimitsOf(some), budget, undecided);
    const { solution, proven } = solveWithin(
      { kind: 'TRACKING', weights: nothing },
      problemOf(moments, limits, some),
      some,
      budget,
    );
    if (!solution) return !proven && undecided;
    const ceiling = Math.min(...some.map(({ volatilityMax = Infinity }) => volatilityMax));
    return Math.sqrt(solution.loss) <= ceiling + 1e-9;
  };
  const all = [...requirements, ...goalRequirement(requested, moments, variableCountOf(limits))];
  // A conflict is never claimed without proof, and no more is a change that would mend it.
  const [search, mending] = [positionBudget(), positionBudget()];
  const conflict = smallestConflict(all, (some) => holds(some, search, true));
  const relaxationIn = (among: readonly Requirement[]) =>
    relaxationOf(conflict, among, limits, (some) => holds(some, mending, false));
  const whole = relaxationIn(all);
  // Several conflicts have no single change in common: then one that resolves what is named.
  const partial = whole ? undefined : relaxationIn(conflict);
  return {
    conflicts: conflict.map(({ words }) => words),
    mend: whole ? relaxationText(whole) : partial ? partialRelaxationText(partial) : '',
  };
}

function canHold(
  problem: AllocationProblem,
  limits: PositionLimits,
  budget: SearchBudget,
  undecided: boolean,
): boolean {
  if (isNoneLargeEnough(problem, limits.sizeMin)) return false;
  if (!isFeasible(problem.variables, problem.rows)) return false;
  const { countMax, sizeMin } = limits;
  if ((countMax ?? sizeMin) === undefined) return true;
  return hasPositions(problem, limits, budget) ?? undecided;
}

function goalRequirement(
  requested: RequestedGoal,
  moments: Moments,
  variables: number,
): readonly Requirement[] {
  if (requested.kind === 'TARGET_RETURN')
    return [returnAtLeast(moments.expected, variables, requested.returnMin)];
  return requested.kind === 'TARGET_RISK' ? [volatilityAtMost(requested.volatilityMax)] : [];
}
