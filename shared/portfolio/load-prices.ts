/** Daily prices and rates of securities over the life of an account. */
import type { CalendarDay } from '#shared/kernel/calendar-day.ts';
import type { Currency } from '#shared/kernel/currency.ts';
import { Decimal } from '#shared/kernel/decimal.ts';
import type { Isin } from '#shared/kernel/isin.ts';
import type { MarketReader } from '#shared/universe/market-reader.ts';
import { indexAt, type RateSeries } from '#shared/universe/model/price-series.ts';
import type { Security } from '#shared/universe/model/security.ts';
import type { LedgerEntry } from './model/book.ts';
import { currenciesIn } from './model/ledger-lines.ts';
import type { DailyPrices } from './model/value-history.ts';

const RATE_DECIMALS = 10;

/**
 * @param ledger whose cash is valued, too
 * @param from first day of the bars
 */
export async function loadDailyPrices(
  market: MarketReader,
  securities: readonly Security[],
  ledger: readonly LedgerEntry[],
  base: Currency,
  from: CalendarDay,
): Promise<DailyPrices> {
  const all = [...securities.map(({ currency }) => currency), ...currenciesIn(ledger)];
  const foreign = new Set(all.filter((currency) => currency !== base));
  const rateSeries = [...foreign].map(async (currency): Promise<[Currency, RateSeries]> => [
    currency,
    await market.rateSeries(currency, base),
  ]);
  return {
    series: await market.seriesOf(
      securities.map(({ isin }) => isin),
      from,
    ),
    currencies: new Map(securities.map(({ isin, currency }): [Isin, Currency] => [isin, currency])),
    rateSeries: new Map(await Promise.all(rateSeries)),
    base,
  };
}

/** Stored rates of several currencies into one, by day: the last on or before it. */
export async function ratesInto(
  market: MarketReader,
  base: Currency,
  currencies: Iterable<Currency>,
): Promise<(currency: Currency, day: CalendarDay) => Decimal | undefined> {
  const loaded = [...currencies].map(async (currency): Promise<[Currency, RateSeries]> => [
    currency,
    await market.rateSeries(currency, base),
  ]);
  const series = new Map(await Promise.all(loaded));
  return (currency, day) => {
    const found = series.get(currency);
    const rate = found && found.rates[indexAt(found.days, day)];
    return rate === undefined ? undefined : Decimal.fromEstimate(rate, RATE_DECIMALS, 'half-even');
  };
}
