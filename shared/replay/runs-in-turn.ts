/**
 * Runs of a replay one after the other in this thread, with their progress; what else the thread serves gets
 * its turns.
 */
import { setImmediate as turn } from 'node:timers/promises';
import type { CalendarDay } from '#shared/kernel/calendar-day.ts';
import type { ReplayPolicy } from './replay-policy.ts';
import { runHere, type RunOn, type RunPolicy } from './replay-policies.ts';
import type { ReplayInputs, ReplayRun } from './run-replay.ts';

export interface ReplayProgress {
  /** Name of the policy. */
  readonly policy: string;
  readonly day: CalendarDay;
  /** Of all runs together. */
  readonly doneRatio: number;
}

/** @param signal ends a run after the day that it is at; those after it do not begin */
export function runsInTurn(
  inputs: Omit<ReplayInputs, 'policy' | 'afterDay'>,
  signal: AbortSignal,
  report: (progress: ReplayProgress) => void,
): RunPolicy {
  let [asked, done] = [0, 0];
  let last: Promise<unknown> = Promise.resolve();
  const runNow = async (policy: ReplayPolicy, on: RunOn): Promise<ReplayRun> => {
    const afterDay = async (day: CalendarDay, ofRun: number): Promise<void> => {
      report({ policy: policy.name, day, doneRatio: (done + ofRun) / asked });
      await turn();
      signal.throwIfAborted();
    };
    const run = await runHere({ ...inputs, afterDay })(policy, on);
    done += 1;
    return run;
  };
  return (policy, on) => {
    asked += 1;
    const run = last.then(() => runNow(policy, on));
    last = run;
    return run;
  };
}
