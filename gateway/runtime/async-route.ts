/**
 * `/async-function/<name>[/path][?query]`: takes a call, answers 202, and lets it run later.
 *
 * Unlike OpenFaaS CE, a function that does not exist is a 404 at once, and so is a missing right: the
 * caller's token is checked here against the operation's row and is never stored.
 */
import express, { Router, type Request, type RequestHandler, type Response } from 'express';
import { Failure } from '#shared/kernel/failure.ts';
import { requireAccess } from '#shared/runtime/access.ts';
import type { Tokens } from '#shared/runtime/context.ts';
import type { AsyncQueue } from './async-queue.ts';
import { callbackUrl } from './callback.ts';
import { forwardHeaders, stampCall } from './call-headers.ts';
import { targetOf, type CallTarget } from './call-target.ts';
import type { FunctionHost } from './function-host.ts';
import { operationAt } from '#shared/operations/catalogue.ts';
import { give } from './invoke-route.ts';
import { pageNotFound, sayError } from './platform-errors.ts';

export interface AsyncOptions {
  readonly servedBy: string;
  readonly bodyBytesMax: number;
  readonly tokens: Tokens | null;
}

export function asyncRoute(host: FunctionHost, queue: AsyncQueue, options: AsyncOptions): Router {
  const router = Router();
  router.use(accepts(host, options));
  router.use(express.raw({ type: () => true, limit: options.bodyBytesMax }));
  router.use(async (request, response) => {
    const target = targetOf(host, request.url);
    if (!target) return pageNotFound(response);
    await enqueue(queue, target, request, response);
  });
  return router;
}

/** Everything that can be refused before the body is read. */
function accepts(host: FunctionHost, options: AsyncOptions): RequestHandler {
  return (request, response, next) => {
    const target = targetOf(host, request.url);
    if (!target) return pageNotFound(response);
    stampCall(request, response, options.servedBy);
    if (request.method !== 'POST') return void response.status(405).end();
    if (!target.deployed) return give(response, host.notHere(target.name));
    const refusal = refusalOf(request, target.deployed.spec.name, target.url, options.tokens);
    if (!refusal) return next();
    response.status(refusal.rule.http).json(refusal);
  };
}

function refusalOf(
  request: Request,
  name: string,
  path: string,
  tokens: Tokens | null,
): Failure | undefined {
  const operation = operationAt(name, path)?.operation;
  try {
    if (operation) requireAccess(operation.effect, request.headers.authorization, tokens);
    return undefined;
  } catch (thrown) {
    return Failure.from(thrown);
  }
}

async function enqueue(
  queue: AsyncQueue,
  target: CallTarget,
  request: Request,
  response: Response,
): Promise<void> {
  const wanted = request.header('x-callback-url');
  const callback = wanted === undefined ? undefined : callbackUrl(wanted);
  if (callback && 'refusal' in callback) return sayError(response, 400, callback.refusal);
  const { pathname, search } = new URL(target.url, 'http://function');
  forwardHeaders(request);
  const body: unknown = request.body;
  await queue.add({
    callId: String(request.headers['x-call-id']),
    functionName: target.name,
    path: pathname,
    query: search,
    headers: storedHeaders(request),
    bodyBase64: Buffer.isBuffer(body) ? body.toString('base64') : '',
    callbackUrl: callback?.url,
  });
  response.status(202).end();
}

/** What the function shall see later; secrets are not kept. */
function storedHeaders(request: Request): Record<string, string | undefined> {
  const secret = ['authorization', 'cookie', 'x-callback-url'];
  return Object.fromEntries(
    Object.entries(request.headers)
      .filter(([name]) => !secret.includes(name))
      .map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : value]),
  );
}
