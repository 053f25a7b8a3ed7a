/** The life cycle of a plan. A status changes along this table only. */
import { refused } from '#shared/kernel/failure.ts';

export const planStatuses = ['DRAFT', 'READY', 'EXECUTING', 'COMPLETED', 'CANCELLED'] as const;
export type PlanStatus = (typeof planStatuses)[number];

export const planEvents = ['validated', 'started', 'completed', 'cancelled'] as const;
export type PlanEvent = (typeof planEvents)[number];

const next: Readonly<Record<PlanStatus, Partial<Record<PlanEvent, PlanStatus>>>> = {
  DRAFT: { validated: 'READY', cancelled: 'CANCELLED' },
  READY: { started: 'EXECUTING', cancelled: 'CANCELLED' },
  EXECUTING: { completed: 'COMPLETED', cancelled: 'CANCELLED' },
  COMPLETED: {},
  CANCELLED: {},
};

const reached: Readonly<Record<PlanEvent, PlanStatus>> = {
  validated: 'READY',
  started: 'EXECUTING',
  completed: 'COMPLETED',
  cancelled: 'CANCELLED',
};

/**
 * The status after an event. An event that has happened already changes nothing, so that a resumed
 * cycle may report it again.
 * @throws Failure REFUSED plan-status
 */
export function statusAfter(status: PlanStatus, event: PlanEvent): PlanStatus {
  if (status === reached[event]) return status;
  const after = next[status][event];
  if (after === undefined)
    throw refused('plan-status', `A plan that is ${status} cannot be ${event}.`, { status, event });
  return after;
}
