/** Rows of the critical line: its turning points, and portfolios of the frontier they span. */
import { criticalLine as turningPoints } from '#shared/quant/allocation/critical-line.ts';
import { frontierAtLambda } from '#shared/quant/allocation/frontier.ts';
import { lineProgram, meanVariance, problemOf } from './mean-variance.ts';
import { figuresOf, inShape, riskFreeOfFigures } from './portfolio-figures.ts';
import { given, numberOf } from '../rows/row-conventions.ts';
import { NotSupported, type Adapter, type Compute } from '../rows/anchor-row.ts';
import { vocabularies } from '../rows/vocabularies.ts';

/** By its number, from the most return down, or else by its lambda. */
const turningPoint: Compute = (row, files) => {
  const problem = problemOf(row, files);
  const program = lineProgram(problem);
  const points = turningPoints(program);
  if (!points) return null;
  if (/number|count|how many/i.test(row.operation)) return points.length;
  const { expected, covariance } = program;
  const shown = (weights: Float64Array, lambda: number) => ({
    ...figuresOf(problem.names, weights, expected, covariance, riskFreeOfFigures(row)),
    lambda,
  });
  const index = indexOf(given(row, 'order', 'index', 'point', 'number'), points.length);
  const point = index === undefined ? undefined : points[index];
  const lambda = numberOf(row, 'lambda', 'risk_tolerance');
  if (point && lambda !== undefined && Math.abs(lambda - point.lambda) > 1e-3 + 1e-3 * lambda)
    throw new NotSupported(`lambda ${lambda} at the point of lambda ${point.lambda}`);
  if (point) return inShape(row, shown(point.weights, point.lambda));
  const weights = lambda === undefined ? undefined : frontierAtLambda(points, lambda);
  if (weights) return inShape(row, shown(weights, lambda ?? NaN));
  return points.map((one) => inShape({ ...row, expected: {} }, shown(one.weights, one.lambda)));
};

/** `1 of 0..9`, counted from 0, or `2 of 1..10`, from 1; the range must be that of the points. */
function indexOf(value: unknown, count: number): number | undefined {
  if (typeof value === 'number') return value;
  const range = /(\d+)\s*of\s*(\d+)\s*\.\.\s*(\d+)/.exec(String(value));
  if (!range) return undefined;
  const [index, first, last] = range.slice(1).map(Number) as [number, number, number];
  return last - first + 1 === count ? index - first : undefined;
}

export const criticalLineRows: Adapter = {
  category: 'critical_line',
  words: vocabularies.critical_line,
  operations: [[/turning|corner/i, turningPoint], ...meanVariance.operations],
};
