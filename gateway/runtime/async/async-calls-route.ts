/**
 * `/system/async`, an addition to OpenFaaS: the state of queued calls, behind the operator's
 * password. No answer holds a payload, a header or a callback's address.
 */
import { Router, type Request, type Response } from 'express';
import { conflict, Failure } from '#shared/kernel/failure.ts';
import { systemCallOf } from '../observe/system-changes.ts';
import { callStates, type CallState } from './async-call.ts';
import { AsyncCalls, type ChangeResult } from './async-calls.ts';
import type { AsyncQueue } from './async-queue.ts';
import { answerByMethod } from '../http/method-routes.ts';
import type { GatewayAudit } from '../observe/gateway-audit.ts';
import { sendError, sendFailure } from '../http/platform-errors.ts';

const UNKNOWN = 'no call is known under this id';
const LISTED_DEFAULT = 50;
const LISTED_MAX = 200;

export function asyncCallsRoute(queue: AsyncQueue, audit: GatewayAudit): Router {
  const calls = new AsyncCalls(queue);
  const router = Router();
  answerByMethod(router, '/', { GET: (request, response) => list(calls, request, response) });
  answerByMethod(router, '/:callId', {
    GET: async (request, response) => {
      const [first, ...others] = await calls.byId(idOf(request), queueNameOf(request));
      if (!first) return unknown(response);
      if (others.length === 0) return void response.json(first);
      const names = [first, ...others].map((one) => one.function).join(', ');
      sendError(
        response,
        409,
        `several functions were called under this id, add ?function=: ${names}`,
      );
    },
    DELETE: async (request, response) => {
      await audit.change(request, subjectOf(request), async () =>
        requireChanged(await calls.drop(idOf(request), queueNameOf(request)), 'the call runs'),
      );
      response.status(204).end();
    },
  });
  answerByMethod(router, '/:callId/retry', {
    POST: async (request, response) => {
      await audit.change(request, subjectOf(request), async () =>
        requireChanged(
          await calls.retry(idOf(request), queueNameOf(request)),
          'the call is not dead',
        ),
      );
      response.status(202).end();
    },
  });
  router.use(sendFailure);
  return router;
}

async function list(calls: AsyncCalls, request: Request, response: Response): Promise<void> {
  const { state, limit = String(LISTED_DEFAULT) } = request.query;
  if (state !== undefined && !isState(state))
    return sendError(response, 400, `state: one of ${callStates.join(', ')}`);
  const max = Number(limit);
  if (!Number.isInteger(max) || max < 1 || max > LISTED_MAX)
    return sendError(response, 400, `limit: a whole number from 1 to ${LISTED_MAX}`);
  response.json(await calls.list(state, queueNameOf(request), max));
}

function isState(text: unknown): text is CallState {
  return callStates.some((state) => state === text);
}

function idOf(request: Request): string {
  return String(request.params['callId']);
}

/** `planning-create-plan`, or as it is called in a packed service: `planning/create-plan`. */
function queueNameOf(request: Request): string | undefined {
  const name = request.query['function'];
  return typeof name === 'string' && /^[-\w./]+$/.test(name) ? name.replace('/', '-') : undefined;
}

/** @throws Failure NOT_FOUND, CONFLICT */
function requireChanged(change: ChangeResult, notNow: string): void {
  if (change === 'unknown') throw new Failure('NOT_FOUND', UNKNOWN);
  if (change === 'not-now') throw conflict(notNow);
}

function subjectOf(request: Request): string {
  return systemCallOf(request.method, `${request.baseUrl}${request.path}`).subject;
}

function unknown(response: Response): void {
  sendError(response, 404, UNKNOWN);
}
