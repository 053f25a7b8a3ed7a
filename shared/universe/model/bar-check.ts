/**
 * Which bars may be right. A bar is set aside, with the reason, when a price is not positive, when
 * its high or low contradict its open and close, or when it moves beyond +1000 % or -90 % in a day
 * or lies more than 10 times off the mean of the last 30. What is set aside is never used: neither
 * by a caller nor to judge the bars after it.
 */
import { dayOfEpoch, type CalendarDay } from '#shared/kernel/calendar-day.ts';

export interface SetAsideBar {
  readonly day: CalendarDay;
  readonly reason: string;
}

/** A bar as a source tells it; prices in the security's currency. */
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
 * Moves are judged on adjusted closes, so that a split is not taken for a crash.
 * @param bars in any order; of two of one day the later in the list is taken
 * @param context adjusted closes of accepted bars right before them, oldest first
 */
export function checkBars(
  bars: readonly BarToCheck[],
  context: readonly number[] = [],
): CheckedBars {
  const recent = context.slice(-MEAN_LENGTH);
  const accepted: BarToCheck[] = [];
  const setAside: SetAsideBar[] = [];
  for (const bar of inOrder(bars)) {
    const reason = faultWithin(bar) ?? faultOfMove(bar, recent);
    if (reason !== undefined) {
      setAside.push({ day: dayOfEpoch(bar.day), reason });
      continue;
    }
    accepted.push(bar);
    recent.push(bar.adjustedClose);
    if (recent.length > MEAN_LENGTH) recent.shift();
  }
  return { accepted, setAside };
}

function inOrder(bars: readonly BarToCheck[]): readonly BarToCheck[] {
  return [...new Map(bars.map((bar) => [bar.day, bar])).values()].sort((a, b) => a.day - b.day);
}

function faultWithin({ open, high, low, close, adjustedClose, volume }: BarToCheck) {
  const prices = { open, high, low, close, 'adjusted close': adjustedClose };
  for (const [name, price] of Object.entries(prices))
    if (!Number.isFinite(price) || price <= 0) return `${name} ${price} is not positive`;
  if (high < Math.max(open, close, low)) return `high ${high} lies below open, close or low`;
  if (low > Math.min(open, close)) return `low ${low} lies above open or close`;
  if (volume < 0 || volume === Infinity) return `volume ${volume} is not a number of shares`;
  return undefined;
}

function faultOfMove({ adjustedClose }: BarToCheck, recent: readonly number[]) {
  const previous = recent.at(-1);
  if (previous === undefined) return undefined;
  const move = adjustedClose / previous - 1;
  if (move > RISE_MAX || move < -FALL_MAX)
    return `moves ${percent(move)} in a day, from ${previous} to ${adjustedClose}`;
  const mean = recent.reduce((sum, close) => sum + close, 0) / recent.length;
  const factor = Math.max(adjustedClose / mean, mean / adjustedClose);
  if (factor > MEAN_FACTOR_MAX)
    return `lies ${factor.toFixed(1)} times off the mean of the last ${recent.length} closes`;
  return undefined;
}

function percent(ratio: number): string {
  return `${ratio > 0 ? '+' : ''}${(ratio * 100).toFixed(1)} %`;
}
