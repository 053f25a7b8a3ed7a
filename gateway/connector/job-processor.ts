/**
 * Calls a function for one queued run and records its messages. May be called again for the
 * same run after any crash: what was recorded stays, and is not recorded twice.
 */
import { DelayedError, UnrecoverableError, WaitingError, type Job } from 'bullmq';
import type { Redis } from 'ioredis';
import { linesOf, textOf } from '#shared/clients/answer-body.ts';
import {
  cancelled,
  type DirectAnswer,
  type FunctionAnswer,
  LINES_TYPE,
  refusalOf,
  type Transport,
} from '#shared/clients/functions-client.ts';
import { cutOff } from '#shared/clients/json-messages.ts';
import { Failure } from '#shared/kernel/failure.ts';
import { Deadline } from '#shared/process/deadline.ts';
import { processSpan } from '#shared/process/tracing/messaging-spans.ts';
import { inSpan, type SpanOptions } from '#shared/process/tracing/tracing.ts';
import type { Operation } from '#shared/contract/row.ts';
import { isOpen, openBecause } from '#shared/contract/unknown-outcome.ts';
import type { Log } from '#shared/process/log.ts';
import { outcomeKeptMs, runOf, type RunData, type Runs } from '#shared/runtime/runs/runs.ts';
import {
  watchCancellation,
  watchLater,
  type CancellationWatch,
} from '#shared/runtime/runs/cancellation.ts';
import { traceIdFor } from '#shared/runtime/traceparent.ts';
import type { Outcome } from '#shared/runtime/runs/outcome.ts';
import { Recorder } from '#shared/runtime/runs/recorder.ts';
import { untilAccepted } from '#shared/runtime/runs/until-accepted.ts';
import { Caller } from '#template/caller.ts';
import { inCallOf } from './in-call-of.ts';
import { followExecution, type AttemptProgress } from './follow-execution.ts';

export interface JobProcessor {
  readonly runs: Runs;
  /** On which BullMQ counts jobs as done. */
  readonly queues: Redis;
  readonly transport: Transport;
  readonly log: Log;
}

/** Why the call of a run is abandoned before its function has answered. */
export type AbandonReason = 'lock-lost' | 'shutdown';

/** Beyond the function's own time; only a gateway that hangs gets this far. */
const GRACE_MS = 30_000;
/** Before a call whose answer was lost is made again. */
const LOST_PAUSE_MS = 1_000;
const HANDED_OVER = 202;
const NOTHING_RECORDED = { outcome: undefined, recorded: { count: 0, last: undefined } };

/** The function's failure, in the form in which BullMQ tries again. */
export class RunFailed extends Error {
  readonly failure: Failure;

  constructor(failure: Failure) {
    super(`${failure.code}: ${failure.message}`);
    this.name = 'RunFailed';
    this.failure = failure;
  }
}

/** The run has its outcome: BullMQ shall not try again, and nobody shall write another. */
export class RunEnded extends UnrecoverableError {
  constructor(failure: Failure) {
    super(`${failure.code}: ${failure.message}`);
  }
}

/**
 * @param signal aborts with a `GivingUp`
 * @throws RunFailed when BullMQ shall try again, RunEnded when not, WaitingError and
 * DelayedError when the job went back to the queue
 */
export function processJob(
  jobProcessor: JobProcessor,
  operation: Operation,
  job: Job<RunData>,
  token: string,
  signal: AbortSignal,
): Promise<void> {
  return inSpan(
    `process ${operation.topic}`,
    () => spanOf(operation, job),
    async (span) => {
      // The attempt after this one, on whatever board, links to this one.
      if (span?.isRecorded) await job.updateData({ ...job.data, resumes: span.traceparent });
      const runs = jobProcessor.runs.within(span?.traceparent);
      const within = { ...jobProcessor, runs };
      await processWithin(within, operation, job, token, signal, span?.traceparent);
    },
    job.data.traceparent,
  );
}

function spanOf({ topic }: Operation, job: Job<RunData>): SpanOptions {
  const { traceparent, resumes } = job.data;
  const attempt = { 'trader.attempt': job.attemptsStarted };
  return processSpan(topic, runOf(job), [traceparent, resumes], attempt);
}

