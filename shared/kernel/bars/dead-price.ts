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
  const volumes = last(columns.volume, STALE_SESSIONS);
  if (unchanged >= STALE_SESSIONS && (peersMoved || volumes.some((shares) => shares > 0)))
    return `its price has not changed for ${unchanged} sessions, while ${
      peersMoved ? 'others moved' : 'shares were traded'
    }`;
  if (tradesInShares && volumes.every((shares) => shares === 0))
    return `no share of it was traded in the last ${STALE_SESSIONS} sessions`;
  const recent = last(columns.adjustedClose, VARIANCE_SESSIONS + 1);
  if (recent.length > VARIANCE_SESSIONS && deviationOf(recent) < DEVIATION_MIN_RATIO)
    return `its price has no variance over the last ${VARIANCE_SESSIONS} sessions`;
  return undefined;
}

/** Whether the price moved at all within the last sessions that make another one's stale. */
export function movedLately({ adjustedClose }: PriceColumns): boolean {
  const recent = last(adjustedClose, STALE_SESSIONS);
  return recent.some((close) => close !== recent[0]);
}

function unchangedSessions({ adjustedClose }: PriceColumns): number {
  let count = 0;
  const at = (i: number): number => adjustedClose[i] ?? Number.NaN;
  for (let i = adjustedClose.length - 1; i > 0 && at(i) === at(i - 1); i -= 1) count += 1;
  return count === 0 ? 0 : count + 1;
}

function deviationOf(closes: readonly number[]): number {
  const returns = closes.slice(1).map((close, i) => close / (closes[i] ?? close) - 1);
  const mean = returns.reduce((sum, value) => sum + value, 0) / returns.length;
  return Math.sqrt(returns.reduce((sum, value) => sum + (value - mean) ** 2, 0) / returns.length);
}

function last(values: ArrayLike<number>, count: number): number[] {
  const from = Math.max(0, values.length - count);
  return Array.from({ length: values.length - from }, (_, i) => values[from + i] ?? Number.NaN);
}
