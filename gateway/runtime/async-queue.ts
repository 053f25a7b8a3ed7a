/**
 * Calls that are answered later. They lie in Redis until a function took them, so they survive a
 * restart; a call whose host died is run again, and carries its call id as idempotency key so that
 * nothing is done twice. Answers of 429 and 503 are tried again with back-off, up to ATTEMPTS in
 * all; every other answer is final. The time limit of a call is that of its function.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { Queue, Worker, type Job } from 'bullmq';
import type { FunctionEvent, FunctionResult } from '#template/function.ts';
import { connectQueueRedis } from '#shared/redis/client.ts';
import type { Log } from '#shared/runtime/log.ts';
import { callBack } from './callback.ts';
import type { FunctionHost } from './function-host.ts';
import { isPieces } from '#template/function.ts';
import { wholeOf } from './pieces.ts';

const QUEUE = 'async';
const ATTEMPTS = 5;
const BACKOFF_MS = 500;
const CONCURRENCY = 4;
const STALLED_LOOK_MS = 5_000;
const LOCK_MS = 15_000;
const KEEP_SECONDS = 86_400;
const RETRIED = [429, 503];

/** One queued call. It holds no token: what the caller may do was decided when it was queued. */
export interface QueuedCall {
  readonly callId: string;
  readonly functionName: string;
  readonly path: string;
  readonly query: string;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly bodyBase64: string;
  readonly callbackUrl?: string | undefined;
}

export interface AsyncQueueOptions {
  readonly redisUrl: string;
  /** Of this board: boards that share a Redis do not take each other's calls. */
  readonly name?: string | undefined;
  /** As the other queues of this installation have it. */
  readonly prefix: string;
  /** Sent to the function in the caller's place. */
  readonly token: string;
  readonly log: Log;
}

export class AsyncQueue {
  private readonly host: FunctionHost;
  private readonly options: AsyncQueueOptions;
  private readonly queue: Queue<QueuedCall>;
  private readonly worker: Worker<QueuedCall>;
  private readonly connections;
  /** Ends the calls that are still running when time is up. */
  private readonly cut = new AbortController();
  private readonly running = new Set<Promise<void>>();

  constructor(host: FunctionHost, options: AsyncQueueOptions) {
    this.host = host;
    this.options = options;
    const { redisUrl, prefix, name = QUEUE } = options;
    this.connections = [connectQueueRedis(redisUrl), connectQueueRedis(redisUrl)] as const;
    const [adding, taking] = this.connections;
    this.queue = new Queue<QueuedCall>(name, { connection: adding, prefix });
    this.worker = new Worker<QueuedCall>(name, (job) => this.tracked(job), {
      connection: taking,
      prefix,
      concurrency: CONCURRENCY,
      lockDuration: LOCK_MS,
      stalledInterval: STALLED_LOOK_MS,
      maxStalledCount: ATTEMPTS,
    });
    this.queue.on('error', () => undefined);
    this.worker.on('error', () => undefined);
  }

  async add(call: QueuedCall): Promise<void> {
    await this.queue.add('call', call, {
      attempts: ATTEMPTS,
      backoff: { type: 'exponential', delay: BACKOFF_MS },
      removeOnComplete: true,
      removeOnFail: { age: KEEP_SECONDS },
    });
  }

  /** Lets running calls end, for so long; those cut off run again at the next start. */
  async close(graceMs: number): Promise<void> {
    await this.worker.pause(true);
    const ended = Promise.allSettled(this.running).then(() => true);
    const isIdle = await Promise.race([ended, sleep(graceMs, false, { ref: false })]);
    await this.worker.close(!isIdle);
    this.cut.abort();
    await this.queue.close();
    for (const connection of this.connections) connection.disconnect();
  }

  private tracked(job: Job<QueuedCall>): Promise<void> {
    const work = this.carryOut(job);
    this.running.add(work);
    return work.finally(() => this.running.delete(work));
  }

  private async carryOut(job: Job<QueuedCall>): Promise<void> {
    const { callId, functionName, callbackUrl } = job.data;
    const { log } = this.options;
    const startedAt = performance.now();
    const result = await this.run(job.data);
    const status = result.status ?? 200;
    if (RETRIED.includes(status) && job.attemptsMade + 1 < ATTEMPTS)
      throw new Error(`answered ${status}`);
    const seconds = (performance.now() - startedAt) / 1000;
    log.info('async-call-ended', { callId, function: functionName, status, seconds });
    if (callbackUrl === undefined) return;
    await callBack(callbackUrl, { callId, functionName, seconds, result }).catch((cause: unknown) =>
      log.warn('callback-failed', { callId, function: functionName, cause }),
    );
  }

  private async run(call: QueuedCall): Promise<FunctionResult> {
    const context = { callId: call.callId, signal: this.cut.signal };
    try {
      const result = await this.host.call(call.functionName, this.eventOf(call), context);
      // A stream counts as answered when it is through.
      return isPieces(result.body) ? { ...result, body: await wholeOf(result.body) } : result;
    } catch {
      return { status: 500, body: 'The function failed.' };
    }
  }

  private eventOf(call: QueuedCall): FunctionEvent {
    return {
      method: 'POST',
      path: call.path,
      query: new URLSearchParams(call.query),
      headers: {
        'idempotency-key': call.callId.replaceAll(':', '-'),
        ...call.headers,
        authorization: `Bearer ${this.options.token}`,
      },
      body: Buffer.from(call.bodyBase64, 'base64'),
    };
  }
}
