/** Whether a call that failed may have taken effect all the same. Pure. */
import type { Failure } from '#shared/kernel/failure.ts';
import type { Operation } from '#shared/contract/row.ts';
import { isOpen } from '#shared/contract/unknown-outcome.ts';
import type { Effects } from './effects.ts';

export interface FailedCall {
  readonly operation: Operation;
  /** What it has changed as far as is known. */
  readonly seen: Effects['seen'];
  /** The queued run that it executed. */
  readonly run: string | undefined;
  /** The run that it subscribed to, once it was on the queue. */
  readonly subscribedRun: string | undefined;
  /** Whether it had begun to put a run on the queue. */
  readonly isQueueing: boolean;
}

export function leavesOpen(failure: Failure, call: FailedCall): boolean {
  const { operation, seen, run, subscribedRun, isQueueing } = call;
  // Postponed: another call continues the run.
  if (operation.effect === 'reads' || 'resumeAfterMs' in failure.facts) return false;
  if (failure.code === 'OUTCOME_UNKNOWN') return true;
  // Money may have moved: a later refusal does not undo that.
  if (seen === 'trades') return failure.code !== 'CANCELLED';
  // Other effects of a run that trades are repeated when it is resumed.
  if (run !== undefined && operation.effect === 'trades') return false;
  const isQueued = isQueueing && !(thrownByRule(failure) && subscribedRun === undefined);
  return (seen === 'writes' || isQueued) && isOpen(failure);
}

/** Refused before the queue accepted it. */
function thrownByRule({ code }: Failure): boolean {
  return code === 'CONFLICT' || code === 'KEY_REUSED';
}
