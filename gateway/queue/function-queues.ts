/**
 * A BullMQ queue for each function: a slow function delays only its own calls, each has its
 * own concurrency, and a waiting call costs nothing. A queue gets a worker with its first job, and loses it when
 * it has been empty for a while, since each worker holds a
 * connection.
 */
import { setMaxListeners } from 'node:events';
import { Queue, WaitingError, Worker, type Job, type JobsOptions } from 'bullmq';
import type { Redis } from 'ioredis';
import { connectQueueRedis, QUEUE_RETRY_MS } from '#shared/redis/client.ts';
import { keys } from '#shared/redis/keys.ts';
import { closeWorker, waitWithRedis } from './close-worker.ts';
import { nextTurn } from './next-turn.ts';

const LOCK_MS = 15_000;
const STALLED_POLL_MS = 5_000;
/** A crash of the host does not count as a failed attempt; five crashes in one call do. */
const CRASHES_MAX = 5;
const IDLE_MS = 30_000;
/** For jobs that were cut off when the host stopped. */
const PUT_BACK_MS = 1_000;
const STOPPED = Symbol('stopped');

export interface FunctionQueueOptions<Data> {
  readonly redisUrl: string;
  /** As the other queues of this installation have it. */
  readonly prefix: string;
  /** Of all queues together; a function's queue is `<name>.<queueName>`. */
  readonly name: string;
  /** Jobs of a queue that run at the same time. */
  readonly concurrencyOf: (queueName: string) => number;
  /** @param signal aborts when the host stops; the job then goes back to its queue by itself */
  readonly work: (job: Job<Data>, token: string, signal: AbortSignal) => Promise<unknown>;
  /** Called for each job that failed for good, also for one whose host crashed too often. */
  readonly failed: (queueName: string, job: Job<Data>, error: Error) => Promise<void>;
}

interface FunctionQueue<Data> {
  readonly queue: Queue<Data>;
  worker?: Worker<Data> | undefined;
  timer?: NodeJS.Timeout | undefined;
}

export class FunctionQueues<Data> {
  readonly redis: Redis;
  private readonly options: FunctionQueueOptions<Data>;
  private readonly functionQueues = new Map<string, FunctionQueue<Data>>();
  private readonly noted = new Set<string>();
  private readonly running = new Set<Promise<unknown>>();
  private readonly cut = new AbortController();
  private closed = false;

  constructor(options: FunctionQueueOptions<Data>) {
    // Each running job listens.
    setMaxListeners(0, this.cut.signal);
    this.options = options;
    this.redis = connectQueueRedis(options.redisUrl, options.prefix);
  }

  /** Starts a worker for every queue that has jobs left. */
  async open(): Promise<void> {
    await this.takeOverFormerNames();
    for (const queueName of await this.names()) {
      const counts = await this.queueOf(queueName).getJobCounts('wait', 'active', 'delayed');
      if (Object.values(counts).some((count) => count > 0)) this.work(queueName);
    }
  }

  /** All queues that ever had a job. */
  async names(): Promise<readonly string[]> {
    return (await this.redis.smembers(this.namesKey())).sort();
  }

  queueOf(queueName: string): Queue<Data> {
    return this.queueNameOf(queueName).queue;
  }

  async add(queueName: string, name: string, data: Data, options: JobsOptions): Promise<void> {
    await this.note(queueName);
    // BullMQ infers the types of name and data from a union that a type parameter cannot satisfy.
    await (this.queueOf(queueName) as unknown as Queue).add(name, data, options);
    this.work(queueName);
  }

  /** For callers that add jobs to a queue by other means: remembers the queue. */
  async note(queueName: string): Promise<void> {
    if (this.noted.has(queueName)) return;
    await this.redis.sadd(this.namesKey(), queueName);
    this.noted.add(queueName);
  }

  /** Redis lost the queue; the next call of `note` writes it down again. */
  forget(queueName: string): void {
    this.noted.delete(queueName);
  }

  /** Makes sure that a queue has a worker. */
  work(queueName: string): void {
    if (this.closed) return;
    const one = this.queueNameOf(queueName);
    one.worker ??= this.openWorker(queueName, one);
    one.worker.concurrency = this.options.concurrencyOf(queueName);
  }

