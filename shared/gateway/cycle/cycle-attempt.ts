/** How an attempt at a cycle ends that is not the one to carry it out. */
import type { Plan } from '#protos/gen/planning.ts';
import { Failure } from '#shared/kernel/failure.ts';
import type { CycleId, PlanId } from '#shared/kernel/identifiers.ts';
import { markPlan } from '#shared/planning/report-plan-status.ts';
import type { Context } from '#shared/runtime/context.ts';
import type { CycleRecord } from '../model/cycle.ts';

interface Attempt {
  readonly id: CycleId;
  readonly context: Pick<Context, 'database'>;
  readonly record: CycleRecord;
  /** The plan of this attempt, once there is one. */
  readonly plan: Plan | undefined;
}

/** Pause before the run that handed over is tried again. */
const RESUME_MS = 5_000;

/**
 * Gives up the plan of this attempt, where it is not the cycle's.
 * @returns the failure to throw; the run is tried again
 */
export async function handedToOther(attempt: Attempt): Promise<Failure> {
  const id = attempt.plan?.id;
  const { planId } = attempt.record;
  if (id !== undefined && planId !== id)
    await markPlan(attempt.context.database, id as PlanId, 'cancelled');
  const plan = planId === undefined ? '' : ` with the plan ${planId}`;
  return handedOver(attempt, `Another attempt carries out the cycle ${attempt.id}${plan}`);
}

export function handedOver({ id: cycleId }: Pick<Attempt, 'id'>, why: string): Failure {
  const facts = { cycleId, resumeAfterMs: RESUME_MS };
  return new Failure('UNAVAILABLE', `${why}; this attempt sends no more orders.`, facts);
}
