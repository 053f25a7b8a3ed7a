/** Bars of a source that passed the same check as stored bars. */
import { checkBars, JudgedBars, type BarToCheck } from '#shared/kernel/bars/bar-check.ts';
import { addDays, epochDay, parseDay, type CalendarDay } from '#shared/kernel/calendar-day.ts';
import type { Isin } from '#shared/kernel/isin.ts';
import type { DailyBar, MarketData } from './market-data.ts';

/** Before the first price that any source has. */
export const BEGINNING = parseDay('1900-01-01');

export function barToCheck(bar: DailyBar): BarToCheck {
  const { open, high, low, close, adjustedClose } = bar;
  const volume = bar.volume ?? Number.NaN;
  return { day: epochDay(bar.day), open, high, low, close, adjustedClose, volume };
}

/**
 * Accepted bars from one day to another, oldest first: for callers that trade on the source itself
 * and not on stored bars. They are checked against the whole history, as stored ones are: with only
 * a part of it, the first bars could be judged differently.
 * @throws Failure NOT_FOUND for an unknown security
 */
export async function checkedBars(
  marketData: Source,
  isin: Isin,
  { from, to }: Span,
  signal: AbortSignal,
): Promise<readonly DailyBar[]> {
  const latest = await latestBars(marketData, isin, { from, to }, signal);
  if (latest) return latest;
  const all = await marketData.bars(isin, BEGINNING, signal);
  const known = lately.get(all);
  if (known?.from === from && known.to === to) return known.accepted;
  const count = all.findLastIndex(({ day }) => day <= to) + 1;
  const first = all.findLastIndex(({ day }) => day < from) + 1;
  const days = believedSince(marketData, isin, firstOf(all, count), from);
  const accepted = all.slice(first, count).filter(({ day }) => days.has(epochDay(day)));
  lately.set(all, { from, to, accepted });
  return accepted;
}

type Source = Pick<MarketData, 'bars' | 'keepsPast'>;

interface Span {
  readonly from: CalendarDay;
  readonly to: CalendarDay;
}

/** Of a source that keeps its past: only what came after what was judged is asked for. */
async function latestBars(
  source: Source,
  isin: Isin,
  { from, to }: Span,
  signal: AbortSignal,
): Promise<readonly DailyBar[] | undefined> {
  const history = source.keepsPast ? histories.get(source)?.get(isin) : undefined;
  const judged = history?.bars.at(-1);
  if (!history || !judged || judged.day >= to) return undefined;
  const since = await source.bars(isin, addDays(judged.day, 1), signal);
  const later = firstOf(since, since.findLastIndex(({ day }) => day <= to) + 1);
  const last = later.at(-1);
  if (!last || !judgeNext(history, later.slice(0, -1))) return undefined;
  const days = new Set(history.judged.believedSince(epochDay(from), barToCheck(last)));
  const first = history.bars.findLastIndex(({ day }) => day < from) + 1;
  return [...history.bars.slice(first), last].filter(({ day }) => days.has(epochDay(day)));
}

/** Mostly all of them, which are not copied then. */
function firstOf(bars: readonly DailyBar[], count: number): readonly DailyBar[] {
  return count === bars.length ? bars : bars.slice(0, count);
}

interface Accepted {
  readonly from: CalendarDay;
  readonly to: CalendarDay;
  readonly accepted: readonly DailyBar[];
}

/** What was asked of a list last: a source that answers with the same list has it checked once. */
const lately = new WeakMap<readonly DailyBar[], Accepted>();

function believedSince(
  source: object,
  isin: Isin,
  bars: readonly DailyBar[],
  from: CalendarDay,
): ReadonlySet<number> {
  const last = bars.at(-1);
  if (!last) return new Set();
  const history = judgedBefore(source, isin, bars);
  const isLater = (history?.bars.at(-1)?.day ?? '') < last.day;
  if (!history || !isLater)
    return new Set(checkBars(bars.map(barToCheck)).accepted.map(({ day }) => day));
  return new Set(history.judged.believedSince(epochDay(from), barToCheck(last)));
}

/** A history whose bars were all judged, in this order. */
interface Judged {
  readonly bars: DailyBar[];
  readonly judged: JudgedBars;
}

const histories = new WeakMap<object, Map<Isin, Judged>>();

/**
 * All bars but the last. A source that goes on with a list of the same bars has only new ones judged.
 * @returns undefined where their days do not rise
 */
function judgedBefore(source: object, isin: Isin, bars: readonly DailyBar[]): Judged | undefined {
  const ofSource = histories.get(source) ?? new Map<Isin, Judged>();
  histories.set(source, ofSource);
  const known = ofSource.get(isin);
  const goesOn = known && known.bars.length < bars.length && beginsWith(bars, known.bars);
  const history = goesOn ? known : { bars: [], judged: new JudgedBars() };
  ofSource.set(isin, history);
  return judgeNext(history, bars.slice(history.bars.length, -1)) ? history : undefined;
}

/** @returns false where their days do not rise */
function judgeNext({ bars, judged }: Judged, next: readonly DailyBar[]): boolean {
  for (const bar of next) {
    if (bar.day <= (bars.at(-1)?.day ?? '')) return false;
    bars.push(bar);
    judged.add(barToCheck(bar));
  }
  return true;
}

function beginsWith(bars: readonly DailyBar[], first: readonly DailyBar[]): boolean {
  for (let i = first.length - 1; i >= 0; i -= 1) if (bars[i] !== first[i]) return false;
  return true;
}
