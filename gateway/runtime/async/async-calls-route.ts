/**
 * `/system/async`, an addition to OpenFaaS: the state of queued calls, behind the operator's
 * password. No answer holds a payload, a header or a callback's address.
 */
import { Router, type Request, type Response } from 'express';
import { callStates, type CallState } from './async-call.ts';
import { AsyncCalls, type ChangeResult } from './async-calls.ts';
import type { AsyncQueue } from './async-queue.ts';
import { answerByMethod } from '../http/method-routes.ts';
import { sendError } from '../http/platform-errors.ts';

const LISTED_DEFAULT = 50;
const LISTED_MAX = 200;

export function asyncCallsRoute(queue: AsyncQueue): Router {
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
    DELETE: async (request, response) =>
      respond(
        response,
        await calls.drop(idOf(request), queueNameOf(request)),
        204,
        'the call runs',
      ),
  });
  answerByMethod(router, '/:callId/retry', {
    POST: async (request, response) =>
      respond(
        response,
        await calls.retry(idOf(request), queueNameOf(request)),
        202,
        'the call is not dead',
      ),
  });
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

function respond(response: Response, change: ChangeResult, status: number, notNow: string): void {
  if (change === 'changed') return void response.status(status).end();
  if (change === 'unknown') return unknown(response);
  sendError(response, 409, notNow);
}

function unknown(response: Response): void {
  sendError(response, 404, 'no call is known under this id');
}
