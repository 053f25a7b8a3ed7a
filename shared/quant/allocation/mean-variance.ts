/**
 * Mean-variance programs over arbitrary linear rows (Markowitz, "Portfolio selection", Journal of
 * Finance 7/1, 1952). Beside variance and return, what is made smallest may contain a ridge, which
 * spreads the weights, and linear costs of any variable.
 */
import {
  at,
  dot,
  plus,
  quadratic as quadraticForm,
  scaled,
  sum,
  type Rows,
} from '#shared/quant/linear-algebra/matrix.ts';
import { boundsAsRows } from '#shared/quant/solvers/bounds-as-rows.ts';
import type {
  Bounds,
  LinearRow,
  QuadraticAnswer,
} from '#shared/quant/solvers/quadratic-program.ts';
import { solveQuadratic } from '#shared/quant/solvers/quadratic.ts';
import { mostReturnWithin } from './return-within-risk.ts';

export interface MeanVarianceProgram {
  /** Of each security, in the period of the covariance. */
  readonly expected: Float64Array;
  readonly covariance: Rows;
  /** The weights come first; then whatever the rows need beside them. */
  readonly variables: number;
  readonly rows: readonly LinearRow[];
  /** Of all variables. */
  readonly bounds?: Bounds | undefined;
  /** Adds ridge x w'w to what is made smallest (L2 regularisation). */
  readonly ridge?: number | undefined;
  /** Adds costs'v, v being all variables; e.g. a rate on the variables that hold absolute changes. */
  readonly costs?: Float64Array | undefined;
}

export interface OptimalWeights {
  readonly weights: Float64Array;
  /** What was made smallest: variance, negative utility and so on, with ridge and costs. */
  readonly loss: number;
  readonly kktResidual: number;
  readonly iterations: number;
}

/** Least w'Sw. @returns undefined, here and below, where no weights satisfy the rows */
export function leastVariance(program: MeanVarianceProgram): OptimalWeights | undefined {
  const answer = minimise(program, program.covariance, undefined, 2);
  return answer && weighed(program, answer, 2 * answer.value);
}

/** Least w'Sw with a return of at least `returnMin`. */
export function efficientReturn(program: MeanVarianceProgram, returnMin: number) {
  return leastVariance({ ...program, rows: [...program.rows, returnRow(program, returnMin)] });
}

/** Most mu'w - (riskAversion/2) w'Sw; the loss is its negative. */
export function mostUtility(
  program: MeanVarianceProgram,
  riskAversion: number,
): OptimalWeights | undefined {
  const risk = program.covariance.map((row) => scaled(row, riskAversion));
  const answer = minimise(program, risk, scaled(program.expected, -1), 1);
  return answer && weighed(program, answer, answer.value);
}

/** Least (w - aim)'S(w - aim), the squared tracking error. */
export function nearest(
  program: MeanVarianceProgram,
  aim: Float64Array,
): OptimalWeights | undefined {
  const { covariance } = program;
  const pull = Float64Array.from(covariance, (row) => -dot(row, aim));
  const answer = minimise(program, covariance, pull, 2);
  if (!answer) return undefined;
  const found = weighed(program, answer, 0);
  return { ...found, loss: quadraticForm(covariance, plus(found.weights, aim, -1)) };
}

/** Most mu'w where sqrt(w'Sw) <= volatilityMax; the loss is the negative return. */
export function efficientRisk(
  program: MeanVarianceProgram,
  volatilityMax: number,
): OptimalWeights | undefined {
  const { expected, covariance } = program;
  const volatility = ({ weights }: OptimalWeights) => Math.sqrt(quadraticForm(covariance, weights));
  const best = mostReturnWithin(
    {
      safest: () => leastVariance({ ...program, ridge: 0, costs: undefined }),
      highestReturn: () => mostUtility(program, 0),
      atAversion: (aversion) => mostUtility(program, aversion),
      risk: volatility,
    },
    volatilityMax,
  );
  return best && { ...best, loss: -dot(expected, best.weights) };
}

