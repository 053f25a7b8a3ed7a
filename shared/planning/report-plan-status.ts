/**
 * Reports status changes of a plan. The one exception to "only a service's own store writes its
 * keys": the trading cycle executes plans, so it reports `started`, `completed` and `cancelled`
 * through here.
 */
import type { PlanId } from '#shared/kernel/identifiers.ts';
import type { Database } from '#shared/redis/database.ts';
import type { PlanEvent, PlanStatus } from './model/plan-status.ts';
import { PlanStore } from './plan-store.ts';

/**
 * Idempotent. @returns the status after the event @throws Failure NOT_FOUND; REFUSED plan-status
 * where the table has no such transition
 */
export async function markPlan(
  database: Database,
  plan: PlanId,
  event: Exclude<PlanEvent, 'validated'>,
): Promise<PlanStatus> {
  return (await new PlanStore(database).setStatus(plan, event)).status;
}
