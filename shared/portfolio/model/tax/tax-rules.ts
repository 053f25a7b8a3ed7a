/** The tax rules of a policy, applied to days and lots. */
import { addDays, daysBetween, type CalendarDay } from '#shared/kernel/calendar-day.ts';
import type { PolicyTax } from '../policy/policy.ts';

/** The year in which a tax year began, as its number: with 04-06, 2025-04-05 lies in 2024. */
export function taxYearOf(day: CalendarDay, { yearStartsOn }: PolicyTax): number {
  const year = Number(day.slice(0, 4));
  return day.slice(5) >= yearStartsOn ? year : year - 1;
}

/** Whether any gain is taxed. */
export function taxesGains({ gainRatio, holdingPeriods }: PolicyTax): boolean {
  return gainRatio > 0 || holdingPeriods.some((period) => period.gainRatio > 0);
}

/** Tax on the gain of what was held so long. */
export function gainRatioOf({ gainRatio, holdingPeriods }: PolicyTax, daysHeld: number): number {
  return holdingPeriods.findLast(({ days }) => daysHeld >= days)?.gainRatio ?? gainRatio;
}

/** The next day on which selling costs less tax; undefined where there is none. */
export function cheaperFrom(
  tax: PolicyTax,
  acquiredOn: CalendarDay,
  today: CalendarDay,
): { readonly day: CalendarDay; readonly gainRatio: number } | undefined {
  const held = daysBetween(acquiredOn, today);
  const now = gainRatioOf(tax, held);
  const next = tax.holdingPeriods.find(({ days, gainRatio }) => days > held && gainRatio < now);
  return next && { day: addDays(acquiredOn, next.days), gainRatio: next.gainRatio };
}