  /** Lets running jobs end, for so long; the others go back to their queues. */
  async close(graceMs: number): Promise<void> {
    this.closed = true;
    const workers = [...this.functionQueues.values()].flatMap(({ worker }) =>
      worker ? [worker] : [],
    );
    await Promise.all(workers.map((worker) => worker.pause(true)));
    const ended = Promise.allSettled(this.running);
    await waitWithRedis(ended, this.redis, graceMs);
    this.cut.abort();
    await waitWithRedis(ended, this.redis, PUT_BACK_MS);
    for (const { timer } of this.functionQueues.values()) clearTimeout(timer);
    await Promise.all(workers.map((worker) => closeWorker(worker, this.redis, PUT_BACK_MS)));
    await Promise.all([...this.functionQueues.values()].map(({ queue }) => queue.close()));
    this.redis.disconnect();
  }

  private namesKey(): string {
    return `${this.options.prefix}:${keys.runtime.functionQueues(this.options.name)}`;
  }

  /** Name by name, so that one which an older process adds meanwhile stays for the next start. */
  private async takeOverFormerNames(): Promise<void> {
    const former = `${this.options.prefix}:${keys.runtime.formerFunctionQueues(this.options.name)}`;
    for (const queueName of await this.redis.smembers(former)) {
      await this.redis.sadd(this.namesKey(), queueName);
      await this.redis.srem(former, queueName);
    }
  }

  private queueNameOf(queueName: string): FunctionQueue<Data> {
    const known = this.functionQueues.get(queueName);
    if (known) return known;
    const { prefix, name } = this.options;
    const queue = new Queue<Data>(`${name}.${queueName}`, {
      connection: this.redis,
      prefix,
      settings: { repeatStrategy: nextTurn },
    });
    // BullMQ reports what commands report too; without a listener it would end the process.
    queue.on('error', () => undefined);
    const opened: FunctionQueue<Data> = { queue };
    this.functionQueues.set(queueName, opened);
    return opened;
  }

  private openWorker(queueName: string, one: FunctionQueue<Data>): Worker<Data> {
    const { prefix, concurrencyOf, failed } = this.options;
    const worker = new Worker<Data>(one.queue.name, (job, token) => this.run(job, token ?? ''), {
      connection: this.redis,
      prefix,
      concurrency: concurrencyOf(queueName),
      lockDuration: LOCK_MS,
      stalledInterval: STALLED_POLL_MS,
      maxStalledCount: CRASHES_MAX,
      runRetryDelay: QUEUE_RETRY_MS,
      settings: { repeatStrategy: nextTurn },
    });
    worker.on('error', () => undefined);
    worker.on('active', () => clearTimeout(one.timer));
    worker.on('drained', () => this.leaveLater(one));
    worker.on('failed', (job, error) => {
      if (job) this.track(this.settle(queueName, job, error, failed)).catch(() => undefined);
    });
    this.leaveLater(one);
    return worker;
  }

  private async settle(
    queueName: string,
    job: Job<Data>,
    error: Error,
    failed: FunctionQueueOptions<Data>['failed'],
  ): Promise<void> {
    if (await job.isFailed()) await failed(queueName, job, error);
  }

  /** A job that is interrupted by the host's stop returns to its queue, whatever its work does then. */
  private run(job: Job<Data>, token: string): Promise<unknown> {
    const { signal } = this.cut;
    let stop = (): void => undefined;
    const stopped = new Promise<typeof STOPPED>((resolve) => {
      stop = () => resolve(STOPPED);
      signal.addEventListener('abort', stop, { once: true });
      if (signal.aborted) stop();
    });
    const work = this.options.work(job, token, signal);
    const outcome = Promise.race([work, stopped]).then(async (result) => {
      if (result !== STOPPED) return result;
      work.catch(() => undefined);
      await job.moveToWait(token);
      throw new WaitingError();
    });
    return this.track(outcome.finally(() => signal.removeEventListener('abort', stop)));
  }

  private track<T>(work: Promise<T>): Promise<T> {
    const tracked = work.finally(() => this.running.delete(tracked));
    this.running.add(tracked);
    return tracked;
  }

  private leaveLater(one: FunctionQueue<Data>): void {
    clearTimeout(one.timer);
    one.timer = setTimeout(() => void this.leave(one).catch(() => undefined), IDLE_MS);
    one.timer.unref();
  }

  private async leave(one: FunctionQueue<Data>): Promise<void> {
    const counts = await one.queue.getJobCounts('wait', 'active', 'delayed', 'prioritized');
    if (Object.values(counts).some((count) => count > 0)) return this.leaveLater(one);
    const { worker } = one;
    one.worker = undefined;
    await worker?.close();
    // A job that was added while the worker closed waits for the next one.
    const [queueName] = [...this.functionQueues].find(([, found]) => found === one) ?? [];
    if (queueName !== undefined && (await one.queue.getJobCountByTypes('wait', 'delayed')) > 0)
      this.work(queueName);
  }
}
