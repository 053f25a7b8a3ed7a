/**
 * Old prices under new dates: a source that has nothing new, and answers the bars of earlier days again. Whole bars
 * are compared, with their volume: no two days of a market that is open agree in all of them.
 */

/** Columns of one security's believed bars, oldest first. */
interface BarColumns {
  readonly open: ArrayLike<number>;
  readonly high: ArrayLike<number>;
  readonly low: ArrayLike<number>;
  readonly close: ArrayLike<number>;
  /** Shares; NaN where the source has none. */
  readonly volume: ArrayLike<number>;
}

/** By chance a single bar may be that of another day. */
const SESSIONS_MIN = 2;

/**
 * How many of the latest bars are those of earlier days, without a gap from the last one. A bar of one price, as of a fund, or
 * without a trade says nothing.
 * @param from index of the first bar that is looked at
 */
export function repeatedSessions(columns: BarColumns, from = 0): number {
  const last = columns.close.length - 1;
  let at = last;
  while (at > from && isTraded(columns, at) && isOfAnEarlierDay(columns, at, from)) at -= 1;
  return last - at;
}

/** @param peersRepeat whether most others repeat as well. @returns reads as `its price ...` */
export function repeatReason(sessions: number, peersRepeat: boolean): string | undefined {
  if (sessions === 0 || (sessions < SESSIONS_MIN && !peersRepeat)) return undefined;
  const bars = sessions === 1 ? 'last bar is that' : `last ${sessions} bars are those`;
  return `its ${bars} of earlier days again${peersRepeat ? ', as of most others' : ''}`;
}

function isTraded({ high, low, volume }: BarColumns, at: number): boolean {
  return (high[at] ?? Number.NaN) > (low[at] ?? Number.NaN) && (volume[at] ?? 0) > 0;
}

function isOfAnEarlierDay(columns: BarColumns, at: number, from: number): boolean {
  const { close, open, high, low, volume } = columns;
  for (let i = at - 1; i >= from; i -= 1)
    if (
      close[i] === close[at] &&
      volume[i] === volume[at] &&
      open[i] === open[at] &&
      high[i] === high[at] &&
      low[i] === low[at]
    )
      return true;
  return false;
}
