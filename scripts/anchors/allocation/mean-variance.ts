/** Rows of mean-variance optimisation. */
import { criticalLine, type CriticalLineProgram } from '#shared/quant/allocation/critical-line.ts';
import {
  frontierAtReturn,
  frontierAtVolatility,
  frontierMaxSharpe,
  frontierPoints,
} from '#shared/quant/allocation/frontier.ts';
import { dot, quadratic, type Rows } from '#shared/quant/linear-algebra/matrix.ts';
import {
  efficientReturn,
  efficientRisk,
  leastVariance,
  mostSharpe,
  mostUtility,
  nearest,
  type MeanVarianceProgram,
} from '#shared/quant/allocation/mean-variance.ts';
import { figuresOf, inShape, riskFreeOfFigures } from './portfolio-figures.ts';
import { limitsOf, type PortfolioLimits } from './portfolio-limits.ts';
import { covarianceInput, expectedInput, riskFreeOf } from '../estimation/risk-inputs.ts';
import {
  allWords,
  given,
  isTrue,
  needed,
  numberOf,
  textOf,
  vectorOf,
} from '../rows/row-conventions.ts';
import {
  NotSupported,
  type Adapter,
  type AnchorFiles,
  type AnchorRow,
  type Compute,
} from '../rows/anchor-row.ts';
import { vocabularies } from '../rows/vocabularies.ts';

export interface PortfolioProblem {
  readonly names: readonly string[];
  readonly limits: PortfolioLimits;
  readonly program: MeanVarianceProgram;
}

export function problemOf(row: AnchorRow, files: AnchorFiles): PortfolioProblem {
  const { names, covariance } = covarianceInput(row, files);
  const means = given(row, 'mu', 'expected_returns', 'mean', 'returns_vector');
  const expected =
    means === undefined || means === null
      ? new Float64Array(covariance.length)
      : (vectorOf(typeof means === 'string' ? undefined : means, names, covariance.length) ??
        expectedInput(row, files));
  return assembled(row, names, expected, covariance);
}

export function assembled(
  row: AnchorRow,
  names: readonly string[],
  expected: Float64Array,
  covariance: Rows,
): PortfolioProblem {
  const limits = limitsOf(row, names, covariance.length);
  const { variables, rows, ridge, costs } = limits;
  return { names, limits, program: { expected, covariance, variables, rows, ridge, costs } };
}

export type Method = (row: AnchorRow, problem: PortfolioProblem) => Float64Array | undefined;

export const minimumVolatility: Method = (_row, { program }) => leastVariance(program)?.weights;

/** The Sharpe ratio is over the rate that `risk_free_rate` gives; figures may use another. */
export const maximumSharpe: Method = (row, { program, limits }) =>
  mostSharpe(program, limits.total, riskFreeOf(row))?.weights;

const utility: Method = (row, { program }) => {
  const tolerance = numberOf(row, 'risk_tolerance', 'rt', 'lambda');
  if (tolerance !== undefined) {
    const expected = program.expected.map((value) => value * tolerance);
    return mostUtility({ ...program, expected }, 1)?.weights;
  }
  const aversion = numberOf(row, 'risk_aversion', 'delta', 'ra', 'k') ?? 1;
  return mostUtility(program, aversion * (isHalved(row) ? 1 : 2))?.weights;
};