/**
 * Maximum Sharpe ratio (mu'w - riskFree total)/sqrt(w'Sw), where the weights sum to `total` in all that
 * the rows allow, as a quadratic program in y, w = y total / sum(y): minimise y'Sy where the excess of y
 * is 1, and each row a'w <= b becomes (a - b/total 1)'y <= 0 (Cornuejols and Tutuncu, "Optimization
 * methods in finance", 2007, section 8.2). A ridge counts as so much variance of every security.
 *
 * @returns also undefined where no weights earn more than the risk-free rate
 */
export function mostSharpe(
  program: MeanVarianceProgram,
  total: number,
  riskFree = 0,
): OptimalWeights | undefined {
  const { expected, covariance, variables, bounds } = program;
  const given = [...(bounds ? boundsAsRows(bounds) : []), ...program.rows];
  const n = expected.length;
  const excess = expected.map((value) => value - riskFree);
  const ones = extended(new Float64Array(n).fill(1), variables);
  const rows = given.map(({ coefficients, relation, bound }): LinearRow => ({
    coefficients: coefficients.map((v, i) => (i < n ? v - bound / total : v)),
    relation,
    bound: 0,
  }));
  const unitExcess: LinearRow = {
    coefficients: extended(excess, variables),
    relation: '=',
    bound: 1,
  };
  const positive: LinearRow = { coefficients: ones, relation: '>=', bound: 0 };
  const all = [...rows, positive, unitExcess];
  const homogeneous = { ...program, rows: all, bounds: undefined, costs: undefined };
  const answer = minimise(homogeneous, covariance, undefined, 2);
  if (!answer) return undefined;
  const y = answer.x.slice(0, n);
  if (!(sum(y) > 0)) return undefined;
  const weights = scaled(y, total / sum(y));
  const ratio = dot(excess, weights) / Math.sqrt(quadraticForm(covariance, weights));
  return { ...weighed(program, answer, -ratio), weights };
}

export interface PortfolioFigures {
  readonly expectedReturn: number;
  readonly volatility: number;
  /** (expected return - risk-free rate) / volatility; 0 where nothing is at risk. */
  readonly sharpe: number;
}

/** @param weights of the securities; cash, if there is any, earns nothing */
export function portfolioFigures(
  { expected, covariance }: Pick<MeanVarianceProgram, 'expected' | 'covariance'>,
  weights: Float64Array,
  riskFree = 0,
): PortfolioFigures {
  const expectedReturn = dot(expected, weights);
  const volatility = Math.sqrt(quadraticForm(covariance, weights));
  const sharpe = volatility > 0 ? (expectedReturn - riskFree) / volatility : 0;
  return { expectedReturn, volatility, sharpe };
}

function returnRow({ expected, variables }: MeanVarianceProgram, bound: number): LinearRow {
  return { coefficients: extended(expected, variables), relation: '>=', bound };
}

/** Minimises v'Rv/2 + linear'v + (ridge w'w + costs'v) / share. */
function minimise(
  { variables, rows, bounds, ridge = 0, costs }: MeanVarianceProgram,
  risk: Rows,
  linear: Float64Array | undefined,
  share: 1 | 2,
): QuadraticAnswer | undefined {
  const own = extended(linear ?? new Float64Array(0), variables);
  const isWhole = ridge === 0 && risk.length === variables;
  return solveQuadratic({
    quadratic: isWhole
      ? risk
      : Array.from({ length: variables }, (_, i) => {
          const row = extended(risk[i] ?? new Float64Array(0), variables);
          if (i < risk.length) row[i] = at(row, i) + (2 * ridge) / share;
          return row;
        }),
    linear: costs ? plus(own, costs, 1 / share) : own,
    rows,
    bounds,
  });
}

function weighed(
  program: MeanVarianceProgram,
  answer: QuadraticAnswer,
  loss: number,
): OptimalWeights {
  return {
    weights: answer.x.slice(0, program.expected.length),
    loss,
    kktResidual: answer.kktResidual,
    iterations: answer.iterations,
  };
}

function extended(vector: ArrayLike<number>, size: number): Float64Array {
  const longer = new Float64Array(size);
  longer.set(vector);
  return longer;
}
