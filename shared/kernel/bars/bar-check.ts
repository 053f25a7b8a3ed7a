/**
 * Plausibility check of daily bars. A bar is set aside, with the reason, when a price is not
 * positive, when its high or low contradict its open and close, or when it moves beyond +1000 % or
 * -90 % in a day or lies more than 10 times off the mean of the last 30.
 *
 * A move is judged by levels, so that a wrong bar does not make the right ones after it look wrong:
 * bars that lie within those limits of each other form a level, and a level is believed that holds
 * for LEVEL_BARS_MIN bars in a row. A shorter segment is believed only where it is of the level
 * before it. What is set aside is never used: neither by a caller nor to judge other bars.
 */
import { dayOfEpoch, type CalendarDay } from '../calendar-day.ts';
import type { BarFigures } from './packed-bars.ts';

export interface SetAsideBar {
  readonly day: CalendarDay;
  readonly reason: string;
  /** Where it came from, for a person: `AAA.csv:301`. */
  readonly origin?: string | undefined;
}

/** A bar as a source states it; prices in the security's currency. */
export interface BarToCheck {
  /** Days since 1970-01-01. */
  readonly day: number;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  readonly adjustedClose: number;
  /** NaN where the source has none. */
  readonly volume: number;
}

export interface CheckedBars {
  readonly accepted: readonly BarToCheck[];
  readonly setAside: readonly SetAsideBar[];
}

const RISE_MAX = 10;
const FALL_MAX = 0.9;
const MEAN_FACTOR_MAX = 10;
const MEAN_LENGTH = 30;
/**
 * Bars in a row that a level needs to be believed: a trading week.
 * @internal exported for its tests
 */
export const LEVEL_BARS_MIN = 5;
/** A bar is compared with so many of the latest levels. */
const LEVELS_KEPT = 12;

interface Level {
  /** Adjusted closes of its latest bars, oldest first. */
  readonly recent: number[];
}

interface Segment {
  readonly level: Level;
  readonly bars: BarToCheck[];
}

/**
 * Checks a whole history. Moves are judged on adjusted closes, so that a split that the source
 * declares is not taken for a crash.
 * @param bars in any order; of two of one day the later in the list is taken
 */
export function checkBars(bars: readonly BarToCheck[]): CheckedBars {
  const setAside = new Map<BarToCheck, string>();
  const sound: BarToCheck[] = [];
  const ordered = inOrder(bars);
  for (const bar of ordered) {
    const reason = faultWithin(bar);
    if (reason === undefined) sound.push(bar);
    else setAside.set(bar, reason);
  }
  const segments = segmentsOf(sound);
  // The usual history has no fault and no second level.
  if (sound.length === ordered.length && segments.length <= 1)
    return { accepted: sound, setAside: [] };
  const believed = believedOf(segments);
  noteMoves(sound, believed, setAside);
  return {
    accepted: sound.filter((bar) => believed.has(bar)),
    setAside: ordered.flatMap((bar) => {
      const reason = setAside.get(bar);
      return reason === undefined ? [] : [{ day: dayOfEpoch(bar.day), reason }];
    }),
  };
}

/** Well within the limits, so that rounding decides nothing. */
const CLEAR = 0.99;

/**
 * Whether a history is certain to have no bar that `checkBars` would set aside; false says nothing. In columns, as most
 * histories are sound.
 */
export function areSound(figures: BarFigures): boolean {
  const { days, adjustedClose } = figures;
  let sum = 0;
  for (let i = 0; i < days.length; i += 1) {
    const [close = Number.NaN, before] = [adjustedClose[i], adjustedClose[i - 1]];
    const rises = i === 0 || (days[i] ?? 0) > (days[i - 1] ?? 0);
    if (!rises || !isSoundAt(figures, i)) return false;
    const mean = sum / Math.min(i, MEAN_LENGTH);
    if (before !== undefined && !isClear(close, before, mean)) return false;
    sum += close - (i < MEAN_LENGTH ? 0 : (adjustedClose[i - MEAN_LENGTH] ?? 0));
  }
  return true;
}

function isClear(close: number, before: number, mean: number): boolean {
  const move = close / before - 1;
  const factor = close / mean;
  const most = MEAN_FACTOR_MAX * CLEAR;
  return move < RISE_MAX * CLEAR && move > -FALL_MAX * CLEAR && factor < most && factor > 1 / most;
}

