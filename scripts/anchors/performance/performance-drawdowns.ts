/** Rows about falls from a high. */
import {
  conditionalDrawdown,
  deepest,
  depths,
  depthsOfReturns,
  disjointFalls,
  drawdownAtRisk,
  drawdowns,
  entropicDrawdown,
  longestDrawdown,
  longestRecovery,
  maximumDrawdown,
  painIndex,
  ulcerIndex,
} from '#shared/quant/measures/drawdowns.ts';
import {
  isFrom,
  named,
  parameter,
  text,
  type Measured,
  type Measures,
} from './performance-inputs.ts';
import { atRow } from './performance-returns.ts';
import { confidence, entropic } from './performance-tails.ts';
import type { Compute } from '../rows/anchor-row.ts';

type Row = Parameters<Compute>[0];

export const drawdownMeasures: Measures = [
  [/\bedar/i, (series, row) => entropicDrawdown(depthOf(series, row), entropic(row))],
  [
    named('cdar|conditional drawdown'),
    (series, row) => conditionalDrawdown(withoutFirst(series, row), confidence(row)),
  ],
  [
    named('drawdown at risk|\\bdar'),
    (series, row) => drawdownAtRisk(depthOf(series, row), confidence(row)),
  ],
  [
    named('average drawdown|pain index|mean drawdown'),
    (series, row) => painIndex(depthOf(series, row)),
  ],
  [
    named('ulcer index'),
    (series, row) => ulcerIndex(depthOf(series, row)) * (inPercent(row) ? 100 : 1),
  ],
  [named('recovery'), ({ path, days }) => longestRecovery(path, days)],
  [named('longest|drawdown duration'), ({ path, days }) => longestDrawdown(path, days)],
  [named('top drawdowns?'), topDrawdowns],
  [named('drawdown details|drawdowns? (list|length)'), details],
  [
    named('max(imum)? ?drawdown|maxdd'),
    (series, row) => signed(maximumDrawdown(depthOf(series, row)), row),
  ],
  [
    named('drawdowns?|dd function'),
    (series, row) =>
      atRow(
        row,
        depthOf(series, row).map((depth) => signed(depth, row)),
      ),
  ],
];

/** Depths of the path, or of the returns: compounded or added up, from the start or the first value. */
function depthOf({ path, returns }: Measured, row: Row): Float64Array {
  // Some state a path as returns since its start.
  const sinceStart = isFrom(row, /portfolio-performance/) || /cumulative return/i.test(text(row));
  if (path.length > 0 && sinceStart) return depths(path.map((value) => 1 + value));
  if (path.length > 0 && !isFrom(row, /skfolio/)) return depths(path);
  const said = text(row);
  const added =
    /un[\s_-]?comp|non[\s_-]*comp|not comp|no[\s_-]comp|compounded"?: ?false|cumulative sum|arithmetic/i.test(
      said,
    );
  const skfolio = isFrom(row, /skfolio/);
  const compounded = !added && (!skfolio || /comp/i.test(said));
  return depthsOfReturns(returns, { compounded, fromStart: !skfolio });
}

/** A drawdown's distribution is taken without the first value of a path, which cannot be below. */
function withoutFirst(series: Measured, row: Row): Float64Array {
  const all = depthOf(series, row);
  return series.path.length > 0 && !isFrom(row, /skfolio/) ? all.subarray(1) : all;
}

function signed(depth: number, row: Row): number {
  const said = text(row);
  if (/positive/i.test(said)) return depth;
  return /negative/i.test(said) || isFrom(row, /empyrical|ffn/) ? -depth : depth;
}

function inPercent(row: Row): boolean {
  return /percent|%/i.test(text(row)) || isFrom(row, /ffn/);
}

function topDrawdowns({ path }: Measured, row: Row): number[][] {
  const most = parameter(row, 'n', 'top', 'count', 'number', 'k', 'nTopDrawdowns') ?? Infinity;
  return disjointFalls(path, most).map(({ depth, peak, valley }) => [depth, peak, valley]);
}

function details({ path, days }: Measured, row: Row): unknown {
  const falls = drawdowns(path);
  const length = (at: number): number => {
    const fall = falls[at];
    if (!fall) return NaN;
    const end = fall.recovery ?? path.length - 1;
    return (days[end] ?? NaN) - (days[fall.peak + 1] ?? NaN);
  };
  const index = parameter(row, 'index', 'row', 'drawdown');
  if (index !== undefined) return length(index);
  return deepest(falls, Infinity).map(({ depth, peak, valley, recovery }) => ({
    depth,
    peak,
    valley,
    recovery,
  }));
}
