/** One worker thread as its host sees it: one call at a time, and its outcome. */
import { Worker } from 'node:worker_threads';
import type { CallContext, FunctionEvent, FunctionResult } from '#template/function.ts';
import { inBytes } from './bytes-event.ts';
import { heapMbWithin } from './thread-heap.ts';
import type { FromThread, PlainEnvironment, ThreadData, ToThread } from './worker-messages.ts';

const MB = 1024 * 1024;

/** The thread died under its call, or was ended because the call overran its time. */
export class ThreadLost extends Error {
  override readonly name = 'ThreadLost';
}

/** The handler's module threw while it was loaded, or is not there. */
export class NotLoaded extends Error {
  override readonly name = 'NotLoaded';
}

/** One call, and what of its deployment the handler may see. */
export interface ThreadJob {
  readonly functionName: string;
  /** Folder of the handler. */
  readonly folder: string;
  readonly event: FunctionEvent;
  readonly context: CallContext;
  readonly functionEnvironment?: PlainEnvironment;
  readonly far?: readonly string[];
}

/** Handlers that will be called, and CPU-bound operations that they must not run on their own thread. */
export interface Preparation {
  readonly folders: readonly string[];
  readonly far: readonly string[];
}

export interface ThreadOptions {
  /** The built `worker.js`. */
  readonly file: string;
  readonly data: ThreadData;
  /** The thread's own `process.env`; absent: a copy of the host's. */
  readonly env?: Readonly<Record<string, string>> | undefined;
  readonly heapMbMax?: number | undefined;
  /** Grace period of a call after it was aborted. */
  readonly graceMs: number;
  /** Names the thread in logs. */
  readonly instance: string;
}

export interface ThreadEvents {
  /** The call is over and the thread may take the next. */
  idle(thread: WorkerThread): void;
  gone(thread: WorkerThread): void;
  /** Asked for each function it runs: where that function's output goes. */
  printer(functionName: string, instance: string): Printer;
}

/** Takes what a function prints, chunk by chunk. */
export interface Printer {
  write(chunk: Uint8Array): void;
  end(): void;
}

export class WorkerThread {
  readonly instance: string;
  private readonly worker: Worker;
  private readonly graceMs: number;
  private readonly hasDependencies: boolean;
  private readonly events: ThreadEvents;
  private current: ThreadCall | undefined;
  private functionName = '';
  private printer: Printer | undefined;
  private lastId = 0;
  private lastError: unknown;

  constructor(options: ThreadOptions, events: ThreadEvents) {
    const { file, data, env, heapMbMax = heapMbWithin(), graceMs, instance } = options;
    this.graceMs = graceMs;
    this.hasDependencies = data.dependencies !== undefined;
    this.events = events;
    this.instance = instance;
    this.worker = new Worker(file, {
      workerData: { ...data, bufferBytesMax: heapMbMax * MB },
      ...(env && { env }),
      stdout: true,
      stderr: true,
      resourceLimits: { maxOldGenerationSizeMb: heapMbMax },
    });
    for (const output of [this.worker.stdout, this.worker.stderr])
      output.on('data', (chunk: Buffer) => this.printer?.write(chunk));
    this.worker.on('message', (message: FromThread) => this.receive(message));
    this.worker.on('error', (thrown) => void (this.lastError = thrown));
    this.worker.on('exit', (code) => this.onExit(code));
  }

  call(job: ThreadJob): Promise<FunctionResult> {
    const { folder, functionName, context, far = [] } = job;
    const { functionEnvironment = { environment: {}, secrets: [] } } = job;
    this.lastId += 1;
    this.printFor(functionName);
    const id = this.lastId;
    const call = new ThreadCall((kind) => this.print({ kind, id }));
    this.current = call;
    const abort = (): void => this.abort(call);
    context.signal.addEventListener('abort', abort, { once: true });
    call.whenOver(() => context.signal.removeEventListener('abort', abort));
    const { method, path, query, headers, body } = inBytes(job.event);
    const event = { method, path, query: query.toString(), headers, body };
    const { callId } = context;
    this.print({ kind: 'call', id, folder, callId, event, functionEnvironment, far });
    return call.result;
  }

