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

/**
 * Why a price is dead; undefined where it is not. Reads as `its price ...`.
 * @param peersMoved whether most other securities changed their price in these sessions
 * @param tradesInShares funds that are priced once a day report no volume, and are not dead for it
 */
export function deadPriceReason(
  columns: PriceColumns,
  {
    peersMoved,
    tradesInShares,
  }: { readonly peersMoved: boolean; readonly tradesInShares: boolean },
): string | undefined {
  const { length } = columns.adjustedClose;
  if (length < STALE_SESSIONS) return undefined;
  const unchanged = unchangedSessions(columns);
  const traded = sharesTraded(columns);
  if (unchanged >= STALE_SESSIONS && (peersMoved || traded === 'some'))
    return `its price has not changed for ${unchanged} sessions, while ${
      peersMoved ? 'others moved' : 'shares were traded'
    }`;
  if (tradesInShares && traded === 'none')
    return `no share of it was traded in the last ${STALE_SESSIONS} sessions`;
  if (length > VARIANCE_SESSIONS && lateDeviation(columns) < DEVIATION_MIN_RATIO)
    return `its price has no variance over the last ${VARIANCE_SESSIONS} sessions`;
  return undefined;
}

/** Whether the price moved at all within the last sessions that make another one's stale. */
export function movedLately({ adjustedClose: closes }: PriceColumns): boolean {
  const from = Math.max(0, closes.length - STALE_SESSIONS);
  for (let i = from + 1; i < closes.length; i += 1) if (closes[i] !== closes[from]) return true;
  return false;
}

/** Within the last sessions; undefined where the source does not say for each. */
function sharesTraded({ volume }: PriceColumns): 'some' | 'none' | undefined {
  let traded: 'none' | undefined = 'none';
  for (let i = Math.max(0, volume.length - STALE_SESSIONS); i < volume.length; i += 1) {
    const shares = volume[i] ?? Number.NaN;
    if (shares > 0) return 'some';
    if (shares !== 0) traded = undefined;
  }
  return traded;
}

function unchangedSessions({ adjustedClose }: PriceColumns): number {
  let count = 0;
  const at = (i: number): number => adjustedClose[i] ?? Number.NaN;
  for (let i = adjustedClose.length - 1; i > 0 && at(i) === at(i - 1); i -= 1) count += 1;
  return count === 0 ? 0 : count + 1;
}

/** Of the daily returns of the last sessions; in loops, as it is asked of each security each day. */
function lateDeviation({ adjustedClose: closes }: PriceColumns): number {
  const from = closes.length - VARIANCE_SESSIONS;
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
