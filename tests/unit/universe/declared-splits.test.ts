/** A source that declares every split: a jump in its prices is a move. */
import type { MarketData } from '#shared/clients/market-data/market-data.ts';
import { addDays, parseDay, startOf } from '#shared/kernel/calendar-day.ts';
import { parseCurrency } from '#shared/kernel/currency.ts';
import { Decimal } from '#shared/kernel/decimal.ts';
import { instantOf } from '#shared/kernel/instant.ts';
import { parseIsin } from '#shared/kernel/isin.ts';
import { MemoryDatabase } from '#shared/redis/memory/memory-database.ts';
import { ActionStore } from '#shared/universe/action-store.ts';
import { PriceDoubtStore } from '#shared/universe/price-doubt-store.ts';
import { LatestReviewed } from '#shared/universe/price-doubts.ts';
import { PriceStore } from '#shared/universe/price-store.ts';
import { storedBefore, syncBars } from '#shared/universe/sync/price-sync.ts';

const ISIN = parseIsin('US0378331005');
const FIRST = parseDay('2024-01-01');
const COUNT = 40;

/** Half the price from the thirtieth day on. */
function source(declaresSplits: boolean): MarketData {
  const bars = Array.from({ length: COUNT }, (_, i) => {
    const close = (i < 30 ? 100 : 50) + i * 0.1;
    const prices = { open: close, high: close, low: close, close, adjustedClose: close };
    return { day: addDays(FIRST, i), ...prices };
  });
  const today = addDays(FIRST, COUNT - 1);
  const known: Partial<MarketData> = {
    declaresSplits,
    bars: () => Promise.resolve(bars),
    session: () => ({ open: true, day: today, reason: '' }),
    today: () => today,
  };
  return known as MarketData;
}

test.each([
  [true, 0],
  [false, 1],
])('where splits are declared (%s), a halved price leads to %i suspicions', async (declares, n) => {
  const database = new MemoryDatabase();
  const store = new PriceStore(database);
  const doubts = new PriceDoubtStore(database);
  const security = {
    ...{ isin: ISIN, symbol: 'AAPL', name: 'Apple', exchange: 'XNAS', securityType: 'EQUITY' },
    ...{ currency: parseCurrency('USD'), lot: Decimal.one, addedAt: instantOf(0) },
  };
  await syncBars(
    {
      ...{ store, doubts, known: await doubts.all(), marketData: source(declares), force: false },
      stored: storedBefore(store, [ISIN]),
      actions: new ActionStore(database),
      now: startOf(addDays(FIRST, COUNT)),
      signal: new AbortController().signal,
      latest: new LatestReviewed(FIRST),
    },
    security,
  );
  expect(await doubts.of(ISIN)).toHaveLength(n);
});
