/**
 * The goals an allocation can have, each a mean-variance program over the same rows.
 *
 * Goals of risk alone (minimum volatility, maximum Sharpe and diversification, risk parity, HRP) would be
 * met by cash, so they invest as much as the limits allow first. The others weigh cash, which earns and risks
 * nothing, against the securities and may hold more of it than the reserve.
 */
import { deviations } from '#shared/quant/estimation/covariance.ts';
import { hierarchicalRiskParity } from '#shared/quant/allocation/hierarchical-risk-parity.ts';
import { at, scaled, submatrix } from '#shared/quant/linear-algebra/matrix.ts';
import {
  efficientReturn,
  efficientRisk,
  leastVariance,
  mostSharpe,
  mostUtility,
  nearest,
  type MeanVarianceProgram,
  type OptimalWeights,
} from '#shared/quant/allocation/mean-variance.ts';
import type { Moments } from './security-moments.ts';
import type { LinearRow } from '#shared/quant/solvers/quadratic-program.ts';
import { isFeasible, solveQuadratic } from '#shared/quant/solvers/quadratic.ts';
import { riskParity } from '#shared/quant/allocation/risk-parity.ts';

export type Goal =
  | { readonly kind: 'MINIMUM_VOLATILITY' }
  | { readonly kind: 'MAXIMUM_SHARPE' | 'MAXIMUM_DIVERSIFICATION' }
  /** As near as the limits allow to `weights`, the answer without limits (`balancedWeights`). */
  | { readonly kind: 'RISK_PARITY' | 'HRP'; readonly weights: Float64Array }
  /** Least volatility with at least this expected return a year. */
  | { readonly kind: 'TARGET_RETURN'; readonly returnMin: number }
  /** Most expected return with at most this volatility a year. */
  | { readonly kind: 'TARGET_RISK'; readonly volatilityMax: number }
  /** Most mu'w - (riskAversion/2) w'Sw; on the posterior it is Black-Litterman. */
  | { readonly kind: 'QUADRATIC_UTILITY' | 'BLACK_LITTERMAN'; readonly riskAversion: number }
  /** Least tracking error against given weights. */
  | { readonly kind: 'TRACKING'; readonly weights: Float64Array };

export interface AllocationProblem {
  readonly moments: Moments;
  /** The weights, and whatever the rows need beside them. */
  readonly variables: number;
  readonly rows: readonly LinearRow[];
  /** Most that the weights may sum to. */
  readonly investedMax: number;
  /** Securities that may take nothing; risk parity and HRP leave them out. */
  readonly excluded: ReadonlySet<number>;
}

export interface Solution {
  readonly weights: Float64Array;
  /** What is made smallest: variance, negative ratio, negative return, negative utility. */
  readonly loss: number;
  /** For goals that invest in full, how much could be; 0 for others. More of it goes first. */
  readonly invested: number;
  readonly kktResidual: number;
  readonly iterations: number;
  /** True when the goal does not exist: no allocation has a positive expected return. */
  readonly degenerate?: boolean;
}

/** @returns undefined when no weights satisfy the rows (and the target return, where there is one) */
export function solveGoal(goal: Goal, problem: AllocationProblem): Solution | undefined {
  const program = programOf(problem);
  switch (goal.kind) {
    case 'MINIMUM_VOLATILITY':
      return inFull(problem, (full) => solution(leastVariance(programOf(full))));
    case 'MAXIMUM_SHARPE':
      return inFull(problem, bestSharpe);
    case 'MAXIMUM_DIVERSIFICATION':
      return inFull(volatilitiesAsReturns(problem), bestSharpe);
    case 'TARGET_RETURN':
      return solution(efficientReturn(program, goal.returnMin));
    case 'TARGET_RISK':
      return solution(efficientRisk(program, goal.volatilityMax));
    case 'QUADRATIC_UTILITY':
    case 'BLACK_LITTERMAN':
      return solution(mostUtility(program, goal.riskAversion));
    case 'TRACKING':
      return solution(nearest(program, goal.weights));
    case 'RISK_PARITY':
    case 'HRP':
      return inFull(problem, (full) => solution(nearest(programOf(full), goal.weights)));
  }
}

