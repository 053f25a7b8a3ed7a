/**
 * Queued runs of long operations. Whoever calls such an operation adds a job and follows what it
 * streams; the connector takes the job, calls the function, and records each message. A caller and
 * a connector that crash meet again at the job's id.
 *
 * Recorded messages live in a list; the outcome (`done`, or a failure) in a string beside it.
 */
import { Queue, type JobsOptions } from 'bullmq';
import type { Redis } from 'ioredis';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { conflict, Failure, type FailureBody } from '#shared/kernel/failure.ts';
import { contentHash, shortHash } from '#shared/kernel/hash.ts';
import type { Operation } from '#shared/operations/row.ts';
import { decode, encode } from '#shared/redis/codec.ts';
import type { Database } from '#shared/redis/database.ts';
import { keys } from '#shared/redis/keys.ts';

/** Small on purpose: ids and the request, no secrets. */
export interface RunData {
  readonly run: string;
  readonly operation: string;
  readonly body: string;
  readonly requestId: string;
}

export type Outcome =
  { readonly kind: 'done' } | { readonly kind: 'failed'; readonly failure: FailureBody };

const outcomeSchema = z.union([
  z.object({ kind: z.literal('done') }),
  z.object({
    kind: z.literal('failed'),
    failure: z.looseObject({ code: z.string(), message: z.string() }),
  }),
]);

const KEEP_MS = 7 * 86_400_000;
const POLL_MS_MIN = 20;
const POLL_MS_MAX = 250;
const LOST_JOB_LOOK_MS = 3_000;

export class Runs {
  private readonly database: Database;
  private readonly connection: () => Redis;
  private readonly prefix: string;
  private readonly queues = new Map<string, Queue<RunData>>();

  /** @param connection opens the connection BullMQ uses, at the first need */
  constructor(database: Database, connection: () => Redis, prefix: string) {
    this.database = database;
    this.connection = connection;
    this.prefix = prefix;
  }

  /**
   * Adds a run, or finds the one that the policy lets this call join.
   * @param wanted id for a new run, e.g. made from the caller's idempotency key
   * @returns the id of the run to follow, and whether it was there before
   */
  async add(
    operation: Operation,
    body: string,
    wanted: string,
    requestId: string,
  ): Promise<{ run: string; joined: boolean }> {
    const policy = operation.queue;
    if (!policy) throw new Failure('BUG', `Invariant: only queued operations run in a queue`);
    const joinKey = policy.joins === 'any-request' ? operation.name : shortHash(JSON.parse(body));
    const options: JobsOptions = {
      jobId: wanted,
      deduplication: { id: joinKey },
      attempts: policy.attempts,
      backoff: { type: 'exponential', delay: policy.backoffMs },
      removeOnComplete: { age: KEEP_MS / 1000 },
      removeOnFail: { age: KEEP_MS / 1000 },
    };
    const data: RunData = { run: wanted, operation: operation.name, body, requestId };
    const job = await this.queueOf(operation.topic).add(operation.rpc, data, options);
    const run = job.id ?? wanted;
    await this.requireSameBody(operation, run, body);
    return { run, joined: run !== wanted };
  }

  /** A run may be joined only by those who asked for just that. */
  private async requireSameBody(operation: Operation, run: string, body: string): Promise<void> {
    const stored = await this.queueOf(operation.topic).getJob(run);
    if (stored && contentHash(JSON.parse(stored.data.body)) !== contentHash(JSON.parse(body)))
      throw conflict(
        `${operation.name} already runs, or ran under this key, with another request.`,
        {
          run,
        },
      );
  }

  /** Messages of a run from the first on, as they are recorded; ends with the run's outcome. */
  async *follow(
    operation: Operation,
    run: string,
    signal: AbortSignal,
  ): AsyncGenerator<string, Outcome> {
    let seen = 0;
    let pause = POLL_MS_MIN;
    let lookedAt = performance.now();
    for (;;) {
      signal.throwIfAborted();
      let outcome = await this.outcome(run);
      if (!outcome && performance.now() - lookedAt > LOST_JOB_LOOK_MS) {
        lookedAt = performance.now();
        outcome = await this.lost(operation, run);
      }
      const messages = await this.database.redis.lrange(keys.runtime.updates(run), seen, -1);
      seen += messages.length;
      yield* messages;
      if (outcome) return outcome;
      pause = messages.length > 0 ? POLL_MS_MIN : Math.min(pause * 1.5, POLL_MS_MAX);
      await sleep(pause, undefined, { signal });
    }
  }

  /** A job that has ended, or is gone, without an outcome: its connector died at the wrong moment. */
  private async lost(operation: Operation, run: string): Promise<Outcome | undefined> {
    const state = await this.queueOf(operation.topic).getJobState(run);
    if (state !== 'failed' && state !== 'completed' && state !== 'unknown') return undefined;
    return (
      (await this.outcome(run)) ?? {
        kind: 'failed',
        failure: new Failure('UNAVAILABLE', 'The run ended without an outcome.', { run }).toJSON(),
      }
    );
  }

  async outcome(run: string): Promise<Outcome | undefined> {
    const key = keys.runtime.outcome(run);
    const json = await this.database.redis.get(key);
    return json === null ? undefined : (decode(outcomeSchema, json, key) as Outcome);
  }

  /** Called by the connector for each message of a run. */
  async record(run: string, message: string): Promise<void> {
    const key = keys.runtime.updates(run);
    await this.database.commit(
      [],
      [
        { op: 'RPUSH', key, args: [message] },
        { op: 'PEXPIRE', key, args: [String(KEEP_MS)] },
      ],
    );
  }

  /** Called by the connector when a run has ended for good. */
  async finish(run: string, outcome: Outcome): Promise<void> {
    await this.database.redis.set(keys.runtime.outcome(run), encode(outcome), 'PX', KEEP_MS);
  }

  queueOf(topic: string): Queue<RunData> {
    const known = this.queues.get(topic);
    if (known) return known;
    const queue = new Queue<RunData>(topic, { connection: this.connection(), prefix: this.prefix });
    queue.on('error', () => undefined);
    this.queues.set(topic, queue);
    return queue;
  }

  async close(): Promise<void> {
    await Promise.all([...this.queues.values()].map((queue) => queue.close()));
  }
}
