/**
 * The goals an allocation can have, each as one or a few quadratic programs over the same rows.
 *
 * Goals of risk alone (minimum volatility, maximum Sharpe, risk parity, HRP) would be met by cash, so
 * they invest as much as the limits allow first. The others weigh cash, which earns and risks
 * nothing, against the securities and may hold more of it than the reserve.
 */
import { hierarchicalRiskParity } from './hierarchical-risk-parity.ts';
import { at, dot, plus, quadratic as quadraticForm, scaled, submatrix, sum } from './matrix.ts';
import type { Rows } from './matrix.ts';
import type { Moments } from './moments.ts';
import { solveQuadratic } from './quadratic.ts';
import { type LinearRow, type QuadraticAnswer } from './quadratic-program.ts';
import { riskParity } from './risk-parity.ts';

export type Goal =
  | { readonly kind: 'MINIMUM_VOLATILITY' | 'MAXIMUM_SHARPE' }
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

export interface Problem {
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
  /** What is made smallest: variance, negative Sharpe ratio, negative return, negative utility. */
  readonly loss: number;
  /** For goals that invest in full, how much could be; 0 for others. More of it goes first. */
  readonly invested: number;
  readonly kktResidual: number;
  readonly iterations: number;
  /** True when the goal does not exist: no allocation has a positive expected return. */
  readonly degenerate?: boolean;
}

/** @returns undefined when no weights satisfy the rows (and the target return, where there is one) */
export function solveGoal(goal: Goal, problem: Problem): Solution | undefined {
  switch (goal.kind) {
    case 'MINIMUM_VOLATILITY':
      return inFull(problem, (full) => leastVariance(full));
    case 'MAXIMUM_SHARPE':
      return inFull(problem, mostSharpe);
    case 'TARGET_RETURN':
      return leastVariance(withReturn(problem, goal.returnMin));
    case 'TARGET_RISK':
      return mostReturn(problem, goal.volatilityMax);
    case 'QUADRATIC_UTILITY':
    case 'BLACK_LITTERMAN':
      return mostUtility(problem, goal.riskAversion);
    case 'TRACKING':
      return nearest(problem, goal.weights);
    case 'RISK_PARITY':
    case 'HRP':
      return inFull(problem, (full) => nearest(full, goal.weights));
  }
}

/**
 * Risk parity and HRP know no limits. The rule: of the weights within the limits, those with the
 * least tracking error against the unlimited answer; that answer itself where it is within them.
 */
