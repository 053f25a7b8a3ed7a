/**
 * A thread that runs handlers, one call at a time: of CPU-bound operations, or of one isolated
 * function. Whatever a handler does to its thread ends with the thread.
 */
import { resolve } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import { present } from '#shared/kernel/assert.ts';
import type { Dependencies } from '#shared/runtime/context.ts';
import {
  isChunks,
  type FunctionContext,
  type FunctionEvent,
  type FunctionHandler,
  type FunctionResult,
} from '#template/function.ts';
import { guardKill } from './exit-guard.ts';
import { environmentOf } from './hosted-environment.ts';
import { importHandler } from './handler-module.ts';
import {
  LOADED_PATH,
  CHUNKS_AHEAD,
  READY_PATH,
  type FromThread,
  type PlainEvent,
  type ThreadData,
  type ToThread,
} from './worker-messages.ts';

/** A larger answer is sent in chunks, so that the host never holds all of it. */
const WHOLE_BYTES_MAX = 1024 * 1024;
const CHUNK_BYTES = 256 * 1024;
const MEMORY_POLL_MS = 250;

const host = present(parentPort, 'this file runs as a worker thread');
const data = workerData as ThreadData;

class RunningCall {
  readonly abort = new AbortController();
  private credit = CHUNKS_AHEAD;
  private wake: () => void = () => undefined;

  constructor() {
    this.abort.signal.addEventListener('abort', () => this.wake(), { once: true });
  }

  more(): void {
    this.credit += 1;
    this.wake();
  }

  /** Waits until the host has read enough of what was sent. */
  async waitForCapacity(): Promise<void> {
    while (this.credit === 0 && !this.abort.signal.aborted)
      await new Promise<void>((resolve) => void (this.wake = resolve));
    this.credit -= 1;
  }
}

const running = new Map<number, RunningCall>();

host.on('message', (message: ToThread) => {
  if (message.kind === 'leave') return void leave();
  if (message.kind === 'prepare') return void prepare(message);
  const call = running.get(message.id);
  if (message.kind === 'more') call?.more();
  else if (message.kind === 'abort') call?.abort.abort();
  else void execute(message);
});

watchBuffers(data.bufferBytesMax);
// Ending the process ends only the thread: the process is the host's.
guardKill(() => process.exit(1));

function print(message: FromThread): void {
  host.postMessage(message);
}

async function execute(message: ToThread & { kind: 'call' }): Promise<void> {
  const { id } = message;
  const call = new RunningCall();
  running.set(id, call);
  try {
    const handler = await loadHandler(message.folder).catch((thrown: unknown) => {
      print({ kind: 'not-loaded', id, message: textOf(thrown) });
    });
    if (!handler) return;
    const context = {
      ...functionEnvironment(message),
      signal: call.abort.signal,
      shared: await dependencies(message),
    };
    await answer(id, call, await result(handler, revived(message.event), context));
  } catch (thrown) {
    // For the function's own log; its caller gets no details.
    if (message.event.path !== READY_PATH) console.error(thrown);
    print({ kind: 'failed', id, message: textOf(thrown) });
  } finally {
    running.delete(id);
  }
}

/** Whatever fails here fails again, and is reported, in the call that needs it. */
async function prepare(message: ToThread & { kind: 'prepare' }): Promise<void> {
  await Promise.allSettled([dependencies(message), ...message.folders.map(loadHandler)]);
}

function functionEnvironment({
  callId,
  functionEnvironment: { environment, secrets },
}: ToThread & { kind: 'call' }) {
  const env = { ...process.env, ...environment };
  return { callId, ...environmentOf(env, secrets, data.secretsDir) };
}

/** The host probes health and readiness on paths of its own; all others are the function's. */
async function result(
  handler: FunctionHandler,
  event: FunctionEvent,
  context: FunctionContext,
): Promise<FunctionResult> {
  if (event.path === READY_PATH) await handler.ready?.(context);
  const isAnswered = event.path === READY_PATH || event.path === LOADED_PATH;
  return isAnswered ? {} : handler(event, context);
}

async function answer(id: number, call: RunningCall, answered: FunctionResult): Promise<void> {
  const { status = 200, headers = {}, body } = plain(answered);
  if (isChunks(body)) {
    print({ kind: 'head', id, status, headers, body: undefined, chunks: true });
    for await (const chunk of body) {
      await call.waitForCapacity();
      if (call.abort.signal.aborted) break;
      print({ kind: 'piece', id, chunk });
    }
    return print({ kind: 'end', id });
  }
  print({ kind: 'head', id, status, headers, body, chunks: false });
}

type PlainBody = string | Uint8Array | undefined | AsyncIterable<string | Uint8Array>;

/** An answer whose body can be posted between threads, in chunks where it is large. */
function plain({ status, headers, body }: FunctionResult) {
  const head = { ...(status !== undefined && { status }), headers };
  if (isChunks(body)) return { ...head, body: body as PlainBody };
  const isPlain = body === undefined || typeof body === 'string' || body instanceof Uint8Array;
  const typed = isPlain ? headers : { 'content-type': 'application/json', ...headers };
  const whole = isPlain ? body : JSON.stringify(body);
  if (whole === undefined || whole.length <= WHOLE_BYTES_MAX)
    return { ...head, headers: typed, body: whole as PlainBody };
  const bytes = Buffer.from(whole as string);
  const type = typeof whole === 'string' ? { 'content-type': 'text/plain; charset=utf-8' } : {};
  const length = { 'content-length': String(bytes.length) };
  return { ...head, headers: { ...type, ...length, ...typed }, body: cut(bytes) as PlainBody };
}

/** Each chunk is a copy: posting a view between threads transfers its whole buffer. */
async function* cut(bytes: Buffer): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += CHUNK_BYTES)
    yield Uint8Array.prototype.slice.call(bytes, at, at + CHUNK_BYTES);
}

function revived(event: PlainEvent): FunctionEvent {
  const { buffer, byteOffset, byteLength } = event.body;
  const body = Buffer.from(buffer, byteOffset, byteLength);
  return { ...event, query: new URLSearchParams(event.query), body };
}

function loadHandler(folder: string): Promise<FunctionHandler> {
  return importHandler(resolve(data.root, folder));
}

let opened: Promise<Dependencies> | undefined;
let far: readonly string[] = [];

function dependencies(
  message: ToThread & { kind: 'call' | 'prepare' },
): Promise<Dependencies> | undefined {
  const requested = data.dependencies;
  if (!requested) return undefined;
  far = message.far;
  opened ??= import('./thread-dependencies.ts')
    .then(({ openThreadDependencies }) =>
      openThreadDependencies(requested, { loadHandler, isRemote: (name) => far.includes(name) }),
    )
    .catch((thrown: unknown) => {
      opened = undefined;
      throw thrown;
    });
  return opened;
}

async function leave(): Promise<void> {
  const dependencies = await opened?.catch(() => undefined);
  await dependencies?.close().catch(() => undefined);
  process.exit();
}

/** The limit of the heap does not see buffers; a thread that keeps too many of them ends itself. */
function watchBuffers(bytesMax: number | undefined): void {
  if (bytesMax === undefined) return;
  const poll = (): void => {
    if (process.memoryUsage().arrayBuffers > bytesMax) process.exit(1);
  };
  setInterval(poll, MEMORY_POLL_MS).unref();
}

function textOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : 'failed';
}
