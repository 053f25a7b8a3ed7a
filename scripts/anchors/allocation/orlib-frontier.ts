/** Rows of the OR-Library's portfolio problems: unconstrained efficient frontiers. */
import { build } from '#shared/quant/linear-algebra/matrix.ts';
import {
  efficientReturn,
  efficientRisk,
  leastVariance,
  portfolioFigures,
} from '#shared/quant/allocation/mean-variance.ts';
import { assembled } from './mean-variance.ts';
import { figuresOf, inShape } from './portfolio-figures.ts';
import { given, needed, numberOf } from '../rows/row-conventions.ts';
import type { Adapter, AnchorFiles, AnchorRow, Compute } from '../rows/anchor-row.ts';
import { vocabularies } from '../rows/vocabularies.ts';

/** N; N lines `mean deviation`; then `i j correlation` for i <= j. */
function problemIn(text: string) {
  const numbers = text.trim().split(/\s+/).map(Number);
  const n = numbers[0] ?? 0;
  const pair = (i: number) => 1 + 2 * i;
  const expected = Float64Array.from({ length: n }, (_, i) => numbers[pair(i)] ?? NaN);
  const deviation = Float64Array.from({ length: n }, (_, i) => numbers[pair(i) + 1] ?? NaN);
  const correlations = new Map<number, number>();
  for (let k = 1 + 2 * n; k + 2 < numbers.length; k += 3) {
    const [i, j] = [(numbers[k] ?? 0) - 1, (numbers[k + 1] ?? 0) - 1];
    correlations.set(Math.min(i, j) * n + Math.max(i, j), numbers[k + 2] ?? NaN);
  }
  const covariance = build(
    n,
    (i, j) =>
      (correlations.get(Math.min(i, j) * n + Math.max(i, j)) ?? (i === j ? 1 : 0)) *
      (deviation[i] ?? NaN) *
      (deviation[j] ?? NaN),
  );
  return { expected, covariance };
}

function read(row: AnchorRow, files: AnchorFiles) {
  const { expected, covariance } = problemIn(
    files.text(needed(given(row, 'problem', 'file', 'data'), 'problem') as string),
  );
  return assembled(row, [], expected, covariance);
}

const point: Compute = (row, files) => {
  const { program } = read(row, files);
  const least = numberOf(row, 'target_return', 'return', 'mean_return');
  const variance = numberOf(row, 'target_variance', 'variance');
  const most =
    numberOf(row, 'target_volatility', 'volatility') ??
    (variance === undefined ? undefined : Math.sqrt(variance));
  const answer =
    least !== undefined
      ? efficientReturn(program, least)
      : most !== undefined
        ? efficientRisk(program, most)
        : leastVariance(program);
  if (!answer) return null;
  if (typeof row.expected === 'number' && least === undefined && most !== undefined)
    return portfolioFigures(program, answer.weights).expectedReturn;
  return inShape(row, figuresOf([], answer.weights, program.expected, program.covariance, 0));
};

export const orlibFrontier: Adapter = {
  category: 'orlib_frontier',
  words: vocabularies.orlib_frontier,
  operations: [[/var|return|risk|vol|frontier/i, point]],
};
