/**
 * Limits that split the space: at most so many positions, none smaller than so much. Branch and bound with
 * perspective relaxations (`shared/quant/solvers/semicontinuous/`) finds what is held and a bound that no other choice
 * can pass; with what is held known, the weights are solved for once more exactly.
 */
import {
  at,
  dot,
  plus,
  quadratic,
  solved,
  submatrix,
  times,
} from '#shared/quant/linear-algebra/matrix.ts';
import { unit, type LinearRow } from '#shared/quant/solvers/quadratic-program.ts';
import {
  solveSemicontinuous,
  type SearchBudget,
} from '#shared/quant/solvers/semicontinuous/branch-and-bound.ts';
import type { Moments } from './security-moments.ts';
import { solveGoal, type Goal, type AllocationProblem, type Solution } from './objectives.ts';
import { deviations } from '#shared/quant/estimation/covariance.ts';
import {
  investedProgram,
  investedRow,
  positionProgram,
  ratioProgram,
  type PositionLimits,
  type QuadraticGoal,
} from './position-programs.ts';

/** A weight below this is no position. */
export const WEIGHT_ZERO = 1e-9;

export interface Positioned {
  /** Undefined where none was found. */
  readonly solution: Solution | undefined;
  /** No weights within the limits have a smaller loss; Infinity: there are none. */
  readonly bound: number;
  /** Whether the loss is the least one, or nothing satisfies the limits. */
  readonly proven: boolean;
  readonly nodes: number;
}

/** A problem, and the work that may be done on it. */
interface Searched extends AllocationProblem {
  readonly budget: SearchBudget;
}

/** Answers are proven to be the best to this share of the loss. */
const PROVEN_RATIO = 3e-6;
const PROVEN_LEAST = 1e-10;
/** About a second of a processor of 2024. */
const WORK_MAX = 1.2e8;
/** The most that can be invested is met within this, or nothing would be left to choose from. */
const INVESTED_SLACK = 1e-6;

/** What one answer may cost. */
export function positionBudget(): SearchBudget {
  return { left: WORK_MAX };
}

export function solveWithPositionLimits(
  goal: Goal,
  plain: AllocationProblem,
  limits: PositionLimits,
  budget: SearchBudget = positionBudget(),
): Positioned {
  const problem: Searched = { ...plain, budget };
  switch (goal.kind) {
    case 'MAXIMUM_SHARPE':
      return inFull(problem, limits, (full, first) => bestRatio(full, limits, first));
    case 'MAXIMUM_DIVERSIFICATION':
      return inFull(problem, limits, (full, first) =>
        bestRatio(volatilitiesAsReturns(full), limits, first),
      );
    case 'MINIMUM_VOLATILITY':
    case 'RISK_PARITY':
    case 'HRP':
      return inFull(problem, limits, (full, first) => bestWithin(goal, full, limits, first));
    case 'TARGET_RETURN':
    case 'TARGET_RISK':
    case 'QUADRATIC_UTILITY':
    case 'BLACK_LITTERMAN':
    case 'TRACKING':
      return bestWithin(goal, problem, limits);
  }
}

/** Whether some weights satisfy the limits; undefined where the search ended before it was known. */
export function hasPositions(
  problem: AllocationProblem,
  limits: PositionLimits,
  budget: SearchBudget,
): boolean | undefined {
  const program = investedProgram(problem, limits);
  const flat = { ...program, linear: new Float64Array(problem.variables) };
  const { x, bound } = solveSemicontinuous(flat, { budget, enough: Infinity });
  return x ? true : bound === Infinity ? false : undefined;
}

/** As much as the limits allow is invested first. */
function inFull(
  problem: Searched,
  limits: PositionLimits,
  solve: (full: Searched, first: readonly number[]) => Positioned,
): Positioned {
  const most = mostInvested(problem, limits);
  if (most.invested === undefined)
    return { solution: undefined, bound: most.bound, proven: most.proven, nodes: most.nodes };
  const rest = solve(investing(problem, most.invested), most.held);
  const { solution } = rest;
  return {
    ...{ bound: rest.bound, proven: rest.proven && most.proven, nodes: most.nodes + rest.nodes },
    solution: solution && { ...solution, invested: most.invested },
  };
}

