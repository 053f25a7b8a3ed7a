/** Executes a run that was handed over: the function records its messages, and how it ended, itself. */
import { randomUUID } from 'node:crypto';
import type { Operation } from '#shared/contract/row.ts';
import { cutOff } from '#shared/clients/json-messages.ts';
import { Failure, type FailureBody } from '#shared/kernel/failure.ts';
import { watchCancellation } from './cancellation.ts';
import type { Execution } from './executions.ts';
import { Recorder } from './recorder.ts';
import type { Runs } from './runs.ts';

export interface HandedOver {
  readonly runs: Runs;
  readonly operation: Operation;
  readonly run: string;
  /** Ends the work. */
  readonly stop: AbortController;
  /** The work's messages as JSON, until `stop` aborts. */
  readonly messages: () => AsyncIterable<string>;
  readonly failureOf: (thrown: unknown) => FailureBody;
}

/**
 * @returns a function that starts the work, where this call has taken the run; undefined where
 * another one executes it, or did
 */
export async function takeRun(handed: HandedOver): Promise<(() => Promise<void>) | undefined> {
  const attempt = randomUUID();
  const { runs, run } = handed;
  return (await runs.executions.begin(run, attempt)) ? () => execute(handed, attempt) : undefined;
}

async function execute(handed: HandedOver, attempt: string): Promise<void> {
  const { runs, run, stop } = handed;
  const lease = runs.executions.hold(run, attempt, () => stop.abort(taken()));
  try {
    await runs.executions.end(run, await outcomeOf(handed, attempt));
  } finally {
    lease.close();
  }
}

/** Never throws: a failure is recorded as the attempt's outcome. */
async function outcomeOf(handed: HandedOver, attempt: string): Promise<Execution> {
  const { runs, run, operation, failureOf } = handed;
  let recorder: Recorder | undefined;
  const cancellation = await watchUnlessTrading(handed);
  try {
    recorder = await Recorder.resume(runs, run);
    if (!operation.streams) return { attempt, state: 'done', last: await only(handed) };
    await recordAll(handed, recorder);
    if (recorder.isMidway) throw cutOff(operation.name);
    return { attempt, state: 'done', last: recorder.last };
  } catch (thrown) {
    const hasAdvanced = recorder?.hasAdvanced ?? false;
    return { attempt, state: 'failed', failure: failureOf(thrown), hasAdvanced };
  } finally {
    cancellation?.close();
  }
}

async function recordAll({ messages }: HandedOver, recorder: Recorder): Promise<void> {
  try {
    for await (const message of messages()) await recorder.take(message);
  } finally {
    await recorder.flushed();
  }
}

/** An operation that trades is not interrupted: it checks for cancellation itself. */
async function watchUnlessTrading({ runs, run, operation, stop }: HandedOver) {
  if (operation.effect === 'trades') return undefined;
  const watch = await watchCancellation(runs, run);
  watch.caller.onLeave(() => stop.abort(watch.caller.signal.reason));
  return watch;
}

async function only({ messages }: HandedOver): Promise<string | undefined> {
  let last: string | undefined;
  for await (const message of messages()) last = message;
  return last;
}

function taken(): Failure {
  return new Failure('UNAVAILABLE', 'Another call executes this run.');
}