/** Whether `faultWithin` finds nothing; asked millions of times, so without an object for a bar. */
function isSoundAt({ open, high, low, close, adjustedClose, volume }: BarFigures, i: number) {
  const [first = 0, highest = 0, lowest = 0] = [open[i], high[i], low[i]];
  const [last = 0, adjusted = 0, shares = Number.NaN] = [close[i], adjustedClose[i], volume[i]];
  const isPositive = first > 0 && lowest > 0 && last > 0 && adjusted > 0;
  const isBounded = highest < Infinity && adjusted < Infinity;
  const isHigh = highest >= first && highest >= last && highest >= lowest;
  const isLow = lowest <= first && lowest <= last;
  return isPositive && isBounded && isHigh && isLow && !(shares < 0 || shares === Infinity);
}

/**
 * Whether new bars follow accepted ones without any doubt. Where they do not, the whole history is
 * to be checked, since the bars before may be the wrong ones.
 * @param bars of rising days
 * @param closes adjusted closes of accepted bars, oldest first
 * @param count how many of those lie before the new bars
 */
export function followSmoothly(
  bars: readonly BarToCheck[],
  closes: ArrayLike<number>,
  count = closes.length,
): boolean {
  if (bars.some((bar) => faultWithin(bar) !== undefined)) return false;
  if (followClearly(bars, closes, count)) return true;
  const recent: number[] = [];
  for (let i = Math.max(0, count - MEAN_LENGTH); i < count; i += 1) recent.push(closes[i] ?? NaN);
  const level: Level = { recent };
  return bars.every((bar) => {
    if (moveFault(bar, level.recent) !== undefined) return false;
    remember(level, bar);
    return true;
  });
}

/** Whether that is certain; false says nothing. With a running sum, as nearly all bars follow clearly. */
function followClearly(
  bars: readonly BarToCheck[],
  closes: ArrayLike<number>,
  count: number,
): boolean {
  const closeAt = (at: number): number =>
    (at < count ? closes[at] : bars[at - count]?.adjustedClose) ?? Number.NaN;
  let first = Math.max(0, count - MEAN_LENGTH);
  let sum = 0;
  for (let i = first; i < count; i += 1) sum += closeAt(i);
  for (let i = count; i < count + bars.length; i += 1) {
    const close = closeAt(i);
    if (i > first && !isClear(close, closeAt(i - 1), sum / (i - first))) return false;
    sum += close;
    if (i - first < MEAN_LENGTH) continue;
    sum -= closeAt(first);
    first += 1;
  }
  return true;
}

/** By day; of two of one day the later in the list. The very list where it is so already. */
export function inOrder(bars: readonly BarToCheck[]): readonly BarToCheck[] {
  const rises = bars.every(({ day }, i) => i === 0 || day > (bars[i - 1]?.day ?? day));
  if (rises) return bars;
  return [...new Map(bars.map((bar) => [bar.day, bar])).values()].sort((a, b) => a.day - b.day);
}

function faultWithin({ open, high, low, close, adjustedClose, volume }: BarToCheck) {
  if (Number.isNaN(close)) return 'has no close';
  if (Number.isNaN(adjustedClose)) return 'has no adjusted close';
  if (!isPrice(open)) return notPositive('open', open);
  if (!isPrice(high)) return notPositive('high', high);
  if (!isPrice(low)) return notPositive('low', low);
  if (!isPrice(close)) return notPositive('close', close);
  if (!isPrice(adjustedClose)) return notPositive('adjusted close', adjustedClose);
  if (high < Math.max(open, close, low)) return `high ${high} lies below open, close or low`;
  if (low > Math.min(open, close)) return `low ${low} lies above open or close`;
  if (volume < 0 || volume === Infinity) return `volume ${volume} is not a number of shares`;
  return undefined;
}

function isPrice(value: number): boolean {
  return Number.isFinite(value) && value > 0;
}

function notPositive(name: string, price: number): string {
  return `${name} ${price} is not positive`;
}

/**
 * Bars that are judged as they come. What comes later can change what is believed of the latest segment, so only
 * the question is answered anew, not the whole history judged.
 */
export class JudgedBars {
  readonly segments: Segment[] = [];
  /** The level used last comes last. */
  private levels: Level[] = [];

  /** @param bar later than all before it */
  add(bar: BarToCheck): void {
    if (faultWithin(bar) === undefined) this.place(bar);
  }

  /**
   * Days from one on whose bars are believed, latest first.
   * @param next a bar that counts for this answer alone
   */
  believedSince(day: number, next: BarToCheck): readonly number[] {
    if (faultWithin(next) !== undefined) return this.daysSince(day);
    const levels = this.levels.map((level) => ({ level, recent: [...level.recent] }));
    this.place(next);
    const days = this.daysSince(day);
    this.removeLast();
    this.levels = levels.map(({ level }) => level);
    for (const { level, recent } of levels) level.recent.splice(0, level.recent.length, ...recent);
    return days;
  }

