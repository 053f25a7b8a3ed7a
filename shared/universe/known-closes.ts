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

/** The last stored bar; its day as days since 1970-01-01. */
export interface LatestClose {
  readonly day: number;
  readonly close: number;
}

/** The last bars of all closes that were read at one version. */
interface KnownLatest {
  readonly version: string;
  readonly byIsin: Map<Isin, LatestClose>;
}

const latest = new WeakMap<Database['redis'], KnownLatest>();

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
  if (version === null) return closes;
  if (isins.length <= SECURITIES_MAX) lately.set(redis, { version, from, isins, closes });
  rememberLatest(redis, version, closes);
  return closes;
}

function rememberLatest(redis: Database['redis'], version: string, closes: Closes): void {
  const known = latest.get(redis);
  const byIsin = known?.version === version ? known.byIsin : new Map<Isin, LatestClose>();
  for (const [isin, { days, close }] of closes) {
    const [day, price] = [days.at(-1), close.at(-1)];
    if (day !== undefined && price !== undefined) byIsin.set(isin, { day, close: price });
  }
  latest.set(redis, { version, byIsin });
}

/**
 * The last bars, of closes that were read at the version that stands now, and read where none were.
 * @param read none of a security without bars
 */
export async function knownLatest(
  { redis }: Database,
  versionKey: string,
  isins: readonly Isin[],
  read: (isins: readonly Isin[]) => Promise<ReadonlyMap<Isin, LatestClose>>,
): Promise<ReadonlyMap<Isin, LatestClose>> {
  const version = await redis.get(versionKey);
  const known = latest.get(redis);
  const byIsin = known?.version === version ? known.byIsin : undefined;
  const unknown = byIsin ? isins.filter((isin) => !byIsin.has(isin)) : isins;
  const others = await read(unknown);
  return new Map(
    isins.flatMap((isin) => {
      const one = others.get(isin) ?? byIsin?.get(isin);
      return one ? [[isin, one]] : [];
    }),
  );
}

function areEqual(a: readonly Isin[], b: readonly Isin[]): boolean {
  return a.length === b.length && a.every((isin, i) => isin === b[i]);
}
