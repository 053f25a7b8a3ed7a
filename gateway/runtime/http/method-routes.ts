/** A path and what it does by method; every other method is a 405 without a body, as in OpenFaaS. */
import type { IRouter, RequestHandler } from 'express';

export type HttpMethod = 'GET' | 'POST' | 'PUT' | 'DELETE';

export function answerByMethod(
  router: IRouter,
  path: string,
  byMethod: Readonly<Partial<Record<HttpMethod, RequestHandler>>>,
): void {
  router.all(path, (request, response, next) => {
    const handler = byMethod[request.method as HttpMethod];
    if (handler) return handler(request, response, next);
    const allowed = Object.keys(byMethod).join(', ');
    return void response.status(405).set('allow', allowed).end();
  });
}
