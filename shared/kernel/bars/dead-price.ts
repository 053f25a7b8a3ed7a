/**
 * Stale prices. A price that never moves looks like a riskless asset to every risk measure; in fact
 * it is stale, suspended or delisted.
 */

/** Columns of one security's believed bars, oldest first. */
export interface PriceColumns {
  readonly adjustedClose: ArrayLike<number>;
  /** Shares; NaN where the source has none. */
  readonly volume: ArrayLike<number>;
}

/**
 * Sessions without a change, or without a trade, after which a price counts as dead.
 * @internal exported for its tests
 */
export const STALE_SESSIONS = 10;
/** Sessions over which a price that never changes has no variance, whatever others do. */
const VARIANCE_SESSIONS = 60;
/** Below this daily deviation the price is a constant with rounding noise. */
const DEVIATION_MIN_RATIO = 2e-6;

/** What a price says of itself; whether it is dead depends on the others, too. */
export interface Staleness {
  /** Whether it moved at all within the last sessions that make another one's stale. */
  readonly moved: boolean;
  /** The latest sessions with the same price; 0 where it changed with the last one. */
  readonly unchanged: number;
  /** Within the last sessions; undefined where the source does not say for each. */
  readonly traded: 'some' | 'none' | undefined;
  readonly hasNoVariance: boolean;
  /** Whether there are enough sessions to judge it. */
  readonly isLong: boolean;
}

interface Others {
  /** Whether most other securities changed their price in these sessions. */
  readonly peersMoved: boolean;
  /** Funds that are priced once a day report no volume, and are not dead for it. */
  readonly tradesInShares: boolean;
}

/** @param from index of the first bar that counts */
export function stalenessOf(columns: PriceColumns, from = 0): Staleness {
  const length = columns.adjustedClose.length - from;
  return {
    moved: movedLately(columns, from),
    unchanged: unchangedSessions(columns, from),
    traded: sharesTraded(columns, from),
    hasNoVariance: length > VARIANCE_SESSIONS && !hasVariance(columns),
    isLong: length >= STALE_SESSIONS,
  };
}

/** Why a price is dead; undefined where it is not. Reads as `its price ...`. */
export function deadPriceReason(columns: PriceColumns, others: Others): string | undefined {
  return staleReason(stalenessOf(columns), others);
}

/** The same of what it said of itself. */
export function staleReason(
  { isLong, unchanged, traded, hasNoVariance }: Staleness,
  { peersMoved, tradesInShares }: Others,
): string | undefined {
  if (!isLong) return undefined;
  if (unchanged >= STALE_SESSIONS && (peersMoved || traded === 'some'))
    return `its price has not changed for ${unchanged} sessions, while ${
      peersMoved ? 'others moved' : 'shares were traded'
    }`;
  if (tradesInShares && traded === 'none')
    return `no share of it was traded in the last ${STALE_SESSIONS} sessions`;
  if (hasNoVariance) return `its price has no variance over the last ${VARIANCE_SESSIONS} sessions`;
  return undefined;
}

/** Whether the price moved at all within the last sessions that make another one's stale. */
export function movedLately({ adjustedClose: closes }: PriceColumns, begin = 0): boolean {
  const from = Math.max(begin, closes.length - STALE_SESSIONS);
  for (let i = from + 1; i < closes.length; i += 1) if (closes[i] !== closes[from]) return true;
  return false;
}

function sharesTraded({ volume }: PriceColumns, begin: number): Staleness['traded'] {
  let traded: 'none' | undefined = 'none';
  const from = Math.max(begin, volume.length - STALE_SESSIONS);
  for (let i = from; i < volume.length; i += 1) {
    const shares = volume[i] ?? Number.NaN;
    if (shares > 0) return 'some';
    if (shares !== 0) traded = undefined;
  }
  return traded;
}

function unchangedSessions({ adjustedClose }: PriceColumns, from: number): number {
  let count = 0;
  const at = (i: number): number => adjustedClose[i] ?? Number.NaN;
  for (let i = adjustedClose.length - 1; i > from && at(i) === at(i - 1); i -= 1) count += 1;
  return count === 0 ? 0 : count + 1;
}

/** Two returns that differ by this much show alone that the price moves: their deviation is far above the limit. */
const RETURNS_DIFFER_RATIO = 1e-3;

/** Of the daily returns of the last sessions. */
function hasVariance({ adjustedClose: closes }: PriceColumns): boolean {
  const from = closes.length - VARIANCE_SESSIONS;
  const last = returnAt(closes, closes.length - 1);
  for (let i = closes.length - 2; i >= from; i -= 1)
    if (Math.abs(returnAt(closes, i) - last) > RETURNS_DIFFER_RATIO) return true;
  return !(lateDeviation(closes, from) < DEVIATION_MIN_RATIO);
}

function lateDeviation(closes: ArrayLike<number>, from: number): number {
  let sum = 0;
  for (let i = from; i < closes.length; i += 1) sum += returnAt(closes, i);
  const mean = sum / VARIANCE_SESSIONS;
  let squares = 0;
  for (let i = from; i < closes.length; i += 1) squares += (returnAt(closes, i) - mean) ** 2;
  return Math.sqrt(squares / VARIANCE_SESSIONS);
}

function returnAt(closes: ArrayLike<number>, i: number): number {
  return (closes[i] ?? Number.NaN) / (closes[i - 1] ?? Number.NaN) - 1;
}
