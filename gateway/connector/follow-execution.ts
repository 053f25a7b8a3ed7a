/** Polls a run that its function executes detached from the call, until it ends. */
import { setTimeout as sleep } from 'node:timers/promises';
import { cutOff } from '#shared/clients/json-messages.ts';
import type { Operation } from '#shared/contract/row.ts';
import { Failure } from '#shared/kernel/failure.ts';
import type { Execution } from '#shared/runtime/runs/executions.ts';
import type { Runs } from '#shared/runtime/runs/runs.ts';

/** What is known of an attempt that failed. */
export interface AttemptProgress {
  /** It made more progress than the attempts before it. */
  hasAdvanced: boolean;
}

export interface FollowedExecution {
  readonly runs: Runs;
  readonly operation: Operation;
  readonly run: string;
  /** Messages that were recorded before the function was called. */
  readonly recorded: number;
  readonly progress: AttemptProgress;
}

const POLL_MS_MIN = 20;
const POLL_MS_MAX = 500;

/**
 * @returns the final message
 * @throws Failure as the function ended it, or the one of an answer that was cut off where the function
 *   died meanwhile
 */
export async function followExecution(
  { runs, operation, run, recorded, progress }: FollowedExecution,
  signal: AbortSignal,
): Promise<string | undefined> {
  const execution = await ended(runs, run, signal);
  if (!execution) {
    progress.hasAdvanced = (await runs.countRecorded(run)) > recorded;
    throw cutOff(operation.name);
  }
  if (execution.state === 'done') return execution.last;
  progress.hasAdvanced = execution.hasAdvanced;
  await runs.executions.forget(run, execution);
  throw Failure.fromBody(execution.failure, 500);
}

type Ended = Exclude<Execution, { readonly state: 'running' }>;

/** @returns undefined where whoever executed it has died */
async function ended(runs: Runs, run: string, signal: AbortSignal): Promise<Ended | undefined> {
  for (let pauseMs = POLL_MS_MIN; ; pauseMs = Math.min(pauseMs * 1.5, POLL_MS_MAX)) {
    signal.throwIfAborted();
    // Redis may be away for a moment; the lock of the job says when that is too long.
    const polled = await runs.executions.read(run).then(
      (execution) => ({ execution }),
      () => undefined,
    );
    if (polled && polled.execution?.state !== 'running') return polled.execution;
    await sleep(pauseMs, undefined, { signal });
  }
}
