/** Fetching fundamentals into the store, one security at a time. */
import type { ListedFundamentals } from '#shared/clients/market-data/market-data.ts';
import { canonicalJson } from '#shared/kernel/hash.ts';
import type { Isin } from '#shared/kernel/isin.ts';
import type { Security } from '../model/security.ts';
import type { Fetched, PriceStore } from '../price-store.ts';
import type { SecurityStore } from '../security-store.ts';
import { ReadAhead } from './read-ahead.ts';
import type { SyncFrame } from './sync-frame.ts';

const READ_AT_ONCE = 500;

export interface FundamentalsFrame extends SyncFrame {
  readonly securities: SecurityStore;
  /** What was fetched before. */
  readonly fetched: ReadAhead<Isin, Fetched>;
}

/** @param isins in the order of their turns */
export function fetchedBefore(store: PriceStore, isins: readonly Isin[]): ReadAhead<Isin, Fetched> {
  return new ReadAhead(isins, READ_AT_ONCE, async (some) => {
    const found = await store.fetchedOf(some.map(subjectOf));
    return new Map(
      some.flatMap((isin) => {
        const read = found.get(subjectOf(isin));
        return read ? [[isin, read] as const] : [];
      }),
    );
  });
}

/** Fetches a security's fundamentals unless that was done on this day of the market. */
export async function syncFundamentalsOf(
  frame: FundamentalsFrame,
  security: Security,
): Promise<void> {
  const { store, securities, marketData, now, force, signal } = frame;
  const { isin } = security;
  const through = marketData.today(now);
  const known = await frame.fetched.take(isin);
  if (!force && known && known.through >= through) return;
  const fetched = await marketData.fundamentals(isin, signal);
  if (fetched && differs(security, fetched))
    await securities.putFundamentals(isin, { ...fetched, fetchedAt: now });
  if (known?.through !== through) await store.putFetched(subjectOf(isin), { through, at: now });
}

function subjectOf(isin: Isin) {
  return `fundamentals:${isin}` as const;
}

function differs({ fundamentals }: Security, fetched: ListedFundamentals): boolean {
  return (
    fundamentals === undefined ||
    canonicalJson({ ...fetched, fetchedAt: fundamentals.fetchedAt }) !== canonicalJson(fundamentals)
  );
}
