/**
 * Two processes in one cycle: a job is delivered twice where the first processor slept. Both read
 * and plan; the record of the cycle decides whose plan is executed, and each order of it is sent
 * under its own key. A process that finds another plan in the record sends nothing and hands over.
 */
import { Failure } from '#shared/kernel/failure.ts';
import type { PlanId } from '#shared/kernel/identifiers.ts';
import { markPlan } from '#shared/planning/plan-status.ts';
import { withoutPlan, type CycleRecord, type ReplacedPlan } from '../model/cycle.ts';
import type { Cycle } from './cycle.ts';

/** Pause before the run that handed over is tried again. */
const RESUME_MS = 5_000;

/**
 * Whether a process that has planned is too late: a plan is being executed, or the cycle has ended.
 */
export function isTakenOver({ executionBegan, endedAt }: CycleRecord): boolean {
  return executionBegan || endedAt !== undefined;
}

/** @throws Failure UNAVAILABLE where the plan is not the cycle's any more */
export async function requireOwn(cycle: Cycle): Promise<void> {
  await cycle.change((record) => record);
  if (cycle.record.planId !== cycle.requiredPlan.id) throw await handedToOther(cycle);
}

/** Gives this process's own plan up. @returns the failure to throw; the run is tried again */
export async function handedToOther(cycle: Cycle): Promise<Failure> {
  const { id } = cycle.requiredPlan;
  const { planId } = cycle.record;
  if (planId !== id) await markPlan(cycle.context.database, id as PlanId, 'cancelled');
  return new Failure(
    'UNAVAILABLE',
    `Another process carries out the cycle ${cycle.id}${planId === undefined ? '' : ` with the plan ${planId}`}; nothing was sent here.`,
    { cycleId: cycle.id, resumeAfterMs: RESUME_MS },
  );
}

/**
 * Records that an order is handed to the trading service, unless its outcome is known already.
 * @throws Failure UNAVAILABLE where the plan is not the cycle's any more
 */
export async function claimOrder(cycle: Cycle, index: number, tradeId: string): Promise<void> {
  const { id } = cycle.requiredPlan;
  const attempt = { tradeId, at: cycle.context.now(), steady: cycle.context.steady() };
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
