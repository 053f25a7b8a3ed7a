/** `/function/<name>[.openfaas-fn][/path][?query]`: a call that is answered by the function. */
import type { RequestHandler, Response } from 'express';
import type { FunctionResult } from '#template/function.ts';
import { answer } from '#template/server.ts';
import { forwardHeaders, stampCall } from './call-headers.ts';
import { targetOf } from './call-target.ts';
import type { FunctionHost } from './function-host.ts';
import { pageNotFound } from './platform-errors.ts';

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];

export interface InvokeOptions {
  readonly servedBy: string;
  readonly bodyBytesMax: number;
}

export function invokeRoute(host: FunctionHost, options: InvokeOptions): RequestHandler {
  const { servedBy, bodyBytesMax } = options;
  return async (request, response) => {
    const target = targetOf(host, request.url);
    if (!target) return pageNotFound(response);
    stampCall(request, response, servedBy);
    if (!METHODS.includes(request.method)) return void response.status(405).end();
    if (!target.deployed) return give(response, host.notHere(target.name));
    forwardHeaders(request);
    await answer(host.handlerOf(target.deployed), request, response, target.url, { bodyBytesMax });
  };
}

/** Sends a platform's answer as it is. */
export function give(response: Response, { status = 200, headers, body }: FunctionResult): void {
  response.status(status);
  if (headers) response.set(headers);
  response.end(body);
}
