/** Splits suspected after a sync, from the prices stored before and after it. */
import type { BarToCheck } from '#shared/kernel/bars/bar-check.ts';
import { dayOfEpoch, epochDay } from '#shared/kernel/calendar-day.ts';
import type { CorporateAction } from '#shared/kernel/corporate-action.ts';
import {
  explainsJump,
  mayBeRescaled,
  mayHaveSplits,
  JUMP_EXPLAINED_DAYS_MAX,
  ratioOfRescaledPast,
  suspectedSplits,
  unconfirmedSplits,
} from '#shared/kernel/bars/split-suspicion.ts';
import { barsOf } from './bar-merge.ts';
import type { PriceDoubt, SuspectedSplit } from './price-doubt.ts';
import { lastDay, seriesFrom, type PriceSeries } from './price-series.ts';

/** Common days on which a change of the past is measured. */
const OVERLAP_DAYS = 60;
/** A suspicion and its opposite cancel each other within this. */
const UNDONE_TOLERANCE_RATIO = 0.02;

/** Bars before a jump that are needed to judge it, and some more. */
const CONTEXT_BARS = 30;

export interface Reviewed {
  readonly benchmark?: PriceSeries | undefined;
  /** The series are the latest part of the history: what is known of the time before stands. */
  readonly isPart?: boolean | undefined;
}

/** Of jumps that the accepted bars show. */
const IN_SERIES: ReadonlySet<SuspectedSplit['evidence']> = new Set(['jump', 'adjusted-jump']);

/**
 * A jump is suspected as long as it is in the prices. It is live if it came after the bars that
 * were stored before, and stays so. A history rescaled by a ratio is recorded, since the new prices
 * no longer show it; the opposite change removes the record.
 */
export function reviewSplits(
  before: PriceSeries,
  after: PriceSeries,
  known: readonly PriceDoubt[],
  { benchmark, isPart = false }: Reviewed = {},
): readonly SuspectedSplit[] {
  const splits = known.filter((doubt) => doubt.kind === 'suspected-split');
  const judged = isPart ? after.days[CONTEXT_BARS] : undefined;
  const isKnown = ({ day }: SuspectedSplit): boolean =>
    judged !== undefined && epochDay(day) < judged;
  const jumps = [
    ...splits.filter((split) => IN_SERIES.has(split.evidence) && isKnown(split)),
    ...jumpsOf(before, after, splits, benchmark).filter((split) => !isKnown(split)),
  ];
  const rescaled = splits.filter(({ evidence }) => evidence === 'rescaled-past');
  return [...withRescaling(before, after, splits, rescaled), ...jumps];
}

/** A jump behind the last accepted bar: until its level has held, nobody knows what a share costs. */
export function pendingSplits(
  accepted: PriceSeries,
  fetched: readonly BarToCheck[],
): readonly SuspectedSplit[] {
  const first = Math.max(0, accepted.days.length - CONTEXT_BARS);
  return unconfirmedSplits(barsOf(seriesFrom(accepted, first)), fetched).map(({ day, ratio }) => ({
    ...({ kind: 'suspected-split', evidence: 'unconfirmed-jump', isLive: false } as const),
    ...{ day: dayOfEpoch(day), ratio },
  }));
}

/** A change of the past shows at the next sync, which may be weeks after the split. */
const EXPLAINED_DAYS_MAX = {
  jump: JUMP_EXPLAINED_DAYS_MAX,
  'adjusted-jump': JUMP_EXPLAINED_DAYS_MAX,
  'unconfirmed-jump': JUMP_EXPLAINED_DAYS_MAX,
  'rescaled-past': 40,
} as const;

export function isSplit(doubt: PriceDoubt): doubt is SuspectedSplit {
  return doubt.kind === 'suspected-split';
}

/** The doubts that no declared action explains, and that the owner has not answered. */
export function unexplained(
  doubts: readonly PriceDoubt[],
  actions: readonly CorporateAction[],
): readonly PriceDoubt[] {
  return doubts.filter(
    (doubt) =>
      !isSplit(doubt) ||
      !actions.some((action) => explainsJump(action, doubt, EXPLAINED_DAYS_MAX[doubt.evidence])),
  );
}

function jumpsOf(
  before: PriceSeries,
  after: PriceSeries,
  splits: readonly SuspectedSplit[],
  benchmark: PriceSeries | undefined,
): readonly SuspectedSplit[] {
  if (!mayHaveSplits(after)) return [];
  const lastBefore = before.days.at(-1);
  const found = suspectedSplits(barsOf(after), benchmark && moveOf(benchmark));
  return found.map(({ day, ratio, isAdjusted }): SuspectedSplit => {
    const date = dayOfEpoch(day);
    const wasLive = splits.some((split) => split.day === date && split.isLive);
    return {
      kind: 'suspected-split',
      day: date,
      ratio,
      evidence: isAdjusted ? 'adjusted-jump' : 'jump',
      isLive: wasLive || (lastBefore !== undefined && day > lastBefore),
    };
  });
}

function withRescaling(
  before: PriceSeries,
  after: PriceSeries,
  splits: readonly SuspectedSplit[],
  rescaled: readonly SuspectedSplit[],
): readonly SuspectedSplit[] {
  const jump = splits.find(({ evidence, isLive }) => IN_SERIES.has(evidence) && isLive);
  const ratio = rescalingOf(before, after, jump && epochDay(jump.day));
  const day = jump?.day ?? lastDay(after);
  if (ratio === undefined || day === undefined) return rescaled;
  const undone = rescaled.find(
    (split) => Math.abs(split.ratio * ratio - 1) < UNDONE_TOLERANCE_RATIO,
  );
  if (undone) return rescaled.filter((split) => split !== undone);
  const found = { kind: 'suspected-split', evidence: 'rescaled-past', isLive: true } as const;
  return [...rescaled, { ...found, day, ratio }];
}

/** @param until bars from this day on were at the new level already */
function rescalingOf(before: PriceSeries, after: PriceSeries, until = Infinity) {
  const [old, now]: [number[], number[]] = [[], []];
  let j = after.days.length - 1;
  for (let i = before.days.length - 1; i >= 0 && old.length < OVERLAP_DAYS; i -= 1) {
    const day = before.days[i] ?? 0;
    while (j >= 0 && (after.days[j] ?? 0) > day) j -= 1;
    if (day >= until || after.days[j] !== day) continue;
    old.push(before.close[i] ?? Number.NaN);
    now.push(after.close[j] ?? Number.NaN);
    // One factor shows that the past was not rescaled, as it nearly always was not.
    if (old.length === 1 && !mayBeRescaled(old[0], now[0])) return undefined;
  }
  return ratioOfRescaledPast(old, now);
}

function moveOf(benchmark: PriceSeries): (day: number) => number | undefined {
  const at = new Map(Array.from(benchmark.days, (day, i) => [day, i]));
  return (day) => {
    const i = at.get(day);
    const [now, before] = [benchmark.close[i ?? -1], benchmark.close[(i ?? 0) - 1]];
    return now === undefined || before === undefined ? undefined : now / before - 1;
  };
}
