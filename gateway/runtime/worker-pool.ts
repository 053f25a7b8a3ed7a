/**
 * A few threads for operations that think long, so that the door never waits for them. Threads
 * start at the first need. One that dies fails only the call it carried; the next call gets a new
 * one.
 */
import type { CallContext, FunctionEvent, FunctionResult } from '#template/function.ts';
import type { ThreadData } from './worker-messages.ts';
import { WorkerThread } from './worker-thread.ts';

export { ThreadLost } from './worker-thread.ts';

export interface PoolOptions {
  /** The built `worker.js`. */
  readonly file: string;
  readonly threadsMax: number;
  /** Asked when a thread starts, so the gateway's address may be settled later than the pool. */
  readonly data: () => ThreadData;
  /** Time a call has to let go once it was aborted. */
  readonly graceMs?: number;
}

const GRACE_MS_DEFAULT = 1_000;

interface Waiter {
  readonly take: (thread: WorkerThread) => void;
  readonly refuse: (thrown: Error) => void;
}

export class WorkerPool {
  private readonly options: PoolOptions;
  private readonly threads = new Set<WorkerThread>();
  private readonly idle: WorkerThread[] = [];
  private readonly waiters: Waiter[] = [];
  private closed = false;

  constructor(options: PoolOptions) {
    this.options = options;
  }

  /** @throws ThreadLost when the thread died under the call; else what the handler threw */
  async run(folder: string, event: FunctionEvent, context: CallContext): Promise<FunctionResult> {
    const thread = await this.thread(context.signal);
    return thread.call(folder, event, context);
  }

  async close(): Promise<void> {
    this.closed = true;
    for (const waiter of this.waiters.splice(0)) waiter.refuse(new Error('the host stops'));
    await Promise.all([...this.threads].map((thread) => thread.end()));
  }

  private async thread(signal: AbortSignal): Promise<WorkerThread> {
    signal.throwIfAborted();
    const free = this.idle.pop();
    if (free) return free;
    if (this.threads.size < this.options.threadsMax) return this.start();
    return this.nextFree(signal);
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
    const { file, data, graceMs = GRACE_MS_DEFAULT } = this.options;
    const thread = new WorkerThread(file, data(), graceMs, {
      idle: (freed) => this.offer(freed),
      gone: (lost) => this.replace(lost),
    });
    this.threads.add(thread);
    return thread;
  }

  private offer(thread: WorkerThread): void {
    const waiter = this.waiters.shift();
    if (waiter) waiter.take(thread);
    else this.idle.push(thread);
  }

  private replace(lost: WorkerThread): void {
    this.threads.delete(lost);
    const at = this.idle.indexOf(lost);
    if (at >= 0) this.idle.splice(at, 1);
    if (this.waiters.length > 0 && !this.closed) this.offer(this.start());
  }
}
