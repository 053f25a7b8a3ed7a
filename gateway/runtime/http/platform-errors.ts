/**
 * Answers that the platform gives in place of a function, with the texts and headers of OpenFaaS:
 * `X-OpenFaaS-Internal` marks an answer that is not the function's.
 */
import type { ErrorRequestHandler, Response } from 'express';
import type { FunctionResult } from '#template/function.ts';
import { tooMany } from '#template/limits/function-limits.ts';
import { Failure } from '#shared/kernel/failure.ts';

export const NAMESPACE = 'openfaas-fn';

/** The name of a function, which may have been written with the namespace, without it. */
export function bareName(name: string): string {
  const suffix = `.${NAMESPACE}`;
  return name.endsWith(suffix) ? name.slice(0, -suffix.length) : name;
}

export function unknownFunction(name: string): FunctionResult {
  const full = name.includes('.') ? name : `${name}.${NAMESPACE}`;
  return platform(
    404,
    'proxy',
    `error finding function ${full}: server returned non-200 status code (404) for function, ${name}, body: \n`,
  );
}

/** Another board has it; `where` says which. */
export function functionElsewhere(where: Failure): FunctionResult {
  return {
    status: where.rule.http,
    headers: { 'content-type': 'application/json', 'x-openfaas-internal': 'gateway' },
    body: JSON.stringify(where),
  };
}

export function unreachableFunction(name: string): FunctionResult {
  return platform(500, 'proxy', `Can't reach service for: ${name}.\n`);
}

export function tooManyCalls(inflightMax: number): FunctionResult {
  return platform(429, 'faas-middleware', tooMany(inflightMax));
}

export function execTimeout(): FunctionResult {
  return platform(504, 'of-watchdog', '');
}

function platform(status: number, by: string, body: string): FunctionResult {
  return {
    status,
    headers: { 'content-type': 'text/plain; charset=utf-8', 'x-openfaas-internal': by },
    body,
  };
}

/** A line of text, as Go's `http.Error` writes it. */
export function sendError(response: Response, status: number, text: string): void {
  response
    .status(status)
    .set({ 'content-type': 'text/plain; charset=utf-8', 'x-content-type-options': 'nosniff' })
    .send(`${text}\n`);
}

export function pageNotFound(response: Response): void {
  sendError(response, 404, '404 page not found');
}

/** A failure of ours as a line of text; anything else is passed on. */
export const sendFailure: ErrorRequestHandler = (thrown: unknown, _request, response, next) => {
  if (thrown instanceof Failure) sendError(response, thrown.rule.http, thrown.message);
  else next(thrown);
};
