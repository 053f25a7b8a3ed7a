/** The ways to execute a function's calls: on this thread, on worker threads, or not at all. */
import {
  inEnvironment,
  type CallContext,
  type FunctionEvent,
  type FunctionHandler,
  type FunctionResult,
  type FunctionEnvironment,
} from '#template/function.ts';
import { unavailable } from '#shared/kernel/failure.ts';
import type { Log } from '#shared/process/log.ts';
import { traceFacts } from '#shared/runtime/traceparent.ts';
import { isExit } from './exit-guard.ts';
import { unreachableFunction } from '../http/platform-errors.ts';
import { LOADED_PATH, READY_PATH, type PlainEnvironment } from './worker-messages.ts';
import { NotLoaded, ThreadLost, type WorkerPool } from './worker-pool.ts';
import type { DependencyLease } from './dependency-leases.ts';

export interface Executor {
  /** Loads the handler; rejects with the reason why it cannot be. */
  load(signal: AbortSignal): Promise<void>;
  /** Rejects with the reason while the handler could not do its work. */
  ready(context: CallContext): Promise<void>;
  /** Whether the handler is loaded somewhere at this moment. */
  readonly isWarm: boolean;
  /** Rejects only with what the handler itself threw. */
  run(event: FunctionEvent, context: CallContext): Promise<FunctionResult>;
  close(): Promise<void>;
}

export interface LocalParts {
  readonly name: string;
  readonly load: () => Promise<FunctionHandler>;
  readonly functionEnvironment: FunctionEnvironment;
  /** Absent for what is no operation of ours. */
  readonly dependencies: DependencyLease | undefined;
  readonly log: Log;
  /** Adds a line to the function's log. */
  readonly print: (text: string) => void;
}

/** On the main thread. */
export class LocalExecutor implements Executor {
  private readonly parts: LocalParts;
  private handler: FunctionHandler | undefined;
  private loading: Promise<FunctionHandler> | undefined;

  constructor(parts: LocalParts) {
    this.parts = parts;
  }

  get isWarm(): boolean {
    return this.handler !== undefined;
  }

  async load(): Promise<void> {
    await this.loaded();
    await this.opened();
  }

  async ready(context: CallContext): Promise<void> {
    const handler = await this.loaded();
    const { functionEnvironment } = this.parts;
    await handler.ready?.(inEnvironment(context, functionEnvironment, await this.opened()));
  }

  async run(event: FunctionEvent, context: CallContext): Promise<FunctionResult> {
    const { name, log } = this.parts;
    const handler =
      this.handler ??
      (await this.loaded().catch((cause: unknown) => {
        log.error('handler-load-failed', { function: name, ...traceFacts(event.headers), cause });
        return undefined;
      }));
    if (!handler) return unreachableFunction(name);
    const { functionEnvironment, dependencies } = this.parts;
    // Usually open already, and then a call does not wait at all.
    const shared: unknown = dependencies && (dependencies.current ?? (await this.opened()));
    try {
      return await handler(event, inEnvironment(context, functionEnvironment, shared));
    } catch (thrown) {
      this.parts.print(reasonOf(thrown));
      if (!isExit(thrown)) throw thrown;
      const { callId } = context;
      log.error('exit-refused', { function: name, callId, ...traceFacts(event.headers) });
      return unreachableFunction(name);
    }
  }

  async close(): Promise<void> {
    await this.parts.dependencies?.release();
  }

  /** Loaded at the first call; a load that failed is tried again at the next. */
  private async loaded(): Promise<FunctionHandler> {
    this.loading ??= this.parts.load();
    try {
      return (this.handler = await this.loading);
    } catch (thrown) {
      this.loading = undefined;
      throw thrown;
    }
  }

  private async opened(): Promise<unknown> {
    return this.parts.dependencies?.open();
  }
}

