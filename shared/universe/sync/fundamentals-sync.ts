/** Fetching fundamentals into the store, one security at a time. */
import type { ListedFundamentals } from '#shared/clients/market-data/market-data.ts';
import { canonicalJson } from '#shared/kernel/hash.ts';
import type { Security } from '../model/security.ts';
import type { SyncFrame } from './price-sync.ts';
import type { SecurityStore } from '../security-store.ts';

/** Fetches a security's fundamentals unless that was done on this day of the market. */
export async function syncFundamentalsOf(
  frame: SyncFrame,
  securities: SecurityStore,
  security: Security,
): Promise<void> {
  const { store, marketData, now, force, signal } = frame;
  const subject = `fundamentals:${security.isin}` as const;
  const through = marketData.today(now);
  const known = await store.fetched(subject);
  if (!force && known && known.through >= through) return;
  const fetched = await marketData.fundamentals(security.isin, signal);
  if (fetched && differs(security, fetched))
    await securities.putFundamentals(security.isin, { ...fetched, fetchedAt: now });
  if (known?.through !== through) await store.putFetched(subject, { through, at: now });
}

function differs({ fundamentals }: Security, fetched: ListedFundamentals): boolean {
  return (
    fundamentals === undefined ||
    canonicalJson({ ...fetched, fetchedAt: fundamentals.fetchedAt }) !== canonicalJson(fundamentals)
  );
}
