/** The best of the plans that may still be carried out. */
import { daysBetween, type CalendarDay } from '#shared/kernel/calendar-day.ts';
import type { Plan } from '../plan.ts';

/** @param plans newest first, of one portfolio; of equal gains the newest wins */
export function bestValid(
  plans: readonly Plan[],
  today: CalendarDay,
  priceAgeDaysMax: number,
): Plan | undefined {
  const valid = plans.filter(
    ({ status, pricedOn }) => status === 'READY' && daysBetween(pricedOn, today) <= priceAgeDaysMax,
  );
  return valid.reduce<Plan | undefined>(
    (best, plan) => (best === undefined || plan.gain > best.gain ? plan : best),
    undefined,
  );
}
