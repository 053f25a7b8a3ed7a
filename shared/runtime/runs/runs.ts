/**
 * Queued runs of long operations. A call of such an operation adds a job and subscribes to
 * its messages; the connector takes the job, calls the function, and records each message. After a
 * crash, caller and connector find the run again by the job's id.
 *
 * Recorded messages are in a list; the outcome in a separate string, written once. The last message
 * is part of the outcome, so that both become visible together, exactly once.
 */
import type { Job, JobsOptions, Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { present } from '#shared/kernel/assert.ts';
import { conflict, Failure, keyReused } from '#shared/kernel/failure.ts';
import type { Instant } from '#shared/kernel/instant.ts';
import { requestHash } from '#shared/contract/equal-request.ts';
import type { Operation } from '#shared/contract/row.ts';
import { outcomeUnknown } from '#shared/contract/unknown-outcome.ts';
import { sendSpan } from '#shared/process/tracing/messaging-spans.ts';
import { inSpan, isRecorded, type Span } from '#shared/process/tracing/tracing.ts';
import { redisFailure } from '#shared/redis/client.ts';
import { decode, encode } from '#shared/redis/codec.ts';
import type { Database } from '#shared/redis/database.ts';
import { keys } from '#shared/redis/keys.ts';
import { comingTurns } from './coming-turns.ts';
import { Executions } from './executions.ts';
import { outcomeSchema, type Outcome } from './outcome.ts';
import { RunNews, type Found } from './run-news.ts';
import { Subscribers } from './run-subscribers.ts';

/** Small on purpose: ids and the request, no secrets. */
export interface RunData {
  /** Empty where a scheduler made the job: each of its jobs is a run named after the job. */
  readonly run: string;
  readonly operation: string;
  readonly body: string;
  readonly requestId: string;
  /** Its id was made for it, so that nothing is recorded of it before its first attempt. */
  readonly isNewId?: boolean;
  /** W3C traceparent of the call that added it, where it is traced. */
  readonly traceparent?: string;
  /** That of the attempt before. */
  readonly resumes?: string;
  /** An earlier attempt ended without a known outcome. */
  readonly wasOpen?: boolean;
}

/** A caller of a run. */
export interface Subscription {
  readonly subscriber?: string | undefined;
  /** Ends the wait for a run that stops. */
  readonly signal?: AbortSignal;
  /** W3C traceparent of the call. */
  readonly traceparent?: string | undefined;
  /** The id for a new run was just made, so that no other run has it. */
  readonly isNewId?: boolean;
  /** Of the request, where that was parsed before. */
  readonly hash?: string;
}

/** What is known where a run ends. */
export interface Ending {
  readonly keptMs?: number;
  /** How many messages were recorded of it, where that is known. */
  readonly recorded?: number | undefined;
  /** A connection of the queues to write the outcome through: what is sent there next, Redis takes after it. */
  readonly through?: Redis;
}

/** A run that has not ended. */
export interface PendingRun {
  readonly run: string;
  readonly body: string;
  readonly state: 'waiting' | 'running';
}

export const RUNS_KEPT_MS = 7 * 86_400_000;
/** Long enough for a turn that is taken up again after a crash. */
const TURN_KEPT_MS = 3_600_000;
const TURNS_FAILED_MAX = 1_000;
const POLL_MS_MIN = 20;
const POLL_MS_MAX = 250;
const STOPPING_POLL_MS = 50;
const LOST_JOB_POLL_MS = 3_000;
const OUTAGE_MS_MAX = 10_000;
const PENDING_MAX = 1_000;
const NOTHING_YET: Found = { messages: [] };

/** The BullMQ options of each job of an operation. */
function jobOptions(operation: Operation): JobsOptions {
  const policy = present(operation.queue, 'only queued operations run in a queue');
  return {
    attempts: policy.attempts,
    backoff: { type: 'exponential', delay: policy.backoffMs },
    removeOnComplete: { age: RUNS_KEPT_MS / 1000 },
    removeOnFail: { age: RUNS_KEPT_MS / 1000 },
  };
}

/**
 * Those of a scheduled turn. Nobody asks for its run by an id, and the job's record says how it went; kept
 * like others, the turns of a job of every minute would be ten thousand records.
 */
export function turnOptions(operation: Operation): JobsOptions {
  const failed = { age: RUNS_KEPT_MS / 1000, count: TURNS_FAILED_MAX };
  return { ...jobOptions(operation), removeOnComplete: true, removeOnFail: failed };
}

/** How long the outcome of a run is kept. */
export function outcomeKeptMs({ data }: Pick<Job<RunData>, 'data'>): number {
  return data.run === '' ? TURN_KEPT_MS : RUNS_KEPT_MS;
}

/** The run of a job; `repeat:backup:17…` of a scheduler becomes `backup-17…`. */
export function runOf(job: Pick<Job<RunData>, 'id' | 'data'>): string {
  return job.data.run || (job.id ?? '').replace(/^repeat:/, '').replaceAll(':', '-');
}

export class Runs {
  readonly executions: Executions;
  private readonly database: Database;
  private readonly connection: () => Redis;
  private readonly prefix: string;
  private readonly queues = new Map<string, Promise<Queue<RunData>>>();
  private readonly subscribers: Subscribers;
  /** Kept in an object of its own: requests see this one through delegates, which must share the connection. */
  private readonly connected: { redis?: Redis } = {};

  /** @param connection opens the connection BullMQ uses, lazily */
  constructor(database: Database, connection: () => Redis, prefix: string) {
    this.database = database;
    this.connection = connection;
    this.prefix = prefix;
    this.executions = new Executions(database);
    this.subscribers = new Subscribers(database, RUNS_KEPT_MS);
  }

  /** The same runs for work within a span. */
  within(traceparent: string | undefined): Runs {
    return isRecorded(traceparent) ? this.through(this.database.within(traceparent)) : this;
  }

  /** The same through another object of the connection. */
  through(database: Database): Runs {
    const executions = this.executions.through(database);
    const subscribers = new Subscribers(database, RUNS_KEPT_MS);
    return Object.assign(Object.create(this) as Runs, { database, executions, subscribers });
  }

  /**
   * Adds a run, or finds the one that the policy lets this call join. A run that failed under this
   * id starts again, like any call repeated with its idempotency key.
   * @param wanted id for a new run, e.g. made from the caller's idempotency key
   * @param subscription the caller, where it may cancel the call, or come back for the run it follows
   * @returns the id of the run to follow, and whether another call had made it
   * @throws Failure CONFLICT naming the run that goes on with another request; KEY_REUSED where the
   * id itself stands for another request
   */
  async add(
    operation: Operation,
    body: string,
    requested: string,
    requestId: string,
    subscription: Subscription = {},
  ): Promise<{ run: string; joined: boolean }> {
    const { traceparent: parent } = subscription;
    const named: RunData = { run: requested, operation: operation.name, body, requestId };
    const data = subscription.isNewId ? { ...named, isNewId: true } : named;
    return inSpan(
      `send ${operation.topic}`,
      () => sendSpan(operation.topic),
      (span) => {
        const sent = span?.traceparent ?? parent;
        const traced = sent === undefined ? data : { ...data, traceparent: sent };
        return this.addWithin(span, operation, traced, subscription);
      },
      parent,
    );
  }

  private async addWithin(
    span: Span | undefined,
    operation: Operation,
    data: RunData,
    { subscriber: named, signal, hash }: Subscription,
  ): Promise<{ run: string; joined: boolean }> {
    const known = named === undefined ? undefined : await this.subscribers.runOf(named);
    if (known !== undefined) return { run: known, joined: true };
    const subscriber = named ?? randomUUID();
    for (;;) {
      const added = await this.addOrFind(span, operation, data, hash);
      const joined = await this.subscribers.join(added.run, subscriber);
      if (joined === 'has-left') await this.cancelRun(operation, subscriber);
      if (joined !== 'closed') return added;
      // All other subscribers have cancelled that run. It ended already, or a new one starts when it has stopped.
      if ((await this.outcome(added.run))?.kind === 'done') return added;
      await sleep(STOPPING_POLL_MS, undefined, { ...(signal && { signal }) });
    }
  }

  private async addOrFind(
    span: Span | undefined,
    operation: Operation,
    data: RunData,
    hash = requestHash(operation, data.body),
  ): Promise<{ run: string; joined: boolean }> {
    const { run: requested, traceparent, isNewId = false } = data;
    const joinKey = operation.queue?.joins === 'any-request' ? operation.name : hash;
    const options = { ...jobOptions(operation), jobId: requested, deduplication: { id: joinKey } };
    const queue = await this.queueOf(operation.topic);
    const added = await queue.add(operation.rpc, data, options);
    const isOurs = isNewId && added.id === requested;
    const job = isOurs ? added : await queue.getJob(added.id ?? requested);
    const run = job ? runOf(job) : requested;
    span?.set({ 'messaging.message.id': run });
    if (job && job.data.traceparent !== traceparent) span?.link(job.data.traceparent);
    if (job && !isOurs && requestHash(operation, job.data.body) !== hash)
      throw run === requested
        ? keyReused(`The run ${run} of ${operation.name} was asked for with another request.`, {
            run,
          })
        : conflict(`${operation.name} already runs with another request, as ${run}.`, { run });
    if (job && !isOurs && run === requested) await this.beginAgainIfFailed(job, run);
    return { run, joined: run !== requested };
  }

  private async beginAgainIfFailed(job: Job<RunData>, run: string): Promise<void> {
    // Set with the end of a job, and taken away where it is tried again.
    if (job.finishedOn === undefined || !(await job.isFailed())) return;
    await this.forget(run);
    // Fails when another process has just restarted it, which has the same effect.
    await job
      .retry('failed', { resetAttemptsMade: true, resetAttemptsStarted: true })
      .catch(() => undefined);
  }

  private async forget(run: string): Promise<void> {
    const { updates, outcome, execution, subscribers } = keys.runtime;
    await this.database.redis.del(updates(run), outcome(run), execution(run), subscribers(run));
  }

  /** The run that a subscriber waits for, where it waits for one. */
  subscribedRun(subscriber: string): Promise<string | undefined> {
    return this.subscribers.runOf(subscriber);
  }

  /**
   * Cancels a caller's subscription. With the last one the run is stopped: a waiting one is removed, a started one
   * is stopped by its processor, and ends as CANCELLED.
   */
  async cancelRun(operation: Operation, subscriber: string): Promise<void> {
    const run = await this.subscribers.leave(subscriber);
    if (run === undefined) return;
    const job = await (await this.queueOf(operation.topic)).getJob(run);
    if (!job || job.attemptsStarted > 0 || (await job.isActive())) return;
    // Fails when a processor has just taken it, which then stops it.
    const dropped = await job.remove().then(
      () => true,
      () => false,
    );
    if (dropped) await this.forget(run);
  }

  /** Whether a run shall stop. */
  cancelled(run: string): Promise<boolean> {
    return this.subscribers.cancelled(run);
  }

  /**
   * Messages of a run from the first on, as they are recorded; ends with the run's outcome.
   * @param heard listens since before the run was added, so that nothing has to be read first; it is closed in the end
   */
  async *follow(
    operation: Operation,
    run: string,
    signal: AbortSignal,
    heard?: RunNews,
  ): AsyncGenerator<string, Outcome> {
    let seen = 0;
    const pauseMin = RunNews.isConnected(operation.topic) ? POLL_MS_MAX : POLL_MS_MIN;
    let pause = pauseMin;
    let answeredAt = performance.now();
    let polledAt = answeredAt;
    const news = heard ?? new RunNews(run);
    let isNew = heard !== undefined;
    try {
      for (;;) {
        signal.throwIfAborted();
        const isOverdue = performance.now() - polledAt > LOST_JOB_POLL_MS;
        const polling = isNew ? NOTHING_YET : this.poll(operation, run, seen, isOverdue);
        isNew = false;
        const polled = await Promise.resolve(polling).catch((thrown: unknown) => {
          // Redis may be unreachable for a moment; the subscription continues afterwards.
          if (performance.now() - answeredAt > OUTAGE_MS_MAX || !redisFailure(thrown)) throw thrown;
        });
        if (polled) answeredAt = performance.now();
        if (polled && isOverdue) polledAt = answeredAt;
        let found: Found | undefined = polled ?? NOTHING_YET;
        while (found) {
          const { messages, outcome } = found;
          if (messages.length > 0) pause = pauseMin;
          seen += messages.length;
          yield* messages;
          if (outcome?.kind === 'done' && outcome.last !== undefined) yield outcome.last;
          if (outcome) return outcome;
          found = await news.next(seen, pause, signal);
          if (found) answeredAt = performance.now();
        }
        pause = Math.min(pause * 1.5, POLL_MS_MAX);
      }
    } finally {
      news.close();
    }
  }

  /** The outcome is read first, so that the messages before it are not missed; both are asked for at once. */
  private async poll(
    operation: Operation,
    run: string,
    seen: number,
    isOverdue: boolean,
  ): Promise<Found> {
    const messagesFrom = (first: number): Promise<string[]> =>
      this.database.redis.lrange(keys.runtime.updates(run), first, -1);
    const [ended, messages] = await Promise.all([this.outcome(run), messagesFrom(seen)]);
    if (ended || !isOverdue) return { messages, outcome: ended };
    const outcome = await this.lost(operation, run);
    return { messages: outcome ? await messagesFrom(seen) : messages, outcome };
  }

  /** A job that ended or was removed without an outcome: its connector crashed in between. */
  private async lost(operation: Operation, run: string): Promise<Outcome | undefined> {
    const state = await (await this.queueOf(operation.topic)).getJobState(run);
    if (state !== 'failed' && state !== 'completed' && state !== 'unknown') return undefined;
    const text = 'The run ended without an outcome.';
    const failure =
      operation.effect === 'reads'
        ? new Failure('UNAVAILABLE', text, { run })
        : outcomeUnknown(text, { run });
    return (await this.outcome(run)) ?? { kind: 'failed', failure: failure.toJSON() };
  }

  async outcome(run: string): Promise<Outcome | undefined> {
    const key = keys.runtime.outcome(run);
    const json = await this.database.redis.get(key);
    return json === null ? undefined : (decode(outcomeSchema(), json, key) as Outcome);
  }

  /** Runs of an operation that wait or run; not those that a scheduler has planned for later. */
  async pending(operation: Operation): Promise<readonly PendingRun[]> {
    const queue = await this.queueOf(operation.topic);
    const [active, waiting, delayed] = await Promise.all([
      queue.getJobs(['active'], 0, PENDING_MAX),
      queue.getJobs(['waiting', 'prioritized'], 0, PENDING_MAX),
      queue.getJobs(['delayed'], 0, PENDING_MAX),
    ]);
    // A delayed job is a pause before another attempt, or the next call of a scheduler.
    const paused = delayed.filter((job) => job.attemptsStarted > 0);
    const pending = (state: PendingRun['state']) => (job: Job<RunData>) => ({
      run: runOf(job),
      body: job.data.body,
      state,
    });
    return [...active.map(pending('running')), ...[...waiting, ...paused].map(pending('waiting'))];
  }

  /** The next times of an operation's schedules, by the schedule's name. */
  async nextTurns(operation: Operation): Promise<ReadonlyMap<string, Instant>> {
    return comingTurns(await this.queueOf(operation.topic));
  }

  /** Called by the connector for the messages of a run but the last. */
  async record(run: string, messages: readonly string[]): Promise<void> {
    const key = keys.runtime.updates(run);
    const { redis } = this.database;
    const [length] = await Promise.all([
      redis.rpush(key, ...messages),
      redis.pexpire(key, RUNS_KEPT_MS),
    ]);
    RunNews.announce(run, { position: length - messages.length, messages });
  }

  /** How many messages of a run are recorded. */
  async countRecorded(run: string): Promise<number> {
    return this.database.redis.llen(keys.runtime.updates(run));
  }

  /** The message recorded last, where a run was begun before. */
  async lastRecorded(run: string): Promise<string | undefined> {
    return (await this.database.redis.lindex(keys.runtime.updates(run), -1)) ?? undefined;
  }

  /** Called by the connector when a run has ended for good. The first outcome stands. */
  async finish(
    run: string,
    outcome: Outcome,
    { keptMs = RUNS_KEPT_MS, recorded, through }: Ending = {},
  ): Promise<void> {
    const { redis } = this.database;
    const key = keys.runtime.outcome(run);
    const json = encode(outcome);
    const stored = await (through
      ? through.set(`${redis.options.keyPrefix ?? ''}${key}`, json, 'PX', keptMs, 'NX')
      : redis.set(key, json, 'PX', keptMs, 'NX'));
    const isFirst = stored === 'OK' && recorded !== undefined;
    RunNews.announce(run, isFirst ? { position: recorded, messages: [], outcome } : undefined);
  }

  queueOf(topic: string): Promise<Queue<RunData>> {
    const queue = this.queues.get(topic) ?? this.openQueue(topic);
    this.queues.set(topic, queue);
    return queue;
  }

  private async openQueue(topic: string): Promise<Queue<RunData>> {
    const { openQueue } = await import('./open-queue.ts');
    const connection = (this.connected.redis ??= this.connection());
    return openQueue<RunData>(topic, { connection, prefix: this.prefix });
  }

  async close(): Promise<void> {
    await Promise.all([...this.queues.values()].map(async (queue) => (await queue).close()));
    this.connected.redis?.disconnect();
  }
}