export function balancedWeights(kind: 'RISK_PARITY' | 'HRP', problem: Problem): Float64Array {
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
export function mostInvested(problem: Problem): number | undefined {
  const row = investedRow(problem, '=', problem.investedMax);
  const flat = zeros(problem.variables);
  const inFull = minimise({ ...problem, rows: [...problem.rows, row] }, flat, undefined);
  if (inFull) return problem.investedMax;
  const most = minimise(problem, flat, scaled(row.coefficients, -1));
  return most && -most.value;
}

/** The most that can be invested is met within this, or nothing would be left to choose from. */
const INVESTED_SLACK = 1e-7;

type Full = (full: Problem, invested: number) => Solution | undefined;

function inFull(problem: Problem, solve: Full): Solution | undefined {
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

function leastVariance(problem: Problem): Solution | undefined {
  const answer = minimise(problem, problem.moments.covariance, undefined);
  return answer && solutionOf(problem, answer, 2 * answer.value);
}

function mostUtility(problem: Problem, riskAversion: number): Solution | undefined {
  const { expected, covariance } = problem.moments;
  const risk = covariance.map((row) => scaled(row, riskAversion));
  const answer = minimise(problem, risk, scaled(expected, -1));
  return answer && solutionOf(problem, answer, answer.value);
}

function nearest(problem: Problem, aim: Float64Array): Solution | undefined {
  const { covariance } = problem.moments;
  const pull = Float64Array.from(covariance, (row) => -dot(row, aim));
  const answer = minimise(problem, covariance, pull);
  if (!answer) return undefined;
  const gap = plus(answer.x.slice(0, aim.length), aim, -1);
  return solutionOf(problem, answer, quadraticForm(covariance, gap));
}

/**
 * Maximum Sharpe ratio as a quadratic program in y, w = y S / sum(y): minimise y'Sy where mu'y = 1,
 * and each row a'w <= b becomes (a - b/S 1)'y <= 0 (Cornuejols and Tutuncu, "Optimization methods in
 * finance", 2007, section 8.2). Cash earns nothing, so no risk-free rate is taken off.
 */
function mostSharpe(problem: Problem, invested: number): Solution | undefined {
  const { expected, covariance } = problem.moments;
  const n = expected.length;
  if (invested < 1e-9) return leastVariance(problem);
  const rows = problem.rows.map(({ coefficients, relation, bound }): LinearRow => ({
    coefficients: coefficients.map((v, i) => (i < n ? v - bound / invested : v)),
    relation,
    bound: 0,
  }));
  const unitReturn: LinearRow = {
    coefficients: extended(expected, problem.variables),
    relation: '=',
    bound: 1,
  };
  const answer = minimise({ ...problem, rows: [...rows, unitReturn] }, covariance, undefined);
  if (!answer) {
    const safest = leastVariance(problem);
    return safest && { ...safest, degenerate: true };
  }
  const y = answer.x.slice(0, n);
  const weights = scaled(y, invested / sum(y));
  const ratio = dot(expected, weights) / Math.sqrt(quadraticForm(covariance, weights));
  return { ...solutionOf(problem, answer, -ratio), weights };
}

/**
 * Most return within a volatility: where the frontier's variance v(r), the least with a return of at
 * least r, meets the allowed one. v is convex with slope 2 nu, nu being the multiplier of the return
 * row, so Newton's steps from the richest end never pass the meeting point. There nu proves that no
 * more is possible: the conditions of min w'Sw/2, mu'w >= r, divided by nu, are those of max mu'w,
 * w'Sw <= volatility^2.
 */
function mostReturn(problem: Problem, volatilityMax: number): Solution | undefined {
  const safest = leastVariance(problem);
  if (!safest || Math.sqrt(safest.loss) > volatilityMax + 1e-10) return undefined;
  const { expected, covariance } = problem.moments;
  const varianceMax = volatilityMax ** 2;
  let best = mostUtility(problem, NEARLY_INDIFFERENT) ?? safest;
  if (quadraticForm(covariance, best.weights) <= varianceMax) {
    const greedy = minimise(problem, zeros(problem.variables), scaled(expected, -1));
    const richest = greedy && solutionOf(problem, greedy, greedy.value);
    if (richest && quadraticForm(covariance, richest.weights) <= varianceMax) return richest;
  }
  let wanted = dot(expected, best.weights);
  for (let round = 0; round < 60; round += 1) {
    const rich = withReturn(problem, wanted);
    const answer = minimise(rich, covariance, undefined);
    if (!answer) break;
    best = solutionOf(problem, answer, 2 * answer.value);
    const over = best.loss - varianceMax;
    const slope = 2 * at(answer.multipliers, rich.rows.length - 1);
    if (over <= 1e-14 || slope <= 0) break;
    wanted -= over / slope;
  }
  if (Math.sqrt(best.loss) > volatilityMax + 1e-9) best = safest;
  return { ...best, loss: -dot(expected, best.weights) };
}

/** Risk aversion that goes for return; Newton's steps start from its answer. */
const NEARLY_INDIFFERENT = 1e-3;

function withReturn(problem: Problem, ratio: number): Problem {
  const coefficients = extended(problem.moments.expected, problem.variables);
  return { ...problem, rows: [...problem.rows, { coefficients, relation: '>=', bound: ratio }] };
}

function investedRow(
  { moments, variables }: Problem,
  relation: LinearRow['relation'],
  bound: number,
): LinearRow {
  const ones = new Float64Array(moments.isins.length).fill(1);
  return { coefficients: extended(ones, variables), relation, bound };
}

function minimise(
  { variables, rows }: Problem,
  quadratic: Rows,
  linear: Float64Array | undefined,
): QuadraticAnswer | undefined {
  return solveQuadratic({
    quadratic: Array.from({ length: variables }, (_, i) =>
      extended(quadratic[i] ?? new Float64Array(0), variables),
    ),
    linear: extended(linear ?? new Float64Array(0), variables),
    rows,
  });
}

function solutionOf(problem: Problem, answer: QuadraticAnswer, loss: number): Solution {
  return {
    weights: answer.x.slice(0, problem.moments.isins.length),
    loss,
    invested: 0,
    kktResidual: answer.kktResidual,
    iterations: answer.iterations,
  };
}

function extended(vector: ArrayLike<number>, size: number): Float64Array {
  const longer = new Float64Array(size);
  longer.set(vector);
  return longer;
}

function zeros(size: number): Rows {
  return Array.from({ length: size }, () => new Float64Array(size));
}