async function processWithin(
  jobProcessor: JobProcessor,
  operation: Operation,
  job: Job<RunData>,
  token: string,
  signal: AbortSignal,
  traceparent = job.data.traceparent,
): Promise<void> {
  const run = runOf(job);
  const log = jobProcessor.log.with({
    run,
    operation: operation.name,
    attempt: job.attemptsStarted,
    traceId: traceIdFor(job.data.requestId || run, traceparent),
  });
  const { runs } = jobProcessor;
  const { cancellation, outcome, recorded } = isNew(job)
    ? { ...NOTHING_RECORDED, cancellation: watchNew(runs, operation, run) }
    : await recordBefore(runs, operation, run, job);
  // Ended before, and only the queue had not been updated.
  if (outcome) return cancellation.close();
  const progress: AttemptProgress = { hasAdvanced: false };
  log.info('run-started');
  const { caller } = cancellation;
  const deadline = new Deadline(caller, operation.timeoutMs + GRACE_MS);
  const abandon = (): void => caller.leave(signal.reason);
  signal.addEventListener('abort', abandon);
  if (signal.aborted) abandon();
  try {
    const called = { operation, job, recorded, progress, traceparent };
    const { last, count } = await call(jobProcessor, called, deadline);
    finishBeside(jobProcessor, job, { kind: 'done', last }, count, log);
    log.info('run-completed');
  } catch (thrown) {
    if (signal.aborted) throw await giveUp(job, token, signal, log);
    const failure = caller.hasLeft ? cancelled() : Failure.from(thrown);
    throw (
      (await handOver(job, token, failure, progress, log)) ??
      (await refuse(jobProcessor.runs, operation, job, failure, log))
    );
  } finally {
    cancellation.close();
    deadline.close();
    signal.removeEventListener('abort', abandon);
  }
}

/**
 * Leaves when all callers have cancelled the run. An operation that trades is not cut off: it checks for
 * cancellation itself, and stops where nothing is left half done.
 */
function watch(runs: Runs, { effect }: Operation, run: string): Promise<CancellationWatch> {
  if (effect === 'trades') return Promise.resolve(notWatched());
  return watchCancellation(runs, run);
}

function notWatched(): CancellationWatch {
  return { caller: new Caller(), close: () => undefined };
}

/** The same for one that was just taken up: who cancelled it before then, has removed its job. */
function watchNew(runs: Runs, { effect }: Operation, run: string): CancellationWatch {
  return effect === 'trades' ? notWatched() : watchLater(runs, run);
}

/** Its first attempt, under an id that was made for it. */
function isNew({ data, attemptsStarted }: Job<RunData>): boolean {
  return data.isNewId === true && attemptsStarted === 1;
}

/**
 * What is recorded of a run before a call of its function; of one that was never called, only an outcome may be. All is
 * asked for together, as each waits for Redis.
 */
async function recordBefore(
  runs: Runs,
  operation: Operation,
  run: string,
  { attemptsStarted }: Job<RunData>,
) {
  const isFirst = attemptsStarted === 1;
  const watching = watch(runs, operation, run);
  try {
    const [outcome, count, last] = await Promise.all([
      runs.outcome(run),
      isFirst ? 0 : runs.countRecorded(run),
      isFirst ? undefined : runs.lastRecorded(run),
    ]);
    return { cancellation: await watching, outcome, recorded: { count, last } };
  } catch (thrown) {
    (await watching).close();
    throw thrown;
  }
}

interface Called {
  readonly operation: Operation;
  readonly job: Job<RunData>;
  readonly recorded: { readonly count: number; readonly last: string | undefined };
  readonly progress: AttemptProgress;
  readonly traceparent: string | undefined;
}

/** Calls the function and records its messages. @returns the last one, and how many are recorded before it, if known */
async function call(
  { runs, transport }: JobProcessor,
  { operation, job, recorded, progress, traceparent }: Called,
  deadline: Deadline,
): Promise<{ readonly last: string | undefined; readonly count?: number }> {
  const run = runOf(job);
  const answer = await inCallOf(operation.name, traceparent, (sent) =>
    answerOf(transport, operation, job, deadline, { ...headersOf(job), ...sent }),
  );
  if (answer.status === HANDED_OVER) {
    await textOf(answer.body).catch(() => undefined);
    const { count } = recorded;
    const { signal } = deadline;
    return {
      last: await followExecution({ runs, operation, run, recorded: count, progress }, signal),
    };
  }
  if (answer.status !== 200) throw await failureOf(answer);
  if (!operation.streams) return { last: await textOf(answer.body), count: recorded.count };
  const recorder = Recorder.after(recorded.last, runs, run);
  try {
    for await (const said of answer.messages ?? linesOf(answer.body)) {
      await recorder.take(said);
      progress.hasAdvanced = recorder.hasAdvanced;
    }
  } finally {
    await recorder.flushed();
  }
  if (recorder.isMidway) throw cutOff(operation.name);
  return { last: recorder.last, count: recorded.count + recorder.count };
}

/** As objects where the function is in this process. */
function answerOf(
  transport: Transport,
  { name, streams }: Operation,
  job: Job<RunData>,
  deadline: Deadline,
  headers: Readonly<Record<string, string>>,
): Promise<DirectAnswer> {
  const { body, requestId } = job.data;
  const sent = { body, accept: streams ? LINES_TYPE : 'application/json' };
  const options = {
    requestId: requestId || runOf(job),
    leaver: deadline.leaver,
    get signal(): AbortSignal {
      return deadline.signal;
    },
  };
  const direct = transport.directly?.(name);
  if (!direct) {
    const { signal } = options;
    return transport({ name, ...sent, headers, requestId: options.requestId, signal });
  }
  const message = JSON.parse(body) as object;
  return direct(name, { message, inBytes: () => sent }, options, headers);
}

