/**
 * Splits that nobody declared, suspected from prices. Rule: the close before over the open lies
 * near a usual ratio or its inverse, by 4 % or twice the volatility of the 20 days before; the new
 * level holds (medians of up to five days on each side); and the benchmark did not move by 5 % that
 * day. A real fall by a half, a takeover, a spin-off or a special dividend look the same, so
 * nothing is corrected automatically: the security is blocked from trading until the owner decides.
 */
import type { BarToCheck } from './bar-check.ts';
import type { BarFigures } from './packed-bars.ts';
import { daysBetween, type CalendarDay } from '../calendar-day.ts';
import { sharesRatio, type CorporateAction } from '../corporate-action.ts';

export interface SplitSuspicion {
  /** Days since 1970-01-01 of the first bar at the new level. */
  readonly day: number;
  /** Shares after for each share before: 4 for a split of 4:1, 0.1 for a reverse split of 1:10. */
  readonly ratio: number;
  /**
   * The adjusted close does not jump: the source knows the split, but its closes are not adjusted
   * for it.
   */
  readonly isAdjusted: boolean;
}

/** The usual split ratios: 4:3, 3:2 and whole numbers. */
const RATIOS = [4 / 3, 3 / 2, 2, 3, 4, 5, 6, 7, 8, 10, 15, 20, 25, 30, 40, 50, 100];
const LOG_JUMP_MIN = 0.28;
const TOLERANCE_MIN_RATIO = 0.04;
/** Upper bound of the tolerance, whatever the volatility. */
const TOLERANCE_MAX_RATIO = 0.1;
const VOLATILITY_DAYS = 20;
const LEVEL_DAYS = 5;
const LEVEL_TOLERANCE_RATIO = 0.1;
const BENCHMARK_MOVE_MAX_RATIO = 0.05;

/**
 * @param bars believed ones, oldest first
 * @param benchmarkMove simple return of the benchmark on a day; undefined where it is not known
 */
export function suspectedSplits(
  bars: readonly BarToCheck[],
  benchmarkMove: (day: number) => number | undefined = () => undefined,
): readonly SplitSuspicion[] {
  return bars.flatMap((bar, i): SplitSuspicion[] => {
    const before = bars[i - 1];
    if (!before) return [];
    const jump = before.close / bar.open;
    if (Math.abs(Math.log(jump)) < LOG_JUMP_MIN) return [];
    if (Math.abs(benchmarkMove(bar.day) ?? 0) >= BENCHMARK_MOVE_MAX_RATIO) return [];
    const ratio = nearestRatio(jump, toleranceAt(bars, i));
    if (ratio === undefined || !holds(bars, i, jump)) return [];
    return [{ day: bar.day, ratio, isAdjusted: !adjustedJumps(before, bar) }];
  });
}

/** Opens against closes before them, well below any jump that is looked for. */
const [RATIO_USUAL_MIN, RATIO_USUAL_MAX] = [0.77, 1.3];

/**
 * Whether there may be any: false where no open is far from the close before it. In columns, as most histories have none.
 * @param from index of the first bar that counts
 */
export function mayHaveSplits(
  { open, close }: Pick<BarFigures, 'open' | 'close'>,
  from = 0,
): boolean {
  for (let i = from + 1; i < close.length; i += 1) {
    const jump = (close[i - 1] ?? Number.NaN) / (open[i] ?? Number.NaN);
    if (!(jump > RATIO_USUAL_MIN && jump < RATIO_USUAL_MAX)) return true;
  }
  return false;
}

/**
 * The same behind the last accepted bar, among bars that are set aside until their level has held: one at most. A single
 * wrong bar looks the same, until the next one returns.
 *
 * @param accepted oldest first
 * @param stated all bars of the source, in any order
 */
export function unconfirmedSplits(
  accepted: readonly BarToCheck[],
  stated: readonly BarToCheck[],
): readonly SplitSuspicion[] {
  const last = accepted.at(-1)?.day;
  if (last === undefined) return [];
  const pending = stated
    .filter(({ day, open, close }) => day > last && open > 0 && close > 0)
    .sort((a, b) => a.day - b.day);
  const context = accepted.slice(-VOLATILITY_DAYS - LEVEL_DAYS);
  return suspectedSplits([...context, ...pending])
    .filter(({ day }) => day > last)
    .slice(0, 1);
}

