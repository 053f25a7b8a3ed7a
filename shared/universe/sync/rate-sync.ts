/** Fetching exchange rates into the store, one pair at a time. */
import { BEGINNING } from '#shared/clients/market-data/checked-bars.ts';
import { addDays, epochDay, isWeekend, type CalendarDay } from '#shared/kernel/calendar-day.ts';
import { pairOf, type Currency } from '#shared/kernel/currency.ts';
import { refused } from '#shared/kernel/failure.ts';
import { lastDay, type RateSeries } from '../model/price-series.ts';
import type { SyncProblem } from '../model/sync-progress.ts';
import { orProblem, remember, type SyncFrame } from './sync-frame.ts';

/** Brings one pair's rates up to the market's day. @throws Failure REFUSED exchange-rate-missing */
async function syncRates(frame: SyncFrame, from: Currency, into: Currency): Promise<void> {
  const { store, marketData, now, force, signal } = frame;
  const stored = await store.rates(from, into);
  const last = lastDay(stored);
  if (!force && last !== undefined && last >= lastWeekday(marketData.today(now))) return;
  const since = force || last === undefined ? BEGINNING : last;
  const fetched = await marketData.rates(from, into, since, signal);
  if (fetched.length === 0 && last === undefined)
    throw refused('exchange-rate-missing', `The source has no rates from ${from} to ${into}.`);
  const rates = new Map(since === BEGINNING && fetched.length > 0 ? [] : entriesOf(stored));
  for (const { day, rate } of fetched) if (rate > 0) rates.set(epochDay(day), rate);
  await store.putRates(from, into, rateSeries(rates));
  const source = marketData.ratesSource ?? marketData.name;
  const subject = `rates:${pairOf(from, into)}` as const;
  const first = fetched[0];
  await remember(frame, subject, await store.fetched(subject), {
    source,
    first: first && epochDay(first.day),
  });
}

/** Brings the rates of all currencies into the base one up to date. @returns what is missing */
export async function syncAllRates(
  frame: SyncFrame,
  currencies: readonly Currency[],
  base: Currency,
): Promise<readonly SyncProblem[]> {
  const problems: SyncProblem[] = [];
  for (const currency of [...new Set(currencies)].filter((code) => code !== base).sort()) {
    const name = { isin: '', symbol: pairOf(currency, base) } as const;
    const outcome = await orProblem(name, () => syncRates(frame, currency, base));
    if (outcome) problems.push(outcome);
  }
  return problems;
}

function lastWeekday(day: CalendarDay): CalendarDay {
  return isWeekend(day) ? lastWeekday(addDays(day, -1)) : day;
}

function entriesOf(series: RateSeries): [number, number][] {
  return Array.from(series.days, (day, i) => [day, series.rates[i] ?? Number.NaN]);
}

function rateSeries(rates: ReadonlyMap<number, number>): RateSeries {
  const days = Int32Array.from(rates.keys()).sort();
  return { days, rates: Float64Array.from(days, (day) => rates.get(day) ?? Number.NaN) };
}
