/** One worker thread as its host sees it: one call at a time, and what becomes of it. */
import { Worker } from 'node:worker_threads';
import type { CallContext, FunctionEvent, FunctionResult } from '#template/function.ts';
import type { FromThread, ThreadData, ToThread } from './worker-messages.ts';

/** Enough for the heaviest model; a leak ends its own thread, not the host. */
const HEAP_MB_MAX = 512;

/** The thread died under its call, or was ended because the call overran its time. */
export class ThreadLost extends Error {
  override readonly name = 'ThreadLost';
}

export interface ThreadEvents {
  /** The call is over and the thread may take the next. */
  idle(thread: WorkerThread): void;
  gone(thread: WorkerThread): void;
}

export class WorkerThread {
  private readonly worker: Worker;
  private readonly graceMs: number;
  private readonly events: ThreadEvents;
  private current: ThreadCall | undefined;
  private lastId = 0;
  private lastError: unknown;

  constructor(file: string, data: ThreadData, graceMs: number, events: ThreadEvents) {
    this.graceMs = graceMs;
    this.events = events;
    this.worker = new Worker(file, {
      workerData: data,
      stdout: true,
      resourceLimits: { maxOldGenerationSizeMb: HEAP_MB_MAX },
    });
    // The host's stdout may be a document; whatever a function prints is a log.
    this.worker.stdout.on('data', (text: Buffer) => void process.stderr.write(text));
    this.worker.on('message', (message: FromThread) => this.hear(message));
    this.worker.on('error', (thrown) => void (this.lastError = thrown));
    this.worker.on('exit', (code) => this.buried(code));
  }

  call(folder: string, event: FunctionEvent, context: CallContext): Promise<FunctionResult> {
    this.lastId += 1;
    const id = this.lastId;
    const call = new ThreadCall((kind) => this.say({ kind, id }));
    this.current = call;
    const abort = (): void => this.abort(call);
    context.signal.addEventListener('abort', abort, { once: true });
    call.whenOver(() => context.signal.removeEventListener('abort', abort));
    const { method, path, query, headers, body } = event;
    const plain = { method, path, query: query.toString(), headers, body };
    this.say({ kind: 'call', id, folder, callId: context.callId, event: plain });
    return call.result;
  }

  async end(): Promise<void> {
    await this.worker.terminate();
  }

  private say(message: ToThread): void {
    this.worker.postMessage(message);
  }

  private hear(message: FromThread): void {
    if (message.id !== this.lastId || !this.current?.hear(message)) return;
    this.current = undefined;
    this.events.idle(this);
  }

  /** Asks the call to stop; a thread that does not let go in time is ended with it. */
  private abort(call: ThreadCall): void {
    this.say({ kind: 'abort', id: this.lastId });
    const timer = setTimeout(() => void this.worker.terminate(), this.graceMs);
    call.whenOver(() => clearTimeout(timer));
  }

  private buried(code: number): void {
    const cause = this.lastError;
    this.current?.fail(new ThreadLost(`the thread ended with code ${code}`, { cause }));
    this.current = undefined;
    this.events.gone(this);
  }
}

/** One call on a thread: a head that is promised, and pieces that wait until they are read. */
class ThreadCall {
  readonly result: Promise<FunctionResult>;
  private readonly say: (kind: 'abort' | 'more') => void;
  private readonly resolve: (result: FunctionResult) => void;
  private readonly reject: (thrown: Error) => void;
  private readonly waiting: (string | Uint8Array)[] = [];
  private ended = false;
  private broken: Error | undefined;
  private wake: () => void = () => undefined;
  private readonly endings: (() => void)[] = [];

  constructor(say: (kind: 'abort' | 'more') => void) {
    this.say = say;
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
  hear(message: FromThread): boolean {
    switch (message.kind) {
      case 'head': {
        const { status, headers, pieces } = message;
        this.resolve({ status, headers, body: pieces ? this.pieces() : message.body });
        return pieces ? false : this.finish();
      }
      case 'piece':
        this.waiting.push(message.piece);
        this.wake();
        return false;
      case 'end':
        return this.finish();
      case 'failed':
        return this.fail(new Error(message.message));
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

  private async *pieces(): AsyncGenerator<string | Uint8Array> {
    try {
      for (;;) {
        const piece = this.waiting.shift();
        if (piece !== undefined) {
          this.say('more');
          yield piece;
        } else if (this.broken) throw this.broken;
        else if (this.ended) return;
        else await new Promise<void>((resolve) => void (this.wake = resolve));
      }
    } finally {
      if (!this.ended) this.say('abort');
    }
  }
}
