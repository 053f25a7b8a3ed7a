/**
 * Daily values and returns over the last `days` days; 0 is all of them. `return_pct` is that day's
 * return; linked, the returns give the total. They are time-weighted: cleaned of deposits,
 * withdrawals and transfers.
 *
 * A day on which a holding had no price is left out. Volatility is a yearly fraction. With fewer than
 * two days volatility and Sharpe are 0; under 30 days nothing is annualised: the annual return is the
 * total, and the money-weighted return is absent. An account without movements has no history and no
 * peak.
 */
import type { PerformanceMetrics } from '#protos/gen/portfolio.ts';
import { addDays, dayOf, startOf, type CalendarDay } from '#shared/kernel/calendar-day.ts';
import type { Currency } from '#shared/kernel/currency.ts';
import { toTimestamp } from '#shared/kernel/instant.ts';
import { Money } from '#shared/kernel/money.ts';
import { portfolio } from '#shared/portfolio/contract.ts';
import type { LedgerEntry } from '#shared/portfolio/model/book.ts';
import { performance, type Performance } from '#shared/portfolio/model/performance.ts';
import { dailyValues, type History } from '#shared/portfolio/model/value-history.ts';
import { StoredBook } from '#shared/portfolio/stored-book.ts';
import type { Context } from '#shared/runtime/context.ts';
import { handle } from '#shared/runtime/handle.ts';
import { StoredMarket } from '#shared/universe/stored-market.ts';

/** Days before the first movement in which the close it is valued at must lie. */
const CLOSE_AGE_DAYS_MAX = 30;

export default handle(portfolio.getPerformance, async ({ accountId, days }, context) => {
  const today = context.marketData.today(context.now());
  const book = new StoredBook(context.database, context.baseCurrency);
  const history = await loadHistory(await book.ledger(accountId), today, context);

  const from = days === 0 ? undefined : addDays(today, -days);
  const measured = performance(dailyValues(history), from);
  const money = (value: number) =>
    Money.fromEstimate(value, context.baseCurrency, 'half-even').toJSON();
  return {
    history: measured.points.map((point) => ({
      date: toTimestamp(startOf(point.day)),
      value: money(point.value),
      returnPct: point.returnRatio * 100,
    })),
    metrics: metricsMessage(measured, money),
  };
});

async function loadHistory(
  ledger: readonly LedgerEntry[],
  today: CalendarDay,
  { database, baseCurrency }: Context,
): Promise<History> {
  const market = new StoredMarket(database);
  const isins = [...new Set(ledger.flatMap((line) => line.isin ?? []))];
  const first = ledger.map((line) => dayOf(line.happenedAt)).sort()[0] ?? today;
  const wanted = new Set(isins);
  const securities = (await market.securities()).filter(({ isin }) => wanted.has(isin));
  const foreign = new Set(securities.map((s) => s.currency).filter((c) => c !== baseCurrency));
  const rateSeries = [...foreign].map(
    async (currency): Promise<[Currency, Awaited<ReturnType<typeof market.rateSeries>>]> => [
      currency,
      await market.rateSeries(currency, baseCurrency),
    ],
  );
  return {
    ledger,
    series: await market.seriesOf(isins, addDays(first, -CLOSE_AGE_DAYS_MAX)),
    currencies: new Map(securities.map((security) => [security.isin, security.currency])),
    rateSeries: new Map(await Promise.all(rateSeries)),
    base: baseCurrency,
    today,
  };
}

function metricsMessage(
  measured: Performance,
  money: (value: number) => { amount: string; currency: string },
): PerformanceMetrics {
  const { peak, moneyWeightedRatio } = measured;
  return {
    totalReturnPct: measured.totalRatio * 100,
    annualizedReturnPct: measured.annualisedRatio * 100,
    volatility: measured.volatility,
    sharpeRatio: measured.sharpeRatio,
    maxDrawdownPct: measured.maxDrawdownRatio * 100,
    peakValue: peak && money(peak.value),
    peakDate: peak && toTimestamp(startOf(peak.day)),
    ...(moneyWeightedRatio !== undefined && { moneyWeightedReturnPct: moneyWeightedRatio * 100 }),
  };
}
