/**
 * Slices orders over trading days: one slice up to 5 % of the average volume of the last 20 days, else
 * an Almgren-Chriss trajectory of which no slice takes more than 10 %, the first at once and one in each
 * following session of the exchange (each weekday, where its calendar is not known).
 * Prices and impact are estimates by the paper's calibration on the configured spread;
 * `total_cost` is fees, spread and impact of all slices in base currency.
 *
 * `total_impact` is absent when the volume of some security is not known. `success` is false when
 * cash is stated and the purchases, with all costs and less what the sales bring, need more than
 * that; the slices are answered all the same.
 */
import { convert, requireRate } from '#shared/kernel/exchange-rate.ts';
import { invalidRequest } from '#shared/kernel/failure.ts';
import { toTimestamp } from '#shared/kernel/instant.ts';
import { Money } from '#shared/kernel/money.ts';
import { optimization } from '#shared/contract/optimization.ts';
import { requireListing } from '#shared/optimization/model/account.ts';
import { planExecution } from '#shared/optimization/model/plan-execution.ts';
import { tradingDaysLater } from '#shared/optimization/model/execution-days.ts';
import { loadInputs } from '#shared/optimization/load-inputs.ts';
import { policyInForce } from '#shared/portfolio/policy/policy-in-force.ts';
import { statedRates } from '#shared/portfolio/used-rates.ts';
import type { Context } from '#shared/runtime/context.ts';
import { handle } from '#shared/runtime/handle.ts';
import { addDays, type CalendarDay } from '#shared/kernel/calendar-day.ts';
import type { Isin } from '#shared/kernel/isin.ts';
import { indexAt, type PriceSeries } from '#shared/universe/model/price-series.ts';
import { StoredMarket } from '#shared/universe/stored-market.ts';

const YEARS = 1;
const YEAR_DAYS = 366;

export default handle(optimization.optimizeExecution, async (request, context) => {
  const mentioned = request.orders.map(({ isin }, i) => [`orders[${i}].isin`, isin] as const);
  const { accountId } = request;
  const booked = { accountId, currentPositions: [] };
  const { view, account } = await loadInputs(context, booked, mentioned, YEARS);

  const { settings } = await policyInForce(context, accountId);
  const traded = await tradedIn(context.database, request.orders, view.asOf);
  // The tables of all exchanges.
  const { calendarOf } = await import('#shared/quant/calendars/calendars.ts');
  const first = context.now();
  const planned = request.orders.map((order, i) => {
    const listing = requireListing(account.listings, order.isin);
    if (order.limitPrice && order.limitPrice.currency !== listing.price.currency)
      throw invalidRequest({
        field: `orders[${i}].limitPrice.currency`,
        message: `${order.isin} is quoted in ${listing.price.currency}`,
      });
    const worth = Math.max(account.total.toEstimate(), 1);
    const series = traded.get(order.isin);
    const plan = planExecution(order, listing, series, settings, settings.riskAversion, worth);
    const { currency } = listing.price;
    return { order, currency, calendar: calendarOf(listing.security.exchange), ...plan };
  });
  const base = view.base;
  const cost = Money.sum(
    planned.map((plan) => plan.cost),
    base,
  );
  const impacts = planned.flatMap(({ impact }) => impact ?? []);
  const needs = Money.sum(
    planned.map(({ order, value }) => (order.side === 'BUY' ? value : value.negate())),
    base,
  ).add(cost);
  const cash = request.availableCash;
  const rate = cash && requireRate(view.rates, cash.currency);
  const inBase = cash && rate && convert(cash, rate, 'down');
  const converted = [...planned.map(({ currency }) => currency), ...(cash ? [cash.currency] : [])];
  const used = new Map([...view.rates].filter(([currency]) => converted.includes(currency)));
  return {
    ...statedRates(used, view.asOf),
    success: inBase === undefined || needs.compare(inBase) <= 0,
    executionPlans: planned.map(({ order, calendar, slices, strategy }) => ({
      isin: order.isin,
      slices: slices.map(({ quantity, day, price }) => ({
        quantity: quantity.toEstimate(),
        executeAt: toTimestamp(tradingDaysLater(first, day, calendar)),
        estimatedPrice: price.toJSON(),
        strategy,
      })),
    })),
    totalCost: cost.toJSON(),
    totalImpact: impacts.length === planned.length ? Money.sum(impacts, base).toJSON() : undefined,
  };
});

/** Volumes and adjusted closes of the year that ends with a day. */
async function tradedIn(
  database: Context['database'],
  orders: readonly { readonly isin: Isin }[],
  day: CalendarDay,
): Promise<ReadonlyMap<Isin, Pick<PriceSeries, 'volume' | 'adjustedClose'>>> {
  const isins = [...new Set(orders.map(({ isin }) => isin))];
  const bars = await new StoredMarket(database).seriesOf(isins, addDays(day, -YEAR_DAYS));
  return new Map(
    [...bars].map(([isin, { days, volume, adjustedClose }]) => {
      const end = indexAt(days, day) + 1;
      return [
        isin,
        { volume: volume.subarray(0, end), adjustedClose: adjustedClose.subarray(0, end) },
      ];
    }),
  );
}
