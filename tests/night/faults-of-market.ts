import { dayOf } from '#shared/kernel/calendar-day.ts';
import { DAY_MS, instantOf } from '#shared/kernel/instant.ts';
import { parseIsin } from '#shared/kernel/isin.ts';
import { keys } from '#shared/redis/keys.ts';
import { PriceDoubtStore } from '#shared/universe/price-doubt-store.ts';
import type { InventedFault } from './invented-fault.ts';
import type { NightSystem } from './night-system.ts';

export function faultsOfMarket({ stored, isin }: NightSystem): InventedFault[] {
  const doubts = new PriceDoubtStore(stored.database);
  const [kind, held] = ['suspected-split' as const, parseIsin(isin)];
  const stale = { alert: 'TraderPricesStale', notice: 'prices-stale' };
  return [
    { name: 'prices are stale', ...stale, labels: { isin: 'all' }, ...agedSyncs('prices:') },
    {
      name: 'prices of a security are stale',
      ...{ ...stale, labels: { isin }, ...agedSyncs(`prices:${isin}`) },
    },
    {
      name: 'rates are stale',
      ...{ alert: 'TraderRatesStale', labels: { pair: 'all' }, notice: 'rates-stale' },
      ...agedSyncs('rates:'),
    },
    {
      name: 'a split is suspected',
      ...{ alert: 'TraderSuspectedSplit', labels: { isin }, notice: 'suspected-split' },
      make: () => {
        const day = dayOf(instantOf(Date.now() - 5 * DAY_MS));
        return doubts.put(held, kind, [{ kind, day, ratio: 2, evidence: 'jump', isLive: false }]);
      },
      mend: () => doubts.put(held, kind, []),
    },
  ];

  /** What was fetched, as if ten days ago. */
  function agedSyncs(begin: string): Pick<InventedFault, 'make' | 'mend'> {
    const client = stored.database.redis;
    const key = keys.universe.syncs();
    let before: [string, string][] = [];
    const through = dayOf(instantOf(Date.now() - 10 * DAY_MS));
    return {
      make: async () => {
        before = Object.entries(await client.hgetall(key)).filter(([one]) => one.startsWith(begin));
        for (const [subject, json] of before)
          await client.hset(key, subject, JSON.stringify({ ...JSON.parse(json), through }));
      },
      mend: () => client.hset(key, Object.fromEntries(before)),
    };
  }
}