  /** Reads handlers that will be called; a call that comes earlier waits for what it needs of them. */
  prepare({ folders, far }: Preparation): void {
    this.print({ kind: 'prepare', folders, far });
  }

  /**
   * A thread with dependencies and without a call closes them first, so that their last spans are sent; beyond the
   * grace period it is terminated.
   */
  async end(): Promise<void> {
    if (this.hasDependencies && !this.current) await this.leave();
    else await this.worker.terminate();
  }

  private async leave(): Promise<void> {
    const gone = new Promise((resolve) => this.worker.once('exit', resolve));
    const late = setTimeout(() => void this.worker.terminate(), this.graceMs);
    this.print({ kind: 'leave' });
    await gone;
    clearTimeout(late);
  }

  /** Output between two calls belongs to the previous one. */
  private printFor(functionName: string): void {
    if (this.functionName === functionName) return;
    this.printer?.end();
    this.functionName = functionName;
    this.printer = this.events.printer(functionName, this.instance);
  }

  private print(message: ToThread): void {
    this.worker.postMessage(message);
  }

  /** @param message a function can send anything itself; unknown messages are ignored */
  private receive(message: FromThread | null | undefined): void {
    if (message?.id !== this.lastId || !this.current?.receive(message)) return;
    this.current = undefined;
    // A module that failed to load stays failed in its thread; another thread may retry.
    if (message.kind === 'not-loaded') void this.end();
    else this.events.idle(this);
  }

  /** Asks the call to stop; a thread that does not finish in time is terminated with it. */
  private abort(call: ThreadCall): void {
    this.print({ kind: 'abort', id: this.lastId });
    const timer = setTimeout(() => void this.worker.terminate(), this.graceMs);
    call.whenOver(() => clearTimeout(timer));
  }

  private onExit(code: number): void {
    const cause = this.lastError;
    this.printer?.end();
    this.current?.fail(new ThreadLost(`the thread ended with code ${code}`, { cause }));
    this.current = undefined;
    this.events.gone(this);
  }
}

/** One call on a thread: a promise of the head, and a buffer of chunks to be read. */
class ThreadCall {
  readonly result: Promise<FunctionResult>;
  private readonly print: (kind: 'abort' | 'more') => void;
  private readonly resolve: (result: FunctionResult) => void;
  private readonly reject: (thrown: Error) => void;
  private readonly waiting: (string | Uint8Array)[] = [];
  private ended = false;
  private broken: Error | undefined;
  private wake: () => void = () => undefined;
  private readonly endings: (() => void)[] = [];

  constructor(print: (kind: 'abort' | 'more') => void) {
    this.print = print;
    let settle = { resolve: (_: FunctionResult) => {}, reject: (_: Error) => {} };
    this.result = new Promise((resolve, reject) => void (settle = { resolve, reject }));
    this.resolve = settle.resolve;
    this.reject = settle.reject;
  }

  whenOver(then: () => void): void {
    if (this.ended) then();
    else this.endings.push(then);
  }

  /** @returns true when the call is over */
  receive(message: FromThread): boolean {
    switch (message.kind) {
      case 'head': {
        const { status, headers, chunks } = message;
        this.resolve({ status, headers, body: chunks ? this.chunks() : message.body });
        return chunks ? false : this.finish();
      }
      case 'piece':
        this.waiting.push(message.chunk);
        this.wake();
        return false;
      case 'end':
        return this.finish();
      case 'failed':
        return this.fail(new Error(message.message));
      case 'not-loaded':
        return this.fail(new NotLoaded(message.message));
    }
  }

  fail(thrown: Error): true {
    this.broken = thrown;
    this.reject(thrown);
    return this.finish();
  }

  private finish(): true {
    this.ended = true;
    for (const ending of this.endings.splice(0)) ending();
    this.wake();
    return true;
  }

  private async *chunks(): AsyncGenerator<string | Uint8Array> {
    try {
      for (;;) {
        const chunk = this.waiting.shift();
        if (chunk !== undefined) {
          this.print('more');
          yield chunk;
        } else if (this.broken) throw this.broken;
        else if (this.ended) return;
        else await new Promise<void>((resolve) => void (this.wake = resolve));
      }
    } finally {
      if (!this.ended) this.print('abort');
    }
  }
}
