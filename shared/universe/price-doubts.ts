/** Reviews stored prices for doubts after a sync. */
import { addDays, dayOfEpoch, epochDay, type CalendarDay } from '#shared/kernel/calendar-day.ts';
import { staleReason, stalenessOf, type Staleness } from '#shared/kernel/bars/dead-price.ts';
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

interface LatestBars {
  readonly staleness: Staleness;
  readonly lastDay: CalendarDay;
  /** Of the latest bars, those that are bars of earlier days again. */
  readonly repeated: number;
}

/** What dead prices are judged on. The bars are not kept: of thousands of securities, they would fill the memory. */
export class LatestReviewed {
  private readonly from: number;
  /** Undefined for one without bars in these months. */
  private readonly byIsin = new Map<Isin, LatestBars | undefined>();

  /** @param today of the market */
  constructor(today: CalendarDay) {
    this.from = epochDay(addDays(today, -LOOKBACK_DAYS));
  }

  /** @param series with all bars of the last months */
  keep(series: PriceSeries): void {
    const first = indexAtEpoch(series.days, this.from - 1) + 1;
    const last = first < series.days.length ? lastDay(series) : undefined;
    const found = last && {
      staleness: stalenessOf(series, first),
      lastDay: last,
      repeated: repeatedSessions(series, first),
    };
    this.byIsin.set(series.isin, found);
  }

  /** Those of securities that have bars, read where they were not kept. */
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
  const all = await latest.of(
    prices,
    tradable.map(({ isin }) => isin),
  );
  let [moved, repeating] = [0, 0];
  for (const bars of all.values()) {
    if (bars.staleness.moved) moved += 1;
    if (bars.repeated > 0) repeating += 1;
  }
  const peersRepeat = repeating >= REPEATING_MIN && repeating * 2 >= all.size;
  const known = await doubts.all();
  for (const security of tradable) {
    const found = deadPrice(security, all, { moved, peersRepeat });
    const isDoubted = known.get(security.isin)?.some(({ kind }) => kind === 'dead-price');
    // Thousands of securities have none, before and after.
    if (found.length > 0 || isDoubted) await doubts.put(security.isin, 'dead-price', found);
  }
}

interface Peers {
  /** How many moved lately, the security itself included. */
  readonly moved: number;
  readonly peersRepeat: boolean;
}

function deadPrice(
  { isin, securityType }: Security,
  all: ReadonlyMap<Isin, LatestBars>,
  { moved, peersRepeat }: Peers,
): readonly PriceDoubt[] {
  const own = all.get(isin);
  if (!own) return [];
  const others = all.size - 1;
  const othersMoved = moved - (own.staleness.moved ? 1 : 0);
  const reason =
    staleReason(own.staleness, {
      peersMoved: others > 0 && othersMoved * 2 >= others,
      tradesInShares: !FUND_TYPES.has(securityType),
    }) ?? repeatReason(own.repeated, peersRepeat);
  return reason === undefined ? [] : [{ kind: 'dead-price', day: own.lastDay, reason }];
}