  private place(bar: BarToCheck): void {
    const level = this.levelOf(bar);
    remember(level, bar);
    const at = this.levels.indexOf(level);
    if (at >= 0) this.levels.splice(at, 1);
    this.levels.push(level);
    if (this.levels.length > LEVELS_KEPT) this.levels.shift();
    const current = this.segments.at(-1);
    if (current?.level === level) current.bars.push(bar);
    else this.segments.push({ level, bars: [bar] });
  }

  /** The last bar out of its segment. */
  private removeLast(): void {
    const last = this.segments.at(-1);
    last?.bars.pop();
    if (last?.bars.length === 0) this.segments.pop();
  }

  private levelOf(bar: BarToCheck): Level {
    return (
      this.levels.findLast(({ recent }) => moveFault(bar, recent) === undefined) ?? { recent: [] }
    );
  }

  private daysSince(day: number): readonly number[] {
    const believed = this.segments.some(isLong) ? undefined : believedOf(this.segments);
    const days: number[] = [];
    for (const [index, { bars }] of [...this.segments.entries()].reverse()) {
      const isBelieved = believed === undefined && this.isBelieved(index);
      const first = bars.findLastIndex((bar) => bar.day < day) + 1;
      const own = bars.slice(first).filter((bar) => believed?.has(bar) ?? isBelieved);
      days.push(...own.reverse().map((bar) => bar.day));
      if (first > 0) break;
    }
    return days;
  }

  /** Of a history with a long segment; the same rule as in `believedOf`. */
  private isBelieved(index: number): boolean {
    const segment = this.segments[index];
    const before = this.segments.findLast((one, i) => i <= index && isLong(one));
    return segment?.level === (before ?? this.segments.find(isLong))?.level;
  }
}

function segmentsOf(bars: readonly BarToCheck[]): readonly Segment[] {
  const judged = new JudgedBars();
  for (const bar of bars) judged.add(bar);
  return judged.segments;
}

function remember({ recent }: Level, { adjustedClose }: BarToCheck): void {
  recent.push(adjustedClose);
  if (recent.length > MEAN_LENGTH) recent.shift();
}

function believedOf(segments: readonly Segment[]): ReadonlySet<BarToCheck> {
  const believed = new Set<BarToCheck>();
  let level = segments.find(isLong)?.level ?? largest(segments);
  for (const segment of segments) {
    if (isLong(segment)) level = segment.level;
    if (segment.level === level) for (const bar of segment.bars) believed.add(bar);
  }
  return believed;
}

function isLong({ bars }: Segment): boolean {
  return bars.length >= LEVEL_BARS_MIN;
}

/** The level with the most bars; of several the first. */
function largest(segments: readonly Segment[]): Level | undefined {
  const counts = new Map<Level, number>();
  for (const { level, bars } of segments) counts.set(level, (counts.get(level) ?? 0) + bars.length);
  return [...counts].sort(([, a], [, b]) => b - a)[0]?.[0];
}

/** States for each rejected bar how it moves against the accepted ones around it. */
function noteMoves(
  sound: readonly BarToCheck[],
  believed: ReadonlySet<BarToCheck>,
  setAside: Map<BarToCheck, string>,
): void {
  const before: number[] = [];
  sound.forEach((bar, i) => {
    if (believed.has(bar)) before.push(bar.adjustedClose);
    else
      setAside.set(
        bar,
        moveFault(bar, before.slice(-MEAN_LENGTH)) ?? againstNext(bar, sound.slice(i), believed),
      );
  });
}

function againstNext(
  bar: BarToCheck,
  after: readonly BarToCheck[],
  believed: ReadonlySet<BarToCheck>,
): string {
  const next = after.find((one) => believed.has(one));
  const factor = next ? bar.adjustedClose / next.adjustedClose : 1;
  const times = Math.max(factor, 1 / factor).toFixed(1);
  return `lies ${times} times off the level of the bars after it, ${next?.adjustedClose}`;
}

function moveFault({ adjustedClose }: BarToCheck, recent: readonly number[]) {
  const previous = recent.at(-1);
  if (previous === undefined) return undefined;
  const move = adjustedClose / previous - 1;
  if (move > RISE_MAX || move < -FALL_MAX)
    return `moves ${percent(move)} in a day, from ${previous} to ${adjustedClose}`;
  let sum = 0;
  for (const close of recent) sum += close;
  const mean = sum / recent.length;
  const factor = Math.max(adjustedClose / mean, mean / adjustedClose);
  if (factor > MEAN_FACTOR_MAX)
    return `lies ${factor.toFixed(1)} times off the mean of the last ${recent.length} closes`;
  return undefined;
}

function percent(ratio: number): string {
  return `${ratio > 0 ? '+' : ''}${(ratio * 100).toFixed(1)} %`;
}
