/**
 * A thread for operations that think long. It opens a world of its own with the host's settings,
 * loads handlers as they are asked for, and reaches all other functions through the host's gateway.
 */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parentPort, workerData } from 'node:worker_threads';
import type { FunctionHandler, FunctionResult } from '#template/function.ts';
import type { Transport } from '#shared/clients/functions-client.ts';
import { httpTransport } from '#shared/clients/http-transport.ts';
import { openRoutes } from '#shared/clients/open-routes.ts';
import { present } from '#shared/kernel/assert.ts';
import { operationAt } from '#shared/operations/catalogue.ts';
import type { World } from '#shared/runtime/context.ts';
import { openLog } from '#shared/runtime/log.ts';
import { parseSettings } from '#shared/runtime/settings.ts';
import { tokensIn } from '#shared/runtime/tokens.ts';
import { openWorld } from '#shared/runtime/world.ts';
import { thinksLong } from './heavy.ts';
import { answerOf, eventOf } from './in-process-transport.ts';
import { isPieces } from '#template/function.ts';
import { mounted } from '#template/surroundings.ts';
import {
  PIECES_AHEAD,
  type FromThread,
  type PlainEvent,
  type ThreadData,
  type ToThread,
} from './worker-messages.ts';

const host = present(parentPort, 'this file runs as a worker thread');
const data = workerData as ThreadData;

class RunningCall {
  readonly abort = new AbortController();
  private credit = PIECES_AHEAD;
  private wake: () => void = () => undefined;

  constructor() {
    this.abort.signal.addEventListener('abort', () => this.wake(), { once: true });
  }

  more(): void {
    this.credit += 1;
    this.wake();
  }

  /** Waits until the host has read enough of what was sent. */
  async room(): Promise<void> {
    while (this.credit === 0 && !this.abort.signal.aborted)
      await new Promise<void>((resolve) => void (this.wake = resolve));
    this.credit -= 1;
  }
}

const running = new Map<number, RunningCall>();

host.on('message', (message: ToThread) => {
  const call = running.get(message.id);
  if (message.kind === 'more') call?.more();
  else if (message.kind === 'abort') call?.abort.abort();
  else void carryOut(message);
});

function say(message: FromThread): void {
  host.postMessage(message);
}

async function carryOut(message: ToThread & { kind: 'call' }): Promise<void> {
  const { id } = message;
  const call = new RunningCall();
  running.set(id, call);
  try {
    const handler = await loadHandler(message.folder);
    const shared = await world();
    const context = { callId: message.callId, signal: call.abort.signal, shared, ...mounted() };
    await answer(id, call, await handler(revived(message.event), context));
  } catch (thrown) {
    say({ kind: 'failed', id, message: thrown instanceof Error ? thrown.message : 'failed' });
  } finally {
    running.delete(id);
  }
}

async function answer(id: number, call: RunningCall, result: FunctionResult): Promise<void> {
  const { status = 200, headers = {}, body } = result;
  if (!isPieces(body)) {
    const isPlain = body === undefined || typeof body === 'string' || body instanceof Uint8Array;
    const typed = isPlain ? headers : { 'content-type': 'application/json', ...headers };
    const plain = isPlain ? body : JSON.stringify(body);
    return say({ kind: 'head', id, status, headers: typed, body: plain, pieces: false });
  }
  say({ kind: 'head', id, status, headers, body: undefined, pieces: true });
  for await (const piece of body) {
    await call.room();
    if (call.abort.signal.aborted) break;
    say({ kind: 'piece', id, piece });
  }
  say({ kind: 'end', id });
}

function revived(event: PlainEvent) {
  const { buffer, byteOffset, byteLength } = event.body;
  const body = Buffer.from(buffer, byteOffset, byteLength);
  return { ...event, query: new URLSearchParams(event.query), body };
}

async function loadHandler(folder: string): Promise<FunctionHandler> {
  const file = pathToFileURL(join(data.root, folder, 'handler.js')).href;
  const { default: handler } = (await import(file)) as { default: FunctionHandler };
  return handler;
}

let opened: Promise<World> | undefined;

function world(): Promise<World> | undefined {
  const wanted = data.world;
  if (!wanted) return undefined;
  opened ??= openOwnWorld(wanted).catch((thrown: unknown) => {
    opened = undefined;
    throw thrown;
  });
  return opened;
}

async function openOwnWorld({
  env,
  secretsDir,
  gatewayUrl,
  placement,
}: NonNullable<ThreadData['world']>): Promise<World> {
  const settings = parseSettings(env);
  const tokens = tokensIn(secretsDir);
  const token = (): string => tokens.trade;
  const local = nearOr(httpTransport(gatewayUrl, token), token);
  const log = openLog(settings.logLevel);
  const { transport } = await openRoutes({ placement, local, settings, log });
  return openWorld(settings, { tokens, transport, placement, log });
}

/**
 * A long thought that asks for another long thought has it on its own thread: waiting for a free
 * one, while holding one, could wait for ever.
 */
function nearOr(far: Transport, token: () => string): Transport {
  return async (call) => {
    const event = eventOf(call, call.name, token());
    const operation = operationAt(call.name, '/')?.operation;
    if (!operation || !thinksLong(call.name, '/', event.headers)) return far(call);
    const handler = await loadHandler(operation.folder);
    const { requestId: callId, signal } = call;
    const context = { callId, signal, shared: await world(), ...mounted() };
    return answerOf(await handler(event, context));
  };
}
