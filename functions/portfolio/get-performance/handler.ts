/**
 * Daily values and returns over the last `days` days; 0 is all of them. `return_pct` is that day's
 * return; linked, the returns give the total. They are time-weighted: cleaned of deposits,
 * withdrawals and transfers. Contributions by position and by sector sum to the total.
 *
 * A day on which a holding had no price is left out. Volatility is a yearly fraction. With fewer than
 * two days volatility and Sharpe are 0; under 30 days nothing is annualised: the annual return is the
 * total, and the money-weighted return is absent. A figure of too few days is absent. An account
 * without movements has no history and no peak.
 *
 * @throws Failure NOT_FOUND for a benchmark that is not in the universe
 */
import { Accounts } from '#shared/portfolio/accounts.ts';
import { addDays, dayOf, type CalendarDay } from '#shared/kernel/calendar-day.ts';
import { notFound } from '#shared/kernel/failure.ts';
import type { Isin } from '#shared/kernel/isin.ts';
import { portfolio } from '#shared/contract/portfolio.ts';
import { loadAccount, valueWarnings } from '#shared/portfolio/account-view.ts';
import { loadDailyPrices } from '#shared/portfolio/load-prices.ts';
import type { LedgerEntry } from '#shared/portfolio/model/book.ts';
import { securitiesIn } from '#shared/portfolio/model/ledger-lines.ts';
import { compareWith } from '#shared/portfolio/model/performance/comparison.ts';
import { performance, windowFrom } from '#shared/portfolio/model/performance/performance.ts';
import { riskFigures } from '#shared/portfolio/model/performance/risk-figures.ts';
import { sectorAttribution } from '#shared/portfolio/model/performance/sector-attribution.ts';
import { adjustedCloses } from '#shared/portfolio/model/performance/year-performance.ts';
import { valuationOn } from '#shared/portfolio/model/valuation.ts';
import { dailyValues } from '#shared/portfolio/model/value-history.ts';
import {
  attributionMessage,
  comparisonMessage,
  contributionsMessage,
  drawdownsMessage,
  performanceHistoryMessage,
  metricsMessage,
  periodReturnsMessage,
  withExactEnd,
  yearsMessage,
} from '#shared/portfolio/messages/performance-message.ts';
import { ledgerInBase } from '#shared/portfolio/other-cash.ts';
import { StoredBook } from '#shared/portfolio/stored-book.ts';
import { usedRates } from '#shared/portfolio/used-rates.ts';
import { handle } from '#shared/runtime/handle.ts';
import { isTradable, type Security } from '#shared/universe/model/security.ts';
import { StoredMarket } from '#shared/universe/stored-market.ts';

/** Days before the first movement in which the close it is valued at must lie. */
const CLOSE_AGE_DAYS_MAX = 30;

export default handle(portfolio.getPerformance, async (request, context) => {
  await new Accounts(context.database, context.baseCurrency).require(request.accountId);
  const { database, baseCurrency: base, marketData } = context;
  const today = marketData.today(context.now());
  const ledger = await new StoredBook(database, base).ledger(request.accountId);
  const reader = new StoredMarket(database);
  const all = await reader.securities();
  const benchmark = benchmarkOf(all, request.benchmarkIsin, marketData.benchmark);
  const held = securitiesIn(ledger);
  const isHeld = ({ isin }: { readonly isin: Isin }) => held.has(isin);
  const needed = all.filter(
    (one) => isHeld(one) || one === benchmark || (request.withAttribution && isTradable(one)),
  );
  const market = await loadDailyPrices(reader, needed, ledger, base, firstDay(ledger, today));
  const { lines } = await ledgerInBase(reader, ledger, base);
  const series = new Map([...market.series].filter(([isin]) => isHeld({ isin })));
  const window = windowFrom(
    dailyValues({ ...market, series, ledger, today }),
    request.days === 0 ? undefined : addDays(today, -request.days),
  );
  const view = await loadAccount(context, request.accountId);
  const now = valuationOn(today, view.book, view.quotes, view.rates, context.now());
  const measured = withExactEnd(performance(window), now?.total);
  const risk = riskFigures(measured.points.map((point) => point.returnRatio));
  const compared = benchmark && compareWith(benchmark.isin, window, market);
  const sectors = new Map(needed.map(({ isin, sector }) => [isin, sector ?? '']));
  const members = needed
    .filter((one) => isTradable(one) && one !== benchmark)
    .map(({ isin }) => isin);
  return {
    history: performanceHistoryMessage(measured, base),
    metrics: metricsMessage(measured, risk, base),
    drawdowns: drawdownsMessage(window),
    ...contributionsMessage(window, needed, base),
    periodReturns: periodReturnsMessage(window),
    years: yearsMessage(window, lines, base, benchmark && adjustedCloses(market, benchmark.isin)),
    ...{ rates: usedRates(view.rates.values()), warnings: valueWarnings(view, today) },
    benchmark: benchmark && compared && comparisonMessage(benchmark, compared),
    attribution: request.withAttribution
      ? attributionMessage(sectorAttribution(window, { market, sectors, members }))
      : [],
  };
});

function benchmarkOf(
  all: readonly Security[],
  asked: Isin | undefined,
  usual: Isin | undefined,
): Security | undefined {
  const found = all.find(({ isin }) => isin === (asked ?? usual));
  if (asked && !found) throw notFound('security', asked);
  return found;
}

function firstDay(ledger: readonly LedgerEntry[], today: CalendarDay): CalendarDay {
  const [first = today] = ledger.map((line) => dayOf(line.happenedAt)).sort();
  return addDays(first, -CLOSE_AGE_DAYS_MAX);
}
