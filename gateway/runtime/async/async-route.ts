/**
 * `/async-function/<name>[/path][?query]`: takes a call, answers 202, and lets it run later.
 *
 * Unlike OpenFaaS CE, a function that does not exist is a 404 at once, and so is a missing right: the
 * caller's token is checked here against the operation's row and is never stored.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { Router, type Request, type RequestHandler, type Response } from 'express';
import { Failure } from '#shared/kernel/failure.ts';
import { operationAt } from '#shared/contract/catalogue.ts';
import type { Effect, Operation } from '#shared/contract/row.ts';
import { requireHttpAccess, tokenNameOf, type ReadAccess } from '#shared/runtime/access.ts';
import type { Tokens } from '#shared/runtime/context.ts';
import { callDigestOf, type QueuedCall } from './async-call.ts';
import type { Added, AsyncQueue } from './async-queue.ts';
import { callbackUrl } from './callback.ts';
import { forwardHeaders, nameCall } from '../http/call-headers.ts';
import { targetOf, type CallTarget } from '../invoke/call-target.ts';
import type { GatewayAudit } from '../observe/gateway-audit.ts';
import type { FunctionHost } from '../invoke/function-host.ts';
import { give } from '../invoke/invoke-route.ts';
import { bareName, pageNotFound, sendError } from '../http/platform-errors.ts';

export interface AsyncOptions {
  readonly servedBy: string;
  readonly bodyBytesMax: number;
  readonly audit: GatewayAudit;
  readonly tokens: Tokens | null;
  readonly readAccess?: ReadAccess | undefined;
  /** Hosts that may be called back beside this machine. */
  readonly callbackHosts?: readonly string[] | undefined;
}

/** The limit of OpenFaaS CE: waiting calls are in Redis, with the portfolio. */
export const ASYNC_BODY_BYTES_MAX = 256_000;

/** Never passed to the function later: secrets of the caller, and headers meant for the gateway. */
const NOT_KEPT = ['authorization', 'cookie', 'x-callback-url', 'content-length', 'host', 'expect'];

const QUEUE_TIMEOUT_MS = 5_000;
const RETRY_AFTER_SECONDS = '30';

export function asyncRoute(host: FunctionHost, queue: AsyncQueue, options: AsyncOptions): Router {
  const router = Router({ strict: true });
  router.use(accepts(host, options));
  router.use(async (request, response) => {
    const target = targetOf(host, request.url);
    if (!target) return pageNotFound(response);
    await enqueue(queue, target, request, response, options);
  });
  return router;
}

/** Everything that can be refused before the body is read. */
function accepts(host: FunctionHost, options: AsyncOptions): RequestHandler {
  return (request, response, next) => {
    const target = targetOf(host, request.url);
    if (!target) return pageNotFound(response);
    response.set(nameCall(request, options.servedBy));
    if (request.method !== 'POST') return void response.status(405).set('allow', 'POST').end();
    if (!target.deployed) return give(response, host.notHere(target.name));
    const operation = operationOf(target);
    const refusal = refusalOf(request, operation, options);
    if (!refusal) return next();
    if (operation && operation.effect !== 'reads')
      noteRefusal(request, operation, refusal, options);
    if (refusal.code === 'UNAUTHENTICATED')
      response.set('www-authenticate', 'Bearer realm="arduino-trader"');
    response.status(refusal.rule.http).json(refusal);
  };
}

function refusalOf(
  request: Request,
  operation: Operation | undefined,
  { tokens, readAccess }: AsyncOptions,
): Failure | undefined {
  try {
    if (operation) requireHttpAccess(operation, request.headers.authorization, tokens, readAccess);
    return undefined;
  } catch (thrown) {
    return Failure.from(thrown);
  }
}

function noteRefusal(
  request: Request,
  { name: operation }: Operation,
  { code: failureCode }: Failure,
  { audit, tokens }: AsyncOptions,
): void {
  const token = tokenNameOf(request.headers.authorization, tokens);
  audit.refused(request, { operation, failureCode, token, subject: '' });
}

/** The operation that is called, under its own name or another; undefined for what is none. */
function operationOf(target: CallTarget): Operation | undefined {
  const { name, deployed } = target;
  const { path } = pathOf(target);
  return (operationAt(bareName(name), path) ?? deployed?.operationAt(path))?.operation;
}

/** What a call may do was said by a token; one with a credential of its own gets none. */
function grantedTo(operation: Operation | undefined): Effect | undefined {
  return operation?.credential === 'request' ? undefined : operation?.effect;
}

async function enqueue(
  queue: AsyncQueue,
  target: CallTarget,
  request: Request,
  response: Response,
  { bodyBytesMax, callbackHosts }: AsyncOptions,
): Promise<void> {
  const requested = request.header('x-callback-url');
  const callback = requested === undefined ? undefined : callbackUrl(requested, callbackHosts);
  if (callback && 'refusal' in callback) return sendError(response, 400, callback.refusal);
  const body = await bodyOf(request, bodyBytesMax);
  if ('over' in body) return tooLarge(response, body.over, bodyBytesMax);
  forwardHeaders(request);
  const { path, query } = pathOf(target);
  const call: QueuedCall = {
    callId: String(request.headers['x-call-id']),
    functionName: target.name,
    path,
    query,
    headers: keptHeaders(request),
    bodyBase64: body.toString('base64'),
    callbackUrl: callback?.url,
    digest: callDigestOf(path, query, body),
    effect: grantedTo(operationOf(target)),
  };
  respond(response, await Promise.race([queue.add(call), tooLong()]));
}

/** The queue's connection waits for Redis indefinitely; callers do not. */
function tooLong(): Promise<'no-queue'> {
  return sleep(QUEUE_TIMEOUT_MS, 'no-queue' as const, { ref: false });
}

function respond(response: Response, added: Added | 'no-queue'): void {
  if (added === 'added' || added === 'known') return void response.status(202).end();
  response.set('x-openfaas-internal', 'gateway');
  if (added === 'another-call')
    return sendError(response, 409, 'X-Call-Id: another call has this id');
  response.set('retry-after', RETRY_AFTER_SECONDS);
  if (added === 'no-queue')
    return sendError(response, 503, 'Error queuing request: Redis does not answer');
  sendError(response, 429, 'Error queuing request: the queue holds as much as it may');
}

function tooLarge(response: Response, size: string, bytesMax: number): void {
  response.set({ 'x-openfaas-internal': 'gateway', connection: 'close' });
  const text = `request body too large (${size}), maximum: ${bytesMax} bytes`;
  sendError(response, 413, `Error queuing request: ${text}`);
}

function pathOf({ url }: CallTarget): { path: string; query: string } {
  const { pathname, search } = new URL(url, 'http://function');
  return { path: pathname, query: search };
}

function keptHeaders(request: Request): Record<string, string | undefined> {
  return Object.fromEntries(
    Object.entries(request.headers)
      .filter(([name]) => !NOT_KEPT.includes(name))
      .map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : value]),
  );
}

/** The body as it came, or its length where it is longer than the limit, as far as that is known. */
async function bodyOf(request: Request, bytesMax: number): Promise<Buffer | { over: string }> {
  const announced = Number(request.headers['content-length'] ?? 0);
  if (announced > bytesMax) return { over: `${announced} bytes` };
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > bytesMax) return { over: `over ${bytesMax} bytes` };
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
