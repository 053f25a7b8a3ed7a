/**
 * Two attempts at one cycle: a job is delivered twice where the first processor slept. The later attempt
 * takes the lease and the record over with a greater fencing token; the earlier one can write no more,
 * and hands over before its next order.
 */
import { withoutPlan, type CycleRecord, type ReplacedPlan } from '../model/cycle.ts';
import type { Cycle } from './cycle-run.ts';
import { handedOver, handedToOther } from './cycle-attempt.ts';

/**
 * Whether a process that has planned is too late: a plan is being executed, or the cycle has ended.
 */
export function isTakenOver({ executionBegan, endedAt }: CycleRecord): boolean {
  return executionBegan || endedAt !== undefined;
}

/** @throws Failure UNAVAILABLE where the plan is not the cycle's any more, or the lease has expired */
export async function requireOwn(cycle: Cycle): Promise<void> {
  await requireLease(cycle);
  await cycle.change((record) => record);
  if (cycle.record.planId !== cycle.requiredPlan.id) throw await handedToOther(cycle);
}

/** Another cycle may have begun where the lease has expired, while this process was suspended. */
async function requireLease(cycle: Cycle): Promise<void> {
  if (await cycle.holdsLease()) return;
  await cycle.change((record) => record);
  throw handedOver(cycle, `The lease of the cycle ${cycle.id} has expired`);
}

/**
 * Records that an order is handed to the trading service, unless its outcome is known already.
 * @throws Failure UNAVAILABLE where the plan is not the cycle's any more
 */
export async function claimOrder(cycle: Cycle, index: number, tradeId: string): Promise<void> {
  const { id } = cycle.requiredPlan;
  const attempt = { tradeId, at: cycle.context.now(), steady: cycle.context.steady() };
  await requireLease(cycle);
  await cycle.change((record) =>
    record.planId !== id || record.sent[index] !== undefined ? record : { ...record, attempt },
  );
  if (cycle.record.planId !== id) throw await handedToOther(cycle);
}

/** Replaces the plan, unless another process has handed over an order of it since it was read. */
export async function replacePlan(cycle: Cycle, replaced: ReplacedPlan): Promise<boolean> {
  const { attempt: seen } = cycle.record;
  let isReplaced = false;
  await cycle.change((record) => {
    const { planId, attempt, endedAt } = record;
    isReplaced = planId === replaced.planId && endedAt === undefined && attempt?.at === seen?.at;
    return isReplaced ? withoutPlan(record, replaced) : record;
  });
  return isReplaced;
}
