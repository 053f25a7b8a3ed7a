/** The exchange rates behind an answer, with their days. */
import type { UsedRate } from '#protos/gen/common/common.ts';
import { daysBetween, type CalendarDay } from '#shared/kernel/calendar-day.ts';
import type { ExchangeRate, RateTable } from '#shared/kernel/exchange-rate.ts';

/** A week holds every weekend and most holidays. */
const AGE_DAYS_MAX = 7;

/** By currency; the one that is converted into needs none. */
export function usedRates(rates: Iterable<ExchangeRate>): UsedRate[] {
  return converting(rates).map(({ from, to, rate, day }) => ({
    ...{ from, to, day },
    rate: rate.toString(),
  }));
}

/** A sentence for each rate that is more than a week older than the day of the answer. */
export function oldRates(rates: Iterable<ExchangeRate>, today: CalendarDay): string[] {
  return converting(rates).flatMap(({ from, to, day }) => {
    const ageDays = daysBetween(day, today);
    if (ageDays <= AGE_DAYS_MAX) return [];
    return [`The rate from ${from} to ${to} is of ${day}, ${ageDays} days before ${today}.`];
  });
}

/** What an answer says of the rates that it converted with. */
export function statedRates(rates: RateTable, today: CalendarDay) {
  return { rates: usedRates(rates.values()), warnings: oldRates(rates.values(), today) };
}

function converting(rates: Iterable<ExchangeRate>): readonly ExchangeRate[] {
  return [...rates]
    .filter(({ from, to }) => from !== to)
    .sort((a, b) => (a.from < b.from ? -1 : 1));
}
