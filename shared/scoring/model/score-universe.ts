/**
 * Scores all securities of a view against each other in one pass.
 *
 * figure → signal (more is better) → robust z, winsorised at ±3 → mean z of the component → Φ(z),
 * the component's score in 0…1 → mean of the known components by weight, the total in 0…1.
 */
import type { CalendarDay } from '#shared/kernel/calendar-day.ts';
import type { Isin } from '#shared/kernel/isin.ts';
import { normalCumulative } from '#shared/quant/measures/distributions.ts';
import type { MarketView } from '#shared/universe/model/market-view.ts';
import {
  componentNames,
  components,
  defaultWeights,
  normalisedWeights,
  type ComponentName,
  type ComponentWeights,
} from './components.ts';
import {
  figureNames,
  figures,
  measureFigures,
  type FigureName,
  type FigureValues,
} from './score-figures.ts';
import { gradeOf, percentiles, type Grade } from './grade.ts';
import { robustZ } from './robust-z.ts';

/**
 * Least coverage of a score: what low volatility and drawdown have together, so that a new listing
 * is scored once it has traded for three months, and nothing is scored on its dividend alone.
 */
const COVERAGE_MIN = 0.25;

export interface ScoredSecurity {
  readonly isin: Isin;
  readonly symbol: string;
  /** 0 to 1. */
  readonly total: number;
  /** Known components only, each 0 to 1. */
  readonly components: ReadonlyMap<ComponentName, number>;
  /** Share of the weights whose component is known, 0 to 1. */
  readonly coverage: number;
  /** Mid-rank among the scored, 0 to 1. */
  readonly percentile: number;
  readonly grade: Grade;
  /** The raw figures behind the components. */
  readonly figures: FigureValues;
}

export interface UniverseScores {
  readonly asOf: CalendarDay;
  /** As used: summing to 1. */
  readonly weights: ComponentWeights;
  /** In the order of the view. */
  readonly scores: ReadonlyMap<Isin, ScoredSecurity>;
  /** Why a security has no score; those the view could not price too. */
  readonly failures: ReadonlyMap<Isin, string>;
}

export interface ScoreOptions {
  readonly weights?: ComponentWeights | undefined;
  /** Figures to put in place of the measured ones. */
  readonly overrides?: ReadonlyMap<Isin, FigureValues> | undefined;
}

/** A score that was not ranked yet. */
type Unranked = Omit<ScoredSecurity, 'percentile' | 'grade'>;

export function scoreUniverse(view: MarketView, options: ScoreOptions = {}): UniverseScores {
  const weights = normalisedWeights(options.weights ?? defaultWeights);
  const measured = measureFigures(view);
  const rows = view.securities.map(
    ({ isin }): FigureValues =>
      new Map([...(measured.get(isin) ?? []), ...(options.overrides?.get(isin) ?? [])]),
  );
  const zs = standardise(rows);
  const failures = new Map(view.unpriced.map(({ isin, reason }) => [isin, reason]));
  const unranked: Unranked[] = [];
  view.securities.forEach(({ isin, symbol }, i) => {
    const known = componentScores(zs, i);
    const { total, coverage } = weigh(known, weights);
    if (coverage < COVERAGE_MIN - 1e-9) failures.set(isin, tooLittle(known, coverage));
    else
      unranked.push({
        isin,
        symbol,
        total,
        coverage,
        components: known,
        figures: rows[i] ?? new Map(),
      });
  });
  return { asOf: view.asOf, weights, scores: ranked(unranked), failures };
}

/** Best first; equal scores by ISIN. */
export function byRank(a: ScoredSecurity, b: ScoredSecurity): number {
  return b.total - a.total || (a.isin < b.isin ? -1 : a.isin > b.isin ? 1 : 0);
}

/** For each figure the z of every row. */
function standardise(rows: readonly FigureValues[]): ReadonlyMap<FigureName, Float64Array> {
  return new Map(
    figureNames.map((name) => {
      const signals = Float64Array.from(rows, (row) => {
        const value = row.get(name);
        return value === undefined ? NaN : figures[name].signal(value);
      });
      return [name, robustZ(signals)];
    }),
  );
}

function componentScores(
  zs: ReadonlyMap<FigureName, Float64Array>,
  row: number,
): Map<ComponentName, number> {
  const scores = new Map<ComponentName, number>();
  for (const name of componentNames) {
    const known = components[name]
      .map((figure) => zs.get(figure)?.[row] ?? NaN)
      .filter((z) => !Number.isNaN(z));
    if (known.length === 0) continue;
    scores.set(name, normalCumulative(known.reduce((sum, z) => sum + z, 0) / known.length));
  }
  return scores;
}

function weigh(
  scores: ReadonlyMap<ComponentName, number>,
  weights: ComponentWeights,
): { total: number; coverage: number } {
  let [sum, coverage] = [0, 0];
  for (const [name, score] of scores) {
    sum += weights[name] * score;
    coverage += weights[name];
  }
  return { total: coverage > 0 ? within01(sum / coverage) : NaN, coverage: within01(coverage) };
}

/** Sums of weights may miss 1 by a rounding. */
function within01(value: number): number {
  return Math.max(0, Math.min(1, value));
}

function tooLittle(known: ReadonlyMap<ComponentName, number>, coverage: number): string {
  if (known.size === 0) return 'has no figure that could be compared with other securities';
  const names = [...known.keys()].join(', ');
  return `is known by ${names} only: coverage ${coverage.toFixed(2)}, at least ${COVERAGE_MIN} is needed`;
}

function ranked(unranked: readonly Unranked[]): Map<Isin, ScoredSecurity> {
  const places = percentiles(Float64Array.from(unranked, (score) => score.total));
  return new Map(
    unranked.map((score, i) => {
      const percentile = places[i] ?? 0;
      return [score.isin, { ...score, percentile, grade: gradeOf(percentile) }];
    }),
  );
}
