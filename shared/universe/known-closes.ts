/**
 * The closes read last, for as long as the version of the prices stays: the steps of a decision ask for the same ones.
 * Of each connection, so that what records a plan's reads sees them.
 */
import type { CalendarDay } from '#shared/kernel/calendar-day.ts';
import type { Isin } from '#shared/kernel/isin.ts';
import type { Database } from '#shared/redis/database.ts';
import type { CloseSeries } from './model/price-series.ts';

export type Closes = ReadonlyMap<Isin, CloseSeries>;

interface Known {
  readonly version: string;
  readonly from: CalendarDay;
  readonly isins: readonly Isin[];
  readonly closes: Closes;
}

/** As many as an allocation weighs; of five years some 5 MB. */
const SECURITIES_MAX = 400;

const lately = new WeakMap<Database['redis'], Known>();

/** @param versionKey holds another text after each change of any price */
export async function knownCloses(
  { redis }: Database,
  versionKey: string,
  [isins, from]: readonly [isins: readonly Isin[], from: CalendarDay],
  read: () => Promise<Closes>,
): Promise<Closes> {
  const known = lately.get(redis);
  // Read before what it stands for: a change in between is noticed the next time.
  const version = await redis.get(versionKey);
  const isSame = known?.version === version && known.from === from;
  if (isSame && areEqual(known.isins, isins)) return known.closes;
  const closes = await read();
  if (version !== null && isins.length <= SECURITIES_MAX)
    lately.set(redis, { version, from, isins, closes });
  return closes;
}

function areEqual(a: readonly Isin[], b: readonly Isin[]): boolean {
  return a.length === b.length && a.every((isin, i) => isin === b[i]);
}