/** Of a past that was rescaled all closes moved by one factor, to a hundredth. */
const RESCALED_TOLERANCE_RATIO = 0.01;

/** Whether one close of a past, before and after, leaves it open that all of it was rescaled. */
export function mayBeRescaled(before = Number.NaN, after = Number.NaN): boolean {
  return !(Math.abs(Math.log(before / after)) < LOG_JUMP_MIN - 2 * RESCALED_TOLERANCE_RATIO);
}

/** The ratio of shares that a change of the whole past by a factor shows; undefined where none. */
export function ratioOfRescaledPast(
  before: readonly number[],
  after: readonly number[],
): number | undefined {
  const factors = before.map((close, i) => close / (after[i] ?? Number.NaN));
  const middle = median(factors);
  const isConstant = factors.every(
    (factor) => Math.abs(factor / middle - 1) < RESCALED_TOLERANCE_RATIO,
  );
  if (factors.length === 0 || !isConstant || Math.abs(Math.log(middle)) < LOG_JUMP_MIN)
    return undefined;
  return nearestRatio(middle, TOLERANCE_MIN_RATIO) ?? middle;
}

function nearestRatio(jump: number, tolerance: number): number | undefined {
  const candidates = RATIOS.flatMap((ratio) => [ratio, 1 / ratio]);
  const distance = (ratio: number): number => Math.abs(jump / ratio - 1);
  const [nearest] = candidates.sort((a, b) => distance(a) - distance(b));
  return nearest !== undefined && distance(nearest) <= tolerance ? nearest : undefined;
}

function toleranceAt(bars: readonly BarToCheck[], i: number): number {
  const closes = bars.slice(Math.max(0, i - VOLATILITY_DAYS - 1), i).map(({ close }) => close);
  const returns = closes.slice(1).map((close, k) => Math.log(close / (closes[k] ?? close)));
  const mean = returns.reduce((sum, value) => sum + value, 0) / Math.max(1, returns.length);
  const squares = returns.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  const deviation = Math.sqrt(squares / Math.max(1, returns.length - 1));
  return Math.min(TOLERANCE_MAX_RATIO, Math.max(TOLERANCE_MIN_RATIO, 2 * deviation));
}

/** With fewer than five days behind it, the level counts as it is so far. */
function holds(bars: readonly BarToCheck[], i: number, jump: number): boolean {
  const before = median(bars.slice(Math.max(0, i - LEVEL_DAYS), i).map(({ close }) => close));
  const after = median(bars.slice(i, i + LEVEL_DAYS).map(({ close }) => close));
  return Math.abs(before / after / jump - 1) <= LEVEL_TOLERANCE_RATIO;
}

function adjustedJumps(before: BarToCheck, bar: BarToCheck): boolean {
  const open = (bar.open * bar.adjustedClose) / bar.close;
  return Math.abs(Math.log(before.adjustedClose / open)) >= LOG_JUMP_MIN;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const [low, high] = [sorted[sorted.length % 2 === 0 ? middle - 1 : middle], sorted[middle]];
  return ((low ?? Number.NaN) + (high ?? Number.NaN)) / 2;
}

const EXPLAINED_RATIO_TOLERANCE = 0.1;

/**
 * Whether a declared action explains a jump: a split by its ratio; what changes the price otherwise, or is said to
 * be none, by its day.
 * @param daysMax between the two
 */
export function explainsJump(
  action: CorporateAction,
  { day, ratio }: { readonly day: CalendarDay; readonly ratio: number },
  daysMax: number,
): boolean {
  if (action.kind === 'dividend') return false;
  if (Math.abs(daysBetween(action.day, day)) > daysMax) return false;
  const stated = sharesRatio(action);
  return stated === 1 || Math.abs(stated / ratio - 1) <= EXPLAINED_RATIO_TOLERANCE;
}

/** Days between a jump in the prices and the action that explains it. */
export const JUMP_EXPLAINED_DAYS_MAX = 7;
