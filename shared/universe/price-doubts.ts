/** Reviews stored prices for doubts after a sync. */
import { addDays, type CalendarDay } from '#shared/kernel/calendar-day.ts';
import { deadPriceReason, movedLately } from '#shared/kernel/dead-price.ts';
import type { Isin } from '#shared/kernel/isin.ts';
import type { PriceDoubt } from './model/price-doubt.ts';
import { lastDay, type PriceSeries } from './model/price-series.ts';
import { isTradable, type Security } from './model/security.ts';
import type { PriceDoubtStore } from './price-doubt-store.ts';
import type { PriceStore } from './price-store.ts';

/** Enough calendar days for the sessions that a dead price is judged on. */
const LOOKBACK_DAYS = 130;
/** Priced once a day without a market of their own. */
const FUND_TYPES = new Set(['FUND', 'MUTUALFUND', 'MONEYMARKET', 'INDEX', 'BOND', 'CURRENCY']);

/** Finds the dead prices of all tradable securities, each against the others. */
export async function reviewDeadPrices(
  prices: PriceStore,
  doubts: PriceDoubtStore,
  securities: readonly Security[],
  today: CalendarDay,
): Promise<void> {
  const tradable = securities.filter(isTradable);
  const from = addDays(today, -LOOKBACK_DAYS);
  const series = await prices.seriesOf(
    tradable.map(({ isin }) => isin),
    from,
  );
  for (const security of tradable)
    await doubts.put(security.isin, 'dead-price', deadPrice(security, series));
}

function deadPrice(
  { isin, securityType }: Security,
  all: ReadonlyMap<Isin, PriceSeries>,
): readonly PriceDoubt[] {
  const own = all.get(isin);
  const day = own && lastDay(own);
  if (!own || day === undefined) return [];
  const others = [...all.values()].filter(({ isin: other, days }) => other !== isin && days.length);
  const moved = others.filter(movedLately).length;
  const reason = deadPriceReason(own, {
    peersMoved: others.length > 0 && moved * 2 >= others.length,
    tradesInShares: !FUND_TYPES.has(securityType),
  });
  return reason === undefined ? [] : [{ kind: 'dead-price', day, reason }];
}