/** Most that can be invested, a little less where that is not all that the reserve leaves. */
function mostInvested(problem: Searched, limits: PositionLimits) {
  const program = investedProgram(problem, limits);
  const search = solveSemicontinuous(program, {
    budget: problem.budget,
    enough: -problem.investedMax + INVESTED_SLACK / 2,
  });
  const { x, objective, bound, nodes } = search;
  if (!x) return { invested: undefined, held: [], bound, proven: bound === Infinity, nodes };
  const isAll = -objective >= problem.investedMax - INVESTED_SLACK / 2;
  const invested = isAll ? problem.investedMax : Math.max(0, -objective - INVESTED_SLACK);
  const held = heldIn(x, problem);
  return { invested, held, bound, proven: isAll || objective - bound <= INVESTED_SLACK, nodes };
}

/** Takes the place of the limit on the sum; both would leave nothing between them. */
function investing(problem: Searched, bound: number): Searched {
  const row = investedRow(problem, bound);
  const isSum = ({ coefficients }: LinearRow): boolean =>
    coefficients.every((value, i) => value === at(row.coefficients, i));
  return { ...problem, rows: [...problem.rows.filter((one) => !isSum(one)), row] };
}

function bestWithin(
  goal: QuadraticGoal,
  problem: Searched,
  limits: PositionLimits,
  first?: readonly number[],
): Positioned {
  const { program, offset } = positionProgram(goal, problem, limits);
  const found = solveSemicontinuous(program, { budget: problem.budget, offset, first });
  const solution = found.x && polished(goal, problem, limits, heldIn(found.x, problem));
  return judged(solution, found.bound + offset, found.nodes);
}

/**
 * The best portfolio of a ratio r and a volatility v has the most utility at the risk aversion r / v (the
 * conditions of both are the same), so a good one is found by going from one to the other; then it is
 * searched whether any is better.
 */
function bestRatio(problem: Searched, limits: PositionLimits, held: readonly number[]): Positioned {
  const half = { left: problem.budget.left / 2 };
  const first = ratioByUtility({ ...problem, budget: half }, limits, held);
  if (!first.solution) return first;
  if (first.solution.degenerate) return leastRisk(problem, limits, held);
  const range = rangeOf(problem, limits, -first.solution.loss);
  const known = 1 / first.solution.loss ** 2;
  const search = solveSemicontinuous(ratioProgram(problem, limits, range), {
    budget: problem.budget,
    known,
  });
  const better =
    search.x && polished({ kind: 'MAXIMUM_SHARPE' }, problem, limits, heldIn(search.x, problem));
  const solution = better && better.loss < first.solution.loss ? better : first.solution;
  return judged(solution, -1 / Math.sqrt(Math.max(0, search.bound)), first.nodes + search.nodes);
}

/** Where no portfolio earns anything, none has a best ratio. */
function leastRisk(
  problem: Searched,
  limits: PositionLimits,
  first: readonly number[],
): Positioned {
  const least = bestWithin({ kind: 'MINIMUM_VOLATILITY' }, problem, limits, first);
  return { ...least, solution: least.solution && { ...least.solution, degenerate: true } };
}

const AVERSION_ROUNDS = 3;

function ratioByUtility(
  problem: Searched,
  limits: PositionLimits,
  first: readonly number[],
): Positioned {
  const { expected, covariance } = problem.moments;
  let best: Positioned | undefined;
  let riskAversion = 3;
  for (let round = 0; round < AVERSION_ROUNDS; round += 1) {
    const found = bestWithin({ kind: 'QUADRATIC_UTILITY', riskAversion }, problem, limits, first);
    if (!found.solution) return found;
    const held = heldIn(found.solution.weights, problem);
    const exact = polished({ kind: 'MAXIMUM_SHARPE' }, problem, limits, held);
    const solution = exact && !exact.degenerate ? exact : withRatio(found.solution, problem);
    if (!(solution.loss < 0)) {
      if (riskAversion === 0)
        return best ?? { ...found, solution: { ...found.solution, degenerate: true } };
      riskAversion = 0;
      continue;
    }
    if (best?.solution && solution.loss > best.solution.loss - 1e-9) break;
    best = { ...found, solution };
    riskAversion = dot(expected, solution.weights) / quadratic(covariance, solution.weights);
  }
  return best ?? { solution: undefined, bound: -Infinity, proven: false, nodes: 0 };
}

