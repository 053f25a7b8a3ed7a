/** `/system/namespaces` and `/system/namespace/<name>`: there is one, and it cannot be changed. */
import type { RequestHandler, Router } from 'express';
import { answerByMethod } from '../http/method-routes.ts';
import { NAMESPACE, sendError } from '../http/platform-errors.ts';

const FIXED: RequestHandler = (_request, response) =>
  sendError(
    response,
    501,
    `namespaces cannot be created, changed or deleted here: ${NAMESPACE} is the only one`,
  );

export function namespaceRoutes(router: Router): void {
  answerByMethod(router, '/namespaces', {
    GET: (_request, response) => void response.json([NAMESPACE]),
  });
  // faas-cli creates with an empty name in the path.
  answerByMethod(router, '/namespace/', { POST: FIXED });
  answerByMethod(router, '/namespace/:name', {
    GET: (request, response) => {
      const name = String(request.params['name']);
      if (name !== NAMESPACE) return sendError(response, 404, `namespace ${name} not found`);
      response.json({ name, labels: { openfaas: '1' }, annotations: { openfaas: '1' } });
    },
    POST: FIXED,
    PUT: FIXED,
    DELETE: FIXED,
  });
}
