/** A path and what it does by method; every other method is a 405 without a body, as in OpenFaaS. */
import type { IRouter, RequestHandler } from 'express';

export type Method = 'GET' | 'POST' | 'PUT' | 'DELETE';

export function answer(
  router: IRouter,
  path: string,
  byMethod: Readonly<Partial<Record<Method, RequestHandler>>>,
): void {
  router.all(path, (request, response, next) => {
    const handler = byMethod[request.method as Method];
    if (handler) return handler(request, response, next);
    const allowed = Object.keys(byMethod).join(', ');
    return void response.status(405).set('allow', allowed).end();
  });
}