export interface ThreadParts {
  readonly name: string;
  readonly pool: WorkerPool;
  readonly folder: string;
  readonly functionEnvironment: PlainEnvironment;
  /** CPU-bound operations that a thread must not run itself. */
  readonly far: () => readonly string[];
  readonly log: Log;
  /** Adds a line to the function's log. */
  readonly print: (text: string) => void;
}

/** On worker threads. */
export class ThreadExecutor implements Executor {
  private readonly parts: ThreadParts;

  constructor(parts: ThreadParts) {
    this.parts = parts;
  }

  get isWarm(): boolean {
    return this.parts.pool.size > 0;
  }

  async load(signal: AbortSignal): Promise<void> {
    await this.ask(LOADED_PATH, { callId: 'load', signal });
  }

  async ready(context: CallContext): Promise<void> {
    await this.ask(READY_PATH, context);
  }

  async run(event: FunctionEvent, context: CallContext): Promise<FunctionResult> {
    const { name, log } = this.parts;
    try {
      return await this.parts.pool.run(this.job(event, context));
    } catch (cause) {
      if (!(cause instanceof ThreadLost || cause instanceof NotLoaded)) throw cause;
      const what = cause instanceof ThreadLost ? 'thread-lost' : 'handler-load-failed';
      const { callId } = context;
      log.error(what, { function: name, callId, ...traceFacts(event.headers), cause });
      this.parts.print(`${cause.message}: ${reasonOf(cause.cause)}`);
      return unreachableFunction(name);
    }
  }

  close(): Promise<void> {
    return this.parts.pool.close();
  }

  private async ask(path: string, context: CallContext): Promise<void> {
    const query = new URLSearchParams();
    const event = { method: 'GET', path, query, headers: {}, body: Buffer.alloc(0) };
    await this.parts.pool.run({ ...this.job(event, context), isQuestion: true });
  }

  private job(event: FunctionEvent, context: CallContext) {
    const { name: functionName, folder, functionEnvironment, far } = this.parts;
    return { functionName, folder, event, context, functionEnvironment, far: far() };
  }
}

/** The error with its stack, for readers of the function's log. */
function reasonOf(thrown: unknown): string {
  if (thrown === undefined) return 'without a reason';
  return thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown);
}

/** Light calls on this thread, CPU-bound ones on worker threads. */
export class SplitExecutor implements Executor {
  private readonly here: Executor;
  private readonly threads: Executor;
  private readonly isCpuBound: (event: FunctionEvent) => boolean;
  /** Whether the threads are this function's alone, and end with it. */
  private readonly ownsThreads: boolean;

  constructor(
    { here, threads, ownsThreads }: { here: Executor; threads: Executor; ownsThreads: boolean },
    isCpuBound: (event: FunctionEvent) => boolean,
  ) {
    this.here = here;
    this.threads = threads;
    this.ownsThreads = ownsThreads;
    this.isCpuBound = isCpuBound;
  }

  get isWarm(): boolean {
    return this.here.isWarm;
  }

  load(signal: AbortSignal): Promise<void> {
    return this.here.load(signal);
  }

  ready(context: CallContext): Promise<void> {
    return this.here.ready(context);
  }

  run(event: FunctionEvent, context: CallContext): Promise<FunctionResult> {
    return (this.isCpuBound(event) ? this.threads : this.here).run(event, context);
  }

  async close(): Promise<void> {
    await this.here.close();
    if (this.ownsThreads) await this.threads.close();
  }
}

/** Nowhere: what is deployed cannot be run here, for a reason the log has. */
export class FailedExecutor implements Executor {
  readonly isWarm = false;
  private readonly name: string;

  constructor(name: string) {
    this.name = name;
  }

  load(): Promise<void> {
    return Promise.reject(unavailable(this.name));
  }

  ready(): Promise<void> {
    return this.load();
  }

  async run(): Promise<FunctionResult> {
    return unreachableFunction(this.name);
  }

  async close(): Promise<void> {}
}
