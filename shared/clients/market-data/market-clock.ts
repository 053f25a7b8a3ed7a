/** The current time of the market data: the day of the data, at the wall clock's time of day. */
import { startOf } from '#shared/kernel/calendar-day.ts';
import { DAY_MS, instantOf, type Instant } from '#shared/kernel/instant.ts';
import type { MarketData } from './market-data.ts';

/** Historical sources live in the past; two moments within one wall-clock day keep their distance. */
export function marketNow(marketData: Pick<MarketData, 'today'>, now: Instant): Instant {
  const timeOfDayMs = ((now % DAY_MS) + DAY_MS) % DAY_MS;
  return instantOf(startOf(marketData.today(now)) + timeOfDayMs);
}