function headersOf(job: Job<RunData>): Readonly<Record<string, string>> {
  return {
    'x-run-id': runOf(job),
    'x-caller': 'connector',
    // Of other runs the call that queued them says on whose behalf; it has the same request id.
    ...(job.repeatJobKey && { 'x-actor': `connector schedule ${job.repeatJobKey}` }),
    // A host that supports it continues without this connection, so that no intermediary can
    // interrupt the run.
    'x-hand-over': 'yes',
  };
}

/**
 * Sends how the run ended on the connection on which BullMQ counts its job as done right after: Redis takes one after the
 * other, and nothing waits for the first. Where it refuses the first alone, that is sent again until it is stored.
 */
function finishBeside(
  { runs, queues }: JobProcessor,
  job: Job<RunData>,
  outcome: Outcome,
  recorded: number | undefined,
  log: Log,
): void {
  const ending = { keptMs: outcomeKeptMs(job), recorded, through: queues };
  const run = runOf(job);
  void untilAccepted(
    () => runs.finish(run, outcome, ending),
    () => queues.status !== 'end',
  ).catch((cause: unknown) => log.error('run-lost', { cause }));
}

/**
 * A run goes on in another call, which counts as no attempt, where the function asks for that
 * (`facts.resumeAfterMs`), and where the answer was lost after more progress than before: the
 * platform may limit the time of a call, or have been restarted.
 */
async function handOver(
  job: Job<RunData>,
  token: string,
  failure: Failure,
  { hasAdvanced }: AttemptProgress,
  log: Log,
): Promise<Error | undefined> {
  const wasLost = failure.facts['sent'] === 'unknown' && hasAdvanced;
  const asked = Number(failure.facts['resumeAfterMs'] ?? (wasLost ? LOST_PAUSE_MS : Number.NaN));
  if (!Number.isFinite(asked)) return undefined;
  log.info('run-postponed', { failureCode: failure.code, detail: failure.message, asked });
  if (wasLost) await job.updateData({ ...job.data, wasOpen: true });
  await job.moveToDelayed(Date.now() + Math.max(0, asked), token);
  return new DelayedError();
}

async function failureOf(answer: FunctionAnswer): Promise<Failure> {
  return refusalOf(await textOf(answer.body), answer.status);
}

/** The failure table decides whether the same input may be sent again. */
async function refuse(
  runs: Runs,
  operation: Operation,
  job: Job<RunData>,
  failure: Failure,
  log: Log,
): Promise<RunFailed | RunEnded> {
  const attemptsLeft = (job.opts.attempts ?? 1) - job.attemptsMade - 1;
  const again = failure.rule.retry !== 'never' && attemptsLeft > 0;
  const reported = wasOpen(operation, job, failure)
    ? openBecause(failure, { run: runOf(job) }, outcomeFacts(failure))
    : failure;
  log.warn('run-failed', { failureCode: reported.code, detail: reported.message, again });
  if (again && reported !== failure) await job.updateData({ ...job.data, wasOpen: true });
  if (again) return new RunFailed(reported);
  await runs.finish(runOf(job), { kind: 'failed', failure: reported.toJSON() });
  return new RunEnded(reported);
}

/**
 * Whether this attempt or one before it may have changed something. What an earlier one did is not
 * undone by a later one that was refused; only a run that was cancelled says itself how far it came.
 */
function wasOpen({ effect }: Operation, job: Job<RunData>, failure: Failure): boolean {
  if (effect === 'reads' || failure.code === 'CANCELLED') return false;
  if (failure.code === 'OUTCOME_UNKNOWN' || failure.facts['sent'] === 'unknown') return true;
  const earlier = job.data.wasOpen === true || job.stalledCounter > 0;
  return earlier && (effect === 'trades' || isOpen(failure));
}

/** What names the outcome besides the run. */
function outcomeFacts({ facts }: Failure): Record<string, unknown> {
  const { requestId: _one, why: _two, cause: _three, sent: _four, ...rest } = facts;
  return rest;
}

/** Another process continues; this attempt leaves no outcome. */
async function giveUp(
  job: Job<RunData>,
  token: string,
  signal: AbortSignal,
  log: Log,
): Promise<Error> {
  const reason = signal.reason as AbandonReason;
  log.warn('run-abandoned', { reason });
  if (reason === 'shutdown') {
    await job.moveToWait(token);
    return new WaitingError();
  }
  return new RunFailed(new Failure('UNAVAILABLE', 'Another connector processes this run.'));
}
