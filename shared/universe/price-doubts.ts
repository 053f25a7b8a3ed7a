/** Reviews stored prices for doubts after a sync. */
import { addDays, dayOfEpoch, epochDay, type CalendarDay } from '#shared/kernel/calendar-day.ts';
import { deadPriceReason, movedLately } from '#shared/kernel/bars/dead-price.ts';
import { repeatedSessions, repeatReason } from '#shared/kernel/bars/repeated-bars.ts';
import type { Isin } from '#shared/kernel/isin.ts';
import type { PriceDoubt } from './model/price-doubt.ts';
import { indexAtEpoch, lastDay, type PriceSeries } from './model/price-series.ts';
import { isTradable, type Security } from './model/security.ts';
import type { PriceDoubtStore } from './price-doubt-store.ts';
import type { PriceStore } from './price-store.ts';

/** Enough calendar days for the sessions that a dead price is judged on. */
const LOOKBACK_DAYS = 130;
const READ_AT_ONCE = 100;
/** Priced once a day without a market of their own. */
const FUND_TYPES = new Set(['FUND', 'MUTUALFUND', 'MONEYMARKET', 'INDEX', 'BOND', 'CURRENCY']);

/** Of fewer others most say nothing. */
const REPEATING_MIN = 5;

interface LatestBars extends Pick<PriceSeries, 'days' | 'adjustedClose' | 'volume'> {
  /** Of the latest bars, those that are bars of earlier days again. */
  readonly repeated: number;
}

/** What dead prices are judged on. Copies: of thousands of securities, whole years would be held in memory. */
export class LatestReviewed {
  private readonly from: number;
  private readonly byIsin = new Map<Isin, LatestBars>();

  /** @param today of the market */
  constructor(today: CalendarDay) {
    this.from = epochDay(addDays(today, -LOOKBACK_DAYS));
  }

  /** @param series with all bars of the last months */
  keep(series: PriceSeries): void {
    const { isin, days, adjustedClose, volume } = series;
    const first = indexAtEpoch(days, this.from - 1) + 1;
    this.byIsin.set(isin, {
      days: days.slice(first),
      adjustedClose: adjustedClose.slice(first),
      volume: volume.slice(first),
      repeated: repeatedSessions(series, first),
    });
  }

  /** Those of securities, read where they were not kept. */
  async of(prices: PriceStore, isins: readonly Isin[]): Promise<ReadonlyMap<Isin, LatestBars>> {
    const unknown = isins.filter((isin) => !this.byIsin.has(isin));
    for (let first = 0; first < unknown.length; first += READ_AT_ONCE) {
      const some = unknown.slice(first, first + READ_AT_ONCE);
      for (const series of (await prices.seriesOf(some, dayOfEpoch(this.from))).values())
        this.keep(series);
    }
    return new Map(
      isins.flatMap((isin) => {
        const bars = this.byIsin.get(isin);
        return bars ? [[isin, bars]] : [];
      }),
    );
  }
}

/** Finds the dead prices of all tradable securities, each against the others. */
export async function reviewDeadPrices(
  prices: PriceStore,
  doubts: PriceDoubtStore,
  securities: readonly Security[],
  latest: LatestReviewed,
): Promise<void> {
  const tradable = securities.filter(isTradable);
  const series = await latest.of(
    prices,
    tradable.map(({ isin }) => isin),
  );
  const priced = [...series].filter(([, { days }]) => days.length > 0);
  const moved = new Set(priced.flatMap(([isin, bars]) => (movedLately(bars) ? [isin] : [])));
  const repeating = priced.filter(([, { repeated }]) => repeated > 0).length;
  const peersRepeat = repeating >= REPEATING_MIN && repeating * 2 >= priced.length;
  const known = await doubts.all();
  for (const security of tradable) {
    const found = deadPrice(security, series, { priced: priced.length, moved, peersRepeat });
    const isDoubted = known.get(security.isin)?.some(({ kind }) => kind === 'dead-price');
    // Thousands of securities have none, before and after.
    if (found.length > 0 || isDoubted) await doubts.put(security.isin, 'dead-price', found);
  }
}

interface Peers {
  readonly priced: number;
  readonly moved: ReadonlySet<Isin>;
  readonly peersRepeat: boolean;
}

function deadPrice(
  { isin, securityType }: Security,
  all: ReadonlyMap<Isin, LatestBars>,
  { priced, moved, peersRepeat }: Peers,
): readonly PriceDoubt[] {
  const own = all.get(isin);
  const day = own && lastDay(own);
  if (!own || day === undefined) return [];
  const others = priced - 1;
  const othersMoved = moved.size - (moved.has(isin) ? 1 : 0);
  const reason =
    deadPriceReason(own, {
      peersMoved: others > 0 && othersMoved * 2 >= others,
      tradesInShares: !FUND_TYPES.has(securityType),
    }) ?? repeatReason(own.repeated, peersRepeat);
  return reason === undefined ? [] : [{ kind: 'dead-price', day, reason }];
}