/**
 * Risk parity and HRP know no limits. The rule: of the weights within the limits, those with the
 * least tracking error against the unlimited answer; that answer itself where it is within them.
 */
export function balancedWeights(
  kind: 'RISK_PARITY' | 'HRP',
  problem: AllocationProblem,
): Float64Array {
  const { moments, excluded } = problem;
  const kept = moments.isins.flatMap((_, i) => (excluded.has(i) ? [] : [i]));
  const weights = new Float64Array(moments.isins.length);
  if (kept.length === 0) return weights;
  const part = submatrix(moments.covariance, kept);
  const shares = kind === 'HRP' ? hierarchicalRiskParity(part) : riskParity(part).weights;
  const invested = mostInvested(problem) ?? 0;
  kept.forEach((i, k) => (weights[i] = at(shares, k) * invested));
  return weights;
}

/** Most that can be invested within the rows; undefined when the rows contradict each other. */
function mostInvested(problem: AllocationProblem): number | undefined {
  const row = investedRow(problem, '=', problem.investedMax);
  if (isFeasible(problem.variables, [...problem.rows, row])) return problem.investedMax;
  return mostOf(problem, row);
}

/** The most that can be invested is met within this, or nothing would be left to choose from. */
const INVESTED_SLACK = 1e-7;

type Full = (full: AllocationProblem, invested: number) => Solution | undefined;

function inFull(problem: AllocationProblem, solve: Full): Solution | undefined {
  const whole = investedRow(problem, '=', problem.investedMax);
  const direct = solve({ ...problem, rows: [...problem.rows, whole] }, problem.investedMax);
  if (direct) return { ...direct, invested: problem.investedMax };
  const invested = mostInvested(problem);
  if (invested === undefined) return undefined;
  const least = Math.max(0, invested - INVESTED_SLACK);
  const row = investedRow(problem, '>=', least);
  const solution = solve({ ...problem, rows: [...problem.rows, row] }, least);
  return solution && { ...solution, invested };
}

/** The best Sharpe ratio; where nothing is expected to earn, the least variance, as `degenerate`. */
function bestSharpe(problem: AllocationProblem, invested: number): Solution | undefined {
  const program = programOf(problem);
  if (invested < 1e-9) return solution(leastVariance(program));
  const best = solution(mostSharpe(program, invested));
  if (best) return best;
  const safest = solution(leastVariance(program));
  return safest && { ...safest, degenerate: true };
}

/** The best ratio of merits to volatility is the most diversified where the merits are volatilities. */
function volatilitiesAsReturns(problem: AllocationProblem): AllocationProblem {
  const { moments } = problem;
  return { ...problem, moments: { ...moments, expected: deviations(moments.covariance) } };
}

function programOf({ moments, variables, rows }: AllocationProblem): MeanVarianceProgram {
  return { expected: moments.expected, covariance: moments.covariance, variables, rows };
}

function solution(found: OptimalWeights | undefined): Solution | undefined {
  return found && { ...found, invested: 0 };
}

function investedRow(
  { moments, variables }: AllocationProblem,
  relation: LinearRow['relation'],
  bound: number,
): LinearRow {
  const ones = new Float64Array(moments.isins.length).fill(1);
  return { coefficients: extended(ones, variables), relation, bound };
}

/** Most of the sum of the weights. */
function mostOf(problem: AllocationProblem, row: LinearRow): number | undefined {
  const quadratic = Array.from(
    { length: problem.variables },
    () => new Float64Array(row.coefficients.length),
  );
  const answer = solveQuadratic({
    quadratic,
    linear: scaled(row.coefficients, -1),
    rows: problem.rows,
  });
  return answer && -answer.value;
}

function extended(vector: ArrayLike<number>, size: number): Float64Array {
  const longer = new Float64Array(size);
  longer.set(vector);
  return longer;
}
