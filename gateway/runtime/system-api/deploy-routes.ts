/** `/system/functions` and `/system/function/<name>`: what is deployed, and deploying it. */
import type { IRouter, Request, RequestHandler } from 'express';
import { parseDeployment, parseRemoval } from '../deployments/deployment.ts';
import type { DeployedFunction } from '../executors/deployed-function.ts';
import type { Deployments } from './deployments.ts';
import type { FunctionHost } from '../invoke/function-host.ts';
import { functionStatus } from './function-status.ts';
import { answerByMethod } from '../http/method-routes.ts';
import { bodyOf, requireNamespace } from '../http/system-body.ts';

/** @param deployments absent: what is deployed is as it is */
export function deployRoutes(
  router: IRouter,
  host: FunctionHost,
  deployments: Deployments | undefined,
): void {
  const status = (deployed: DeployedFunction) =>
    functionStatus(deployed, host.metrics.invocations(deployed.spec.name));
  answerByMethod(router, '/functions', {
    GET: async (request, response) => {
      requireNamespace(request);
      response.json(await Promise.all(host.list().map(status)));
    },
    ...(deployments && changes(deployments)),
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
): Readonly<Record<'POST' | 'PUT' | 'DELETE', RequestHandler>> {
  return {
    POST: async (request, response) => {
      await deployments.create(sent(request));
      response.status(200).end();
    },
    PUT: async (request, response) => {
      await deployments.update(sent(request));
      response.status(200).end();
    },
    DELETE: async (request, response) => {
      requireNamespace(request);
      await deployments.remove(parseRemoval(bodyOf(request)));
      response.status(200).end();
    },
  };
}

function sent(request: Request) {
  requireNamespace(request);
  return parseDeployment(bodyOf(request), new Date().toISOString());
}