/** The ratio of weights that were found for another goal. */
function withRatio(solution: Solution, { moments }: AllocationProblem): Solution {
  const volatility = Math.sqrt(quadratic(moments.covariance, solution.weights));
  return { ...solution, loss: -dot(moments.expected, solution.weights) / volatility };
}

/** Returns of portfolios whose ratio is above the one given. */
function rangeOf(problem: Searched, limits: PositionLimits, ratio: number) {
  const { expected } = problem.moments;
  const returnMax = Math.max(...expected) * problem.investedMax;
  const least = positionProgram({ kind: 'MINIMUM_VOLATILITY' }, problem, limits);
  const { bound } = solveSemicontinuous(least.program, { budget: { left: 1 } });
  const returnMin = Math.max(ratio * Math.sqrt(Math.max(0, bound)), returnMax * 1e-4);
  return { returnMin: Math.min(returnMin, returnMax), returnMax };
}

/** The best ratio of merits to volatility is the most diversified where the merits are volatilities. */
function volatilitiesAsReturns(problem: Searched): Searched {
  const { moments } = problem;
  return { ...problem, moments: { ...moments, expected: deviations(moments.covariance) } };
}

function judged(solution: Solution | undefined, bound: number, nodes: number): Positioned {
  if (!solution) return { solution, bound, proven: bound === Infinity, nodes };
  const reached = Math.min(bound, solution.loss);
  const room = Math.max(PROVEN_LEAST, PROVEN_RATIO * Math.abs(solution.loss));
  return { solution, bound: reached, proven: solution.loss - reached <= room, nodes };
}

function heldIn(x: Float64Array, { moments }: AllocationProblem): readonly number[] {
  return moments.isins.map((_, i) => i).filter((i) => at(x, i) > WEIGHT_ZERO);
}

/** Solves for the weights of what is held, by the exact method; with the others left out it is quick. */
function polished(
  goal: Goal,
  problem: AllocationProblem,
  { sizeMin = 0 }: PositionLimits,
  held: readonly number[],
): Solution | undefined {
  const n = problem.moments.isins.length;
  const beside = Array.from({ length: problem.variables - n }, (_, k) => n + k);
  const kept = [...held, ...beside];
  const rows = problem.rows.map((row) => ({
    ...row,
    coefficients: Float64Array.from(kept, (i) => at(row.coefficients, i)),
  }));
  const floors = held.map((_, k): LinearRow => {
    return { coefficients: unit(kept.length, k), relation: '>=', bound: sizeMin };
  });
  const part: AllocationProblem = {
    ...{ variables: kept.length, rows: [...rows, ...floors], investedMax: problem.investedMax },
    moments: partOf(problem.moments, held),
    excluded: new Set(),
  };
  const answer = solveGoal(partOfGoal(goal, problem.moments, held), part);
  return answer && whole(answer, goal, problem.moments, held);
}

function partOf({ isins, expected, covariance }: Moments, held: readonly number[]): Moments {
  return {
    isins: isins.filter((_, i) => held.includes(i)),
    expected: Float64Array.from(held, (i) => at(expected, i)),
    covariance: submatrix(covariance, held),
  };
}

/** Weights of the part that are as near to those of the whole as they can be: Sₚ t' = (S t)ₚ. */
function partOfGoal(goal: Goal, { covariance }: Moments, held: readonly number[]): Goal {
  if (goal.kind !== 'TRACKING' && goal.kind !== 'RISK_PARITY' && goal.kind !== 'HRP') return goal;
  const pull = times(covariance, goal.weights);
  const weights = solved(
    submatrix(covariance, held),
    Float64Array.from(held, (i) => at(pull, i)),
  );
  return { kind: 'TRACKING', weights };
}

function whole(
  answer: Solution,
  goal: Goal,
  { isins, covariance }: Moments,
  held: readonly number[],
) {
  const weights = new Float64Array(isins.length);
  held.forEach((i, k) => (weights[i] = at(answer.weights, k)));
  const isNear = goal.kind === 'TRACKING' || goal.kind === 'RISK_PARITY' || goal.kind === 'HRP';
  const loss = isNear ? quadratic(covariance, plus(weights, goal.weights, -1)) : answer.loss;
  return { ...answer, weights, loss };
}
