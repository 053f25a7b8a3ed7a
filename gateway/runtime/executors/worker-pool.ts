/**
 * Threads of one kind: for CPU-bound operations, or for one function alone. They start at the
 * first need and end when they were idle for a while. One that dies fails only the call it ran;
 * the next call gets a new one.
 */
import type { FunctionResult } from '#template/function.ts';
import type { ThreadBudget } from './thread-budget.ts';
import type { ThreadData } from './worker-messages.ts';
import {
  WorkerThread,
  type Preparation,
  type Printer,
  type ThreadEvents,
  type ThreadJob,
} from './worker-thread.ts';

export { NotLoaded, ThreadLost, type ThreadJob } from './worker-thread.ts';

export interface PoolOptions {
  /** Names its threads in logs: `name-1`, `name-2`. */
  readonly name: string;
  /** The built `worker.js`. */
  readonly file: string;
  readonly threadsMax: number;
  /** Asked when a thread starts, so the gateway's address may be settled later than the pool. */
  readonly data: () => ThreadData;
  readonly env?: Readonly<Record<string, string>> | undefined;
  readonly heapMbMax?: number | undefined;
  /** Grace period of a call after it was aborted. */
  readonly graceMs?: number | undefined;
  /** Time after which a thread without a call ends; absent: never. */
  readonly idleMs?: number | undefined;
  /** Shared with other pools: how many threads there may be in all. */
  readonly budget?: ThreadBudget | undefined;
  readonly printer?: ThreadEvents['printer'] | undefined;
  /** Called when the last thread has ended because it was idle. */
  readonly onRest?: (() => void) | undefined;
}

const GRACE_MS_DEFAULT = 1_000;
/** Prices of a large universe are fetched in this time, before the first call of the thread that was made ready. */
const PREPARED_MS = 30_000;

/** The host's own stdout may be a document; whatever a function prints is a log. */
const toStderr: Printer = {
  write: (chunk) => void process.stderr.write(chunk),
  end: () => undefined,
};

interface Waiter {
  readonly take: (thread: WorkerThread) => void;
  readonly refuse: (thrown: Error) => void;
}

interface IdleThread {
  readonly thread: WorkerThread;
  readonly timer: NodeJS.Timeout | undefined;
}

/** A call, or a check by the host, which does not reset the idle time of a thread. */
export interface PoolJob extends ThreadJob {
  readonly isQuestion?: boolean;
}

export class WorkerPool {
  private readonly options: PoolOptions;
  private readonly threads = new Set<WorkerThread>();
  /** The most recently used one is last, and is taken first. */
  private readonly idle: IdleThread[] = [];
  private readonly waiters: Waiter[] = [];
  /** When each thread's last call was over. */
  private readonly idleSinceMs = new WeakMap<WorkerThread, number>();
  private started = 0;
  private closed = false;

  constructor(options: PoolOptions) {
    this.options = options;
    options.budget?.join(this);
  }

  get size(): number {
    return this.threads.size;
  }

  /** @throws ThreadLost when the thread died under the call; else what the handler threw */
  async run(job: PoolJob): Promise<FunctionResult> {
    const thread = await this.thread(job.context.signal);
    if (!job.isQuestion) this.idleSinceMs.delete(thread);
    return thread.call(job);
  }

  /** Starts a thread for calls that will come, where there is none. Without them it ends after a while. */
  prepare(preparation: Preparation): void {
    if (this.size > 0 || this.closed) return;
    const thread = this.start();
    thread.prepare(preparation);
    this.keep(thread, this.options.idleMs && Math.max(this.options.idleMs, PREPARED_MS));
  }

  /** Ends the thread that has been idle for longest. @returns false where none is idle */
  retireOne(): boolean {
    const oldest = this.idle[0];
    if (oldest) this.retire(oldest.thread);
    return oldest !== undefined;
  }

  async close(): Promise<void> {
    this.closed = true;
    this.options.budget?.leave(this);
    for (const { timer } of this.idle) clearTimeout(timer);
    for (const waiter of this.waiters.splice(0)) waiter.refuse(new Error('the host stops'));
    await Promise.all([...this.threads].map((thread) => thread.end()));
  }

  private async thread(signal: AbortSignal): Promise<WorkerThread> {
    signal.throwIfAborted();
    const free = this.idle.pop();
    clearTimeout(free?.timer);
    if (free) return free.thread;
    const { threadsMax, budget } = this.options;
    const mayStart = this.size < threadsMax && (budget?.grants(this) ?? true);
    return mayStart ? this.start() : this.nextFree(signal);
  }

  private nextFree(signal: AbortSignal): Promise<WorkerThread> {
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        this.waiters.splice(this.waiters.indexOf(waiter), 1);
        reject(signal.reason as Error);
      };
      const stay = (): void => signal.removeEventListener('abort', leave);
      const waiter: Waiter = {
        take: (thread) => (stay(), resolve(thread)),
        refuse: (thrown) => (stay(), reject(thrown)),
      };
      this.waiters.push(waiter);
      signal.addEventListener('abort', leave, { once: true });
    });
  }

  private start(): WorkerThread {
    const { name, file, data, env, heapMbMax, graceMs = GRACE_MS_DEFAULT } = this.options;
    this.started += 1;
    const instance = `${name}-${this.started}`;
    const options = { file, data: data(), env, heapMbMax, graceMs, instance };
    const thread = new WorkerThread(options, {
      idle: (freed) => this.offer(freed),
      gone: (lost) => this.replace(lost),
      printer: this.options.printer ?? (() => toStderr),
    });
    this.threads.add(thread);
    return thread;
  }

  private offer(thread: WorkerThread): void {
    const waiter = this.waiters.shift();
    if (waiter) return waiter.take(thread);
    const nowMs = performance.now();
    const sinceMs = this.idleSinceMs.get(thread) ?? nowMs;
    this.idleSinceMs.set(thread, sinceMs);
    const { idleMs } = this.options;
    this.keep(thread, idleMs && sinceMs + idleMs - nowMs);
  }

  /** @param ms until it ends, where no call comes; absent: never */
  private keep(thread: WorkerThread, ms: number | undefined): void {
    const timer = ms === undefined ? undefined : setTimeout(() => this.retire(thread), ms).unref();
    this.idle.push({ thread, timer });
  }

  private retire(thread: WorkerThread): void {
    this.forget(thread);
    const isLast = this.size === 0;
    void thread.end().then(() => {
      if (isLast && this.size === 0 && !this.closed) this.options.onRest?.();
    });
  }

  private replace(lost: WorkerThread): void {
    this.forget(lost);
    if (this.waiters.length > 0 && !this.closed) this.offer(this.start());
  }

  private forget(thread: WorkerThread): void {
    this.threads.delete(thread);
    const at = this.idle.findIndex((one) => one.thread === thread);
    if (at >= 0) clearTimeout(this.idle.splice(at, 1)[0]?.timer);
  }
}
