/** `/system/*`: what is deployed here, behind the operator's name and password. */
import { Router, type ErrorRequestHandler } from 'express';
import { Failure } from '#shared/kernel/failure.ts';
import { refuseCrossSite } from './cross-site.ts';
import type { DeployedFunction } from './deployed-function.ts';
import type { FunctionHost } from './function-host.ts';
import { functionStatus } from './function-status.ts';
import { gatewayInfo } from './gateway-info.ts';
import { logsRoute } from './logs-route.ts';
import { answer } from './methods.ts';
import { namespaceRoutes } from './namespace-routes.ts';
import { pageNotFound, sayError } from './platform-errors.ts';
import { scaleRoutes } from './scale-routes.ts';
import type { SecretFiles } from './secret-files.ts';
import { secretRoutes } from './secret-routes.ts';
import { rawBody, requireNamespace } from './system-body.ts';

export interface SystemOptions {
  readonly build: string;
  /** Absent: `/system/secrets` is a 404. */
  readonly secrets: SecretFiles | undefined;
  /** Ends what would go on for as long as the caller stays. */
  readonly stopping: AbortSignal;
}

/** The caller is known when these are asked. */
export function systemRoutes(host: FunctionHost, options: SystemOptions): Router {
  const router = Router({ caseSensitive: true, strict: true });
  router.use(refuseCrossSite, rawBody);
  functionRoutes(router, host);
  answer(router, '/info', {
    GET: (_request, response) => void response.json(gatewayInfo(options.build)),
  });
  namespaceRoutes(router);
  scaleRoutes(router, host);
  if (options.secrets) secretRoutes(router, options.secrets);
  logsRoute(router, host, options.stopping);
  router.use((_request, response) => pageNotFound(response));
  router.use(sayFailure);
  return router;
}

function functionRoutes(router: Router, host: FunctionHost): void {
  const status = (deployed: DeployedFunction) =>
    functionStatus(deployed, host.metrics.invocations(deployed.spec.name));
  answer(router, '/functions', {
    GET: (request, response) => {
      requireNamespace(request);
      response.json(host.list().map(status));
    },
  });
  answer(router, '/function/:name', {
    GET: (request, response) => {
      requireNamespace(request);
      const deployed = host.find(String(request.params['name']));
      if (deployed) response.json(status(deployed));
      else response.status(404).end();
    },
  });
}

/** A refusal of ours as a line of text; what is no refusal goes on. */
const sayFailure: ErrorRequestHandler = (thrown: unknown, _request, response, next) => {
  if (thrown instanceof Failure) sayError(response, thrown.rule.http, thrown.message);
  else next(thrown);
};
