/** `/system/*`: what is deployed here, behind the operator's name and password. */
import { Router } from 'express';
import { deployRoutes } from './deploy-routes.ts';
import type { Deployments } from './deployments.ts';
import type { FunctionHost } from '../invoke/function-host.ts';
import { gatewayInfo } from './gateway-info.ts';
import type { GatewayAudit } from '../observe/gateway-audit.ts';
import { logsRoute } from './logs-route.ts';
import { answerByMethod } from '../http/method-routes.ts';
import { namespaceRoutes } from './namespace-routes.ts';
import { pageNotFound, sendFailure } from '../http/platform-errors.ts';
import { scaleRoutes } from './scale-routes.ts';
import type { SecretFiles } from '../deployments/secret-files.ts';
import { secretRoutes } from './secret-routes.ts';
import { rawBody } from '../http/system-body.ts';

export interface SystemOptions {
  readonly build: string;
  readonly audit: GatewayAudit;
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
  deployRoutes(router, host, options.deployments, options.audit);
  answerByMethod(router, '/info', {
    GET: (_request, response) => void response.json(gatewayInfo(options.build)),
  });
  namespaceRoutes(router);
  scaleRoutes(router, host, options.audit);
  if (options.secrets) secretRoutes(router, options.secrets, options.audit);
  logsRoute(router, host, options.stopping);
  router.use((_request, response) => pageNotFound(response));
  router.use(sendFailure);
  return router;
}
