import { addDays } from '#shared/kernel/calendar-day.ts';
import { notFound } from '#shared/kernel/failure.ts';
import { handle } from '#shared/runtime/handle.ts';
import { universe } from '#shared/contract/universe.ts';
import { latestIndicators } from '#shared/universe/model/latest-indicators.ts';
import { barMetrics } from '#shared/universe/model/market-metrics.ts';
import { StoredMarket } from '#shared/universe/stored-market.ts';
import { toWireBars, toWireMetrics, toWireSources } from '#shared/universe/wire-market-data.ts';
import { toWireSecurity } from '#shared/universe/wire-security.ts';

const DAYS_DEFAULT = 365;

/**
 * Daily bars of the last `days` calendar days (365 where 0) before the market's day, oldest first,
 * figures drawn from the last year (ratios are fractions) and indicators at the last bar; what is not
 * known is absent.
 * @throws Failure NOT_FOUND for a security that was never in the universe
 */
export default handle(universe.getMarketData, async ({ isin, days }, context) => {
  const { database, marketData } = context;
  const market = new StoredMarket(database);
  const security = await market.security(isin);
  if (!security) throw notFound('security', isin);
  const [series, benchmark, quote] = await Promise.all([
    market.series(isin),
    marketData.benchmark && market.series(marketData.benchmark),
    market.quote(isin),
  ]);
  const from = addDays(marketData.today(context.now()), -(days || DAYS_DEFAULT));
  return {
    isin,
    security: toWireSecurity(security, quote),
    history: toWireBars(series, from),
    metrics: toWireMetrics(security, barMetrics(series, benchmark), latestIndicators(series)),
    provider: marketData.name,
    simulated: marketData.simulated,
    priceSources: toWireSources(await market.sourcesOf(isin)),
  };
});
