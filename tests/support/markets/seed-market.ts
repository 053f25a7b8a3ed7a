/** Fills the stores from the market data source, without the checks and progress of a sync. */
import { pairOf } from '#shared/kernel/currency.ts';
import { addDays, epochDay, type CalendarDay } from '#shared/kernel/calendar-day.ts';
import { Decimal } from '#shared/kernel/decimal.ts';
import type { DailyBar, ListedSecurity } from '#shared/clients/market-data/market-data.ts';
import type { Dependencies } from '#shared/runtime/context.ts';
import type { PriceSeries } from '#shared/universe/model/price-series.ts';
import { ActionStore } from '#shared/universe/action-store.ts';
import { PriceStore } from '#shared/universe/price-store.ts';
import { SecurityStore } from '#shared/universe/security-store.ts';

/**
 * @param choose which of the listed securities to store
 * @returns the stored ones, by symbol
 */
export async function seedMarket(
  dependencies: Dependencies,
  years: number,
  choose: (listed: ListedSecurity, index: number) => boolean = () => true,
): Promise<readonly ListedSecurity[]> {
  const signal = new AbortController().signal;
  const { marketData, baseCurrency } = dependencies;
  const today = marketData.today(dependencies.now());
  const from = addDays(today, -Math.ceil(365.25 * years));
  const listed = (await marketData.listing(signal)).filter(choose);
  const prices = new PriceStore(dependencies.database);
  for (const security of listed) {
    await addSecurity(dependencies, security);
    const bars = await marketData.bars(security.isin, from, signal);
    await prices.put(columnsOf(security.isin, bars.filter(until(today))), []);
    const actions = (await marketData.actions?.(security.isin, signal)) ?? [];
    await new ActionStore(dependencies.database).addAll(actions);
  }
  for (const currency of new Set(listed.map((security) => security.currency))) {
    if (currency === baseCurrency) continue;
    const rates = (await marketData.rates(currency, baseCurrency, from, signal)).filter(
      until(today),
    );
    await prices.putRates(currency, baseCurrency, {
      days: Int32Array.from(rates, ({ day }) => epochDay(day)),
      rates: Float64Array.from(rates, ({ rate }) => rate),
    });
    const fetched = { through: today, at: dependencies.now() };
    await prices.putFetched(`rates:${pairOf(currency, baseCurrency)}`, fetched);
  }
  return listed;
}

/** Adds a security with its fundamentals, and no bars. */
export async function addSecurity(
  dependencies: Dependencies,
  listed: ListedSecurity,
): Promise<void> {
  const store = new SecurityStore(dependencies.database);
  const { lot, ...described } = listed;
  const addedAt = dependencies.now();
  await store.add({ ...described, lot: Decimal.parse(lot), addedAt }, `seed-${listed.isin}`);
  const signal = new AbortController().signal;
  const known = await dependencies.marketData.fundamentals(listed.isin, signal);
  if (known) await store.putFundamentals(listed.isin, { ...known, fetchedAt: addedAt });
}

const until =
  (today: CalendarDay) =>
  ({ day }: { readonly day: CalendarDay }): boolean =>
    day <= today;

function columnsOf(isin: PriceSeries['isin'], bars: readonly DailyBar[]): PriceSeries {
  const column = (of: (bar: DailyBar) => number) => Float64Array.from(bars, of);
  return {
    isin,
    days: Int32Array.from(bars, ({ day }) => epochDay(day)),
    open: column((bar) => bar.open),
    high: column((bar) => bar.high),
    low: column((bar) => bar.low),
    close: column((bar) => bar.close),
    adjustedClose: column((bar) => bar.adjustedClose),
    volume: column((bar) => bar.volume ?? NaN),
  };
}
