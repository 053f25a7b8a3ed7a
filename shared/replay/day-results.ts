/** What is read off the days of a run: their orders, the days with actions, and prices that ended. */
import type { TradingCycleResult } from '#protos/gen/gateway.ts';
import type { ListedSecurity } from '#shared/clients/market-data/market-data.ts';
import { addDays, type CalendarDay } from '#shared/kernel/calendar-day.ts';
import type { Isin } from '#shared/kernel/isin.ts';
import type { PriceEnd, SetAside } from './model/replay-report.ts';
import type { Past } from './past.ts';
import type { DailyCloses } from './prices.ts';

/** Holidays are shorter. */
const PRICE_AGE_DAYS = 7;

/** Of what is held at the end: prices that end more than a week before the run. */
export function pricesEndOf(
  held: readonly { readonly isin: Isin; readonly quantity: number }[],
  securities: readonly ListedSecurity[],
  closes: DailyCloses,
  days: readonly CalendarDay[],
): { readonly pricesEnd?: readonly PriceEnd[] } {
  const last = days.at(-1);
  if (last === undefined) return {};
  const isins = new Set(held.flatMap(({ isin, quantity }) => (quantity > 0 ? [isin] : [])));
  const pricesEnd = securities.flatMap(({ isin, symbol }): PriceEnd[] => {
    const lastDay = isins.has(isin) ? closes.dayBefore(isin, addDays(last, 1)) : undefined;
    const isOld = lastDay !== undefined && lastDay < addDays(last, -PRICE_AGE_DAYS);
    return isOld ? [{ symbol, lastDay }] : [];
  });
  return pricesEnd.length > 0 ? { pricesEnd } : {};
}

const BARS_NAMED = 10;

/** Of all securities, up to the last day. */
export function setAsideOf(
  securities: readonly ListedSecurity[],
  closes: DailyCloses,
  days: readonly CalendarDay[],
): { readonly setAside?: SetAside } {
  const last = days.at(-1);
  if (last === undefined) return {};
  const bars = securities.flatMap(({ isin, symbol }) =>
    closes.setAsideOf(isin, last).map(({ day, reason }) => ({ symbol, day, reason })),
  );
  return bars.length > 0
    ? { setAside: { count: bars.length, bars: bars.slice(0, BARS_NAMED) } }
    : {};
}

/** The days of trading on which an action takes effect or pays, or the first ones after. */
export function actionDaysOf(
  { actions }: Past,
  days: readonly CalendarDay[],
): ReadonlySet<CalendarDay> {
  const all = [...(actions?.values() ?? [])].flat();
  const happens = all.flatMap(({ day, payDay }) => (payDay ? [day, payDay] : [day]));
  return new Set(happens.flatMap((day) => days.find((one) => one >= day) ?? []));
}

/** @param rateOf what one unit of a currency is worth in the account's */
export function figuresOf(
  result: TradingCycleResult | undefined,
  rateOf: (currency: string) => number,
) {
  const trades = result?.trades ?? [];
  const filled = trades.filter(({ success, quantity }) => success && quantity > 0);
  return {
    decided: result !== undefined,
    orders: filled.length,
    traded: filled.reduce(
      (sum, { quantity, price }) =>
        price ? sum + quantity * Number(price.amount) * rateOf(price.currency) : sum,
      0,
    ),
    charges: Number(result?.totalCost?.amount ?? 0),
    refusals: trades
      .filter(({ success }) => !success)
      .map(({ side, symbol, error }) => `${side} ${symbol}: ${error}`),
  };
}
