/** Reviews stored prices for doubts after a sync. */
import { addDays, type CalendarDay } from '#shared/kernel/calendar-day.ts';
import { deadPriceReason, movedLately } from '#shared/kernel/bars/dead-price.ts';
import type { Isin } from '#shared/kernel/isin.ts';
import type { PriceDoubt } from './model/price-doubt.ts';
import { lastDay, type PriceSeries } from './model/price-series.ts';
import { isTradable, type Security } from './model/security.ts';
import type { PriceDoubtStore } from './price-doubt-store.ts';
import type { PriceStore } from './price-store.ts';

/** Enough calendar days for the sessions that a dead price is judged on. */
const LOOKBACK_DAYS = 130;
const READ_AT_ONCE = 100;
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
  const series = await latestBars(prices, tradable, from);
  const priced = [...series].filter(([, { days }]) => days.length > 0);
  const moved = new Set(priced.flatMap(([isin, bars]) => (movedLately(bars) ? [isin] : [])));
  const known = await doubts.all();
  for (const security of tradable) {
    const found = deadPrice(security, series, { priced: priced.length, moved });
    const isDoubted = known.get(security.isin)?.some(({ kind }) => kind === 'dead-price');
    // Thousands of securities have none, before and after.
    if (found.length > 0 || isDoubted) await doubts.put(security.isin, 'dead-price', found);
  }
}

type LatestBars = Pick<PriceSeries, 'days' | 'adjustedClose' | 'volume'>;

/** Copies of what is judged: of thousands of securities, whole years would be held in memory at once. */
async function latestBars(
  prices: PriceStore,
  securities: readonly Security[],
  from: CalendarDay,
): Promise<ReadonlyMap<Isin, LatestBars>> {
  const found = new Map<Isin, LatestBars>();
  for (let first = 0; first < securities.length; first += READ_AT_ONCE) {
    const isins = securities.slice(first, first + READ_AT_ONCE).map(({ isin }) => isin);
    for (const [isin, { days, adjustedClose, volume }] of await prices.seriesOf(isins, from))
      found.set(isin, {
        days: days.slice(),
        adjustedClose: adjustedClose.slice(),
        volume: volume.slice(),
      });
  }
  return found;
}

interface Peers {
  readonly priced: number;
  readonly moved: ReadonlySet<Isin>;
}

function deadPrice(
  { isin, securityType }: Security,
  all: ReadonlyMap<Isin, LatestBars>,
  { priced, moved }: Peers,
): readonly PriceDoubt[] {
  const own = all.get(isin);
  const day = own && lastDay(own);
  if (!own || day === undefined) return [];
  const others = priced - 1;
  const othersMoved = moved.size - (moved.has(isin) ? 1 : 0);
  const reason = deadPriceReason(own, {
    peersMoved: others > 0 && othersMoved * 2 >= others,
    tradesInShares: !FUND_TYPES.has(securityType),
  });
  return reason === undefined ? [] : [{ kind: 'dead-price', day, reason }];
}
