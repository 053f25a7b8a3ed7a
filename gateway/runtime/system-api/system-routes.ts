/** `/system/*`: what is deployed here, behind the operator's name and password. */
import { Router, type ErrorRequestHandler } from 'express';
import { Failure } from '#shared/kernel/failure.ts';
import { deployRoutes } from './deploy-routes.ts';
import type { Deployments } from './deployments.ts';
import type { FunctionHost } from '../invoke/function-host.ts';
import { gatewayInfo } from './gateway-info.ts';
import { logsRoute } from './logs-route.ts';
import { answerByMethod } from '../http/method-routes.ts';
import { namespaceRoutes } from './namespace-routes.ts';
import { pageNotFound, sendError } from '../http/platform-errors.ts';
import { scaleRoutes } from './scale-routes.ts';
import type { SecretFiles } from '../deployments/secret-files.ts';
import { secretRoutes } from './secret-routes.ts';
import { rawBody } from '../http/system-body.ts';

export interface SystemOptions {
  readonly build: string;
  /** Absent: what is deployed cannot be changed. */
  readonly deployments: Deployments | undefined;
  /** Absent: `/system/secrets` is a 404. */
  readonly secrets: SecretFiles | undefined;
  /** Ends streams that would last until the caller disconnects. */
  readonly stopping: AbortSignal;
}

/** The caller is known when these are asked. */
export function systemRoutes(host: FunctionHost, options: SystemOptions): Router {
  const router = Router({ caseSensitive: true, strict: true });
  router.use(rawBody);
  deployRoutes(router, host, options.deployments);
  answerByMethod(router, '/info', {
    GET: (_request, response) => void response.json(gatewayInfo(options.build)),
  });
  namespaceRoutes(router);
  scaleRoutes(router, host);
  if (options.secrets) secretRoutes(router, options.secrets);
  logsRoute(router, host, options.stopping);
  router.use((_request, response) => pageNotFound(response));
  router.use(sendFailure);
  return router;
}

/** A failure of ours as a line of text; anything else is passed on. */
const sendFailure: ErrorRequestHandler = (thrown: unknown, _request, response, next) => {
  if (thrown instanceof Failure) sendError(response, thrown.rule.http, thrown.message);
  else next(thrown);
};