/** skfolio takes off the whole variance, most others half of it. */
function isHalved(row: AnchorRow): boolean {
  const formula = textOf(row, 'objective', 'formula', 'meaning', 'utility');
  if (/0\.5|\/\s*2|half|½/.test(formula)) return true;
  if (/w'?\s*(S|Cov|Sigma|C)\w*\s*w|variance/i.test(formula)) return false;
  return !/skfolio/.test(row.source?.repo ?? '');
}

const byTarget: Method = (row, problem) => {
  const targetReturn = numberOf(row, 'target_return', 'return', 'min_return', 'return_min');
  if (targetReturn !== undefined) return efficientReturn(problem.program, targetReturn)?.weights;
  const most = targetVolatility(row);
  if (most !== undefined) return efficientRisk(problem.program, most)?.weights;
  if (numberOf(row, 'risk_tolerance', 'rt', 'risk_aversion') !== undefined)
    return utility(row, problem);
  return minimumVolatility(row, problem);
};

function targetVolatility(row: AnchorRow): number | undefined {
  const variance = numberOf(row, 'target_variance', 'max_variance', 'variance_max');
  if (variance !== undefined) return Math.sqrt(variance);
  return numberOf(
    row,
    'target_volatility',
    'target_risk',
    'max_volatility',
    'volatility',
    'max_std',
  );
}

const greatestReturn: Method = (row, problem) =>
  targetVolatility(row) === undefined
    ? mostUtility(problem.program, 0)?.weights
    : byTarget(row, problem);

const tracking: Method = (row, { program, names }) => {
  const size = program.expected.length;
  const aim = vectorOf(given(row, 'benchmark_weights', 'benchmark', 'target_weights'), names, size);
  return nearest(program, needed(aim, 'weights to track'))?.weights;
};

export function lineProgram({ program, limits }: PortfolioProblem): CriticalLineProgram {
  if (!limits.isBox) throw new NotSupported('the critical line knows bounds and a sum alone');
  const { expected, covariance } = program;
  const { low, high, total } = limits;
  return { expected, covariance, low, high, total };
}

/** PyPortfolioOpt's CLA has no risk-free rate; figures are over the rate the row states for them. */
const byCriticalLine: Method = (row, problem) => {
  const program = lineProgram(problem);
  const points = criticalLine(program);
  if (!points) return undefined;
  if (/sharpe/i.test(row.operation))
    return frontierMaxSharpe(program, points, numberOf(row, 'risk_free_rate', 'risk_free') ?? 0);
  const targetReturn = numberOf(row, 'target_return');
  if (targetReturn !== undefined) return frontierAtReturn(program, points, targetReturn);
  const most = targetVolatility(row);
  if (most !== undefined) return frontierAtVolatility(program, points, most);
  return points[points.length - 1]?.weights;
};

const frontierPoint: Method = (row, problem) => {
  const program = lineProgram(problem);
  const points = criticalLine(program);
  const count = needed(
    numberOf(row, 'of', 'points', 'count', 'n_points', 'size'),
    'number of points',
  );
  const index = needed(numberOf(row, 'point', 'index', 'i'), 'number of the point');
  if (!points) return undefined;
  const all = frontierPoints(program, points, count);
  if (!/spaced in (vol|risk|sd)/.test(allWords(row))) return all[index];
  const volatility = (weights: Float64Array | undefined) =>
    Math.sqrt(quadratic(program.covariance, weights ?? new Float64Array(0)));
  const [low, high] = [volatility(all[0]), volatility(all[count - 1])];
  if (index === 0 || index === count - 1) return all[index];
  return frontierAtVolatility(program, points, low + ((high - low) * index) / (count - 1));
};

const answered =
  (method: Method): Compute =>
  (row, files) => {
    const problem = problemOf(row, files);
    const weights = method(row, problem);
    if (!weights) return null;
    const { expected, covariance } = problem.program;
    const [ridge, rate] = [problem.limits.ridge, riskFreeOfFigures(row)];
    if (isTrue(row, false, 'objective_value'))
      return quadratic(covariance, weights) + ridge * dot(weights, weights);
    return inShape(row, figuresOf(problem.names, weights, expected, covariance, rate));
  };

export const meanVariance: Adapter = {
  category: 'mean_variance',
  words: vocabularies.mean_variance,
  operations: [
    [/frontier/i, answered(frontierPoint)],
    [/\bcla\b|critical[\s_-]*line/i, answered(byCriticalLine)],
    [/tracking[\s_-]*error/i, answered(tracking)],
    [/util|risk[\s_-]*tolerance|kelly|rt\s*\*|risk[\s_-]*aversion/i, answered(utility)],
    [/sharpe|tangen/i, answered(maximumSharpe)],
    [/efficient[\s_-]*(risk|return)|target/i, answered(byTarget)],
    [/min\w*[\s_-]*(vol|var|risk)|least[\s_-]*(vol|var)|\bgmv/i, answered(byTarget)],
    [/max\w*[\s_-]*return|most[\s_-]*return/i, answered(greatestReturn)],
    [/mean[\s_-]*var|markowitz|efficient/i, answered(byTarget)],
  ],
};
