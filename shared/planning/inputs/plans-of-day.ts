/** Plans of an account on a day whose inputs are kept. */
import { startOf, type CalendarDay } from '#shared/kernel/calendar-day.ts';
import type { AccountId, PlanId } from '#shared/kernel/identifiers.ts';
import { DAY_MS } from '#shared/kernel/instant.ts';
import type { Database } from '#shared/redis/database.ts';
import { StoredPlans } from '../stored-plans.ts';
import type { InputStore } from './input-store.ts';

export function planIdText(text: string): PlanId {
  return text as PlanId;
}

/** Oldest first. @param day in UTC */
export async function plansOfDay(
  database: Database,
  store: InputStore,
  day: CalendarDay,
  account: AccountId,
): Promise<readonly PlanId[]> {
  const from = startOf(day);
  const ids = await store.plansBetween(from, from + DAY_MS);
  const plans = await Promise.all(ids.map((id) => new StoredPlans(database).find(id)));
  return plans.flatMap((plan) => (plan?.accountId === account ? [plan.id] : []));
}
