/** The securities of a sync. */
import type { MarketData } from '#shared/clients/market-data/market-data.ts';
import type { Instant } from '#shared/kernel/instant.ts';
import type { Isin } from '#shared/kernel/isin.ts';
import { correctDescriptions, addListed } from '../listing.ts';
import { isTradable, type Security } from '../model/security.ts';
import type { SyncProblem } from '../model/sync-progress.ts';
import type { SecurityStore } from '../security-store.ts';

export interface SyncFixture {
  readonly marketData: MarketData;
  readonly signal: AbortSignal;
  readonly idempotencyKey: string;
  now(): Instant;
}

/**
 * The securities asked for, or all that are not removed. An empty universe adds every security that
 * the source lists; otherwise the source updates the descriptions of those asked for. A cycle asks for parts of
 * thousands of securities, so the others are not read.
 */
export async function syncTargets(
  store: SecurityStore,
  dependencies: SyncFixture,
  isins: readonly Isin[],
): Promise<readonly (Security | SyncProblem)[]> {
  const listing = await dependencies.marketData.listing(dependencies.signal);
  const read = () => (isins.length === 0 ? store.all() : store.some(isins));
  const before = await read();
  if (before.length === 0 && isins.length === 0)
    await addListed(store, listing, dependencies.now(), dependencies.idempotencyKey);
  else await correctDescriptions(store, before.filter(isTradable), listing);
  const securities = await read();
  if (isins.length === 0) return securities.filter(isTradable);
  const byIsin = new Map(securities.map((security) => [security.isin, security]));
  return [...new Set(isins)].map((isin) => targetOf(isin, byIsin.get(isin)));
}

function targetOf(isin: Isin, security: Security | undefined): Security | SyncProblem {
  if (!security) return { isin, symbol: '', reason: 'is not in the universe' };
  if (!isTradable(security))
    return { isin, symbol: security.symbol, reason: 'was removed from the universe' };
  return security;
}

/** Of those that can be synced, in the order of their turns. */
export function isinsToSync(targets: readonly (Security | SyncProblem)[]): readonly Isin[] {
  return targets.flatMap((target) => ('reason' in target ? [] : target.isin));
}
