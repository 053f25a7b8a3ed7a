/** `/system/functions` and `/system/function/<name>`: what is deployed, and deploying it. */
import { headerText } from '#shared/clients/header-text.ts';
import type { IRouter, Request, RequestHandler } from 'express';
import { parseDeployment, parseRemoval } from '../deployments/deployment.ts';
import type { DeployedFunction } from '../executors/deployed-function.ts';
import type { Deployments } from './deployments.ts';
import type { FunctionHost } from '../invoke/function-host.ts';
import { functionStatus } from './function-status.ts';
import type { GatewayAudit } from '../observe/gateway-audit.ts';
import { bareName } from '../http/platform-errors.ts';
import { answerByMethod } from '../http/method-routes.ts';
import { bodyOf, requireNamespace } from '../http/system-body.ts';

const NAME_CHARACTERS_MAX = 63;

/** @param deployments absent: what is deployed is as it is */
export function deployRoutes(
  router: IRouter,
  host: FunctionHost,
  deployments: Deployments | undefined,
  audit: GatewayAudit,
): void {
  const status = (deployed: DeployedFunction) =>
    functionStatus(deployed, host.metrics.invocations(deployed.spec.name));
  answerByMethod(router, '/functions', {
    GET: async (request, response) => {
      requireNamespace(request);
      response.json(await Promise.all(host.list().map(status)));
    },
    ...(deployments && changes(deployments, audit)),
  });
  answerByMethod(router, '/function/:name', {
    GET: async (request, response) => {
      requireNamespace(request);
      const deployed = host.find(String(request.params['name']));
      if (deployed) response.json(await status(deployed));
      else response.status(404).end();
    },
  });
}

/** All answer 200 without a body; faas-cli takes neither 201 nor 204. */
function changes(
  deployments: Deployments,
  audit: GatewayAudit,
): Readonly<Record<'POST' | 'PUT' | 'DELETE', RequestHandler>> {
  return {
    POST: async (request, response) => {
      const spec = sent(request);
      await audit.change(request, spec.name, () => deployments.create(spec));
      response.status(200).end();
    },
    PUT: async (request, response) => {
      const spec = sent(request);
      await audit.change(request, spec.name, () => deployments.update(spec));
      response.status(200).end();
    },
    DELETE: async (request, response) => {
      requireNamespace(request);
      const name = parseRemoval(bodyOf(request));
      await audit.change(request, nameOf(name), () => deployments.remove(name));
      response.status(200).end();
    },
  };
}

function sent(request: Request) {
  requireNamespace(request);
  return parseDeployment(bodyOf(request), new Date().toISOString());
}

/** Of a function that may not exist, and whose name is none then: at most so much of it. */
function nameOf(given: string): string {
  return headerText(bareName(given)).slice(0, NAME_CHARACTERS_MAX);
}
