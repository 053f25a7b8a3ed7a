/**
 * `/function/<name>[.openfaas-fn][/path][?query]`: a call that is answered by the function. It
 * is on the path of every call, so it runs before the router, and does only what
 * each call needs.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { FunctionResult, FunctionEnvironment } from '#template/function.ts';
import { answer } from '#template/server.ts';
import { forwardHeaders, nameCall } from '../http/call-headers.ts';
import { targetOf, wholeTargetOf } from './call-target.ts';
import { cleanUrl } from '../http/clean-path.ts';
import type { FunctionHost } from './function-host.ts';

const PREFIX = '/function';
const METHODS: ReadonlySet<string> = new Set([
  'GET',
  'HEAD',
  'POST',
  'PUT',
  'PATCH',
  'DELETE',
  'OPTIONS',
]);
const ALLOWED = [...METHODS].join(', ');
/** Executors give a function its own. */
const NO_ENVIRONMENT: FunctionEnvironment = {
  env: {},
  secret: (name) => Promise.reject(new Error(`the secret "${name}" is not mounted`)),
};

export interface InvokeOptions {
  readonly servedBy: string;
  readonly bodyBytesMax: number;
}

/** @returns what answers a request that names a function, and leaves every other one: false */
export function invokeRoute(
  host: FunctionHost,
  { servedBy, bodyBytesMax }: InvokeOptions,
): (request: IncomingMessage, response: ServerResponse) => boolean {
  return (request, response) => {
    const { url = '/' } = request;
    if (!url.startsWith(`${PREFIX}/`)) return false;
    const named = url.slice(PREFIX.length);
    const target =
      wholeTargetOf(host, named) ?? (cleanUrl(url) === url ? targetOf(host, named) : undefined);
    if (!target) return false;
    const headers = nameCall(request, servedBy);
    if (!METHODS.has(request.method ?? ''))
      give(response, { status: 405, headers: { ...headers, allow: ALLOWED } });
    else if (!target.deployed) give(response, withHeaders(host.notHere(target.name), headers));
    else {
      forwardHeaders(request);
      const options = { bodyBytesMax, headers, functionEnvironment: NO_ENVIRONMENT };
      void answer(host.handlerOf(target.deployed), request, response, target.url, options);
    }
    return true;
  };
}

function withHeaders(result: FunctionResult, headers: Record<string, string>): FunctionResult {
  return { ...result, headers: { ...headers, ...result.headers } };
}

/** Sends a platform's answer as it is. */
export function give(
  response: ServerResponse,
  { status = 200, headers, body }: FunctionResult,
): void {
  response.writeHead(status, headers as Record<string, string>);
  response.end(body);
}
