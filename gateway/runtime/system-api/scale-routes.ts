/**
 * `/system/scale-function/<name>` and `/system/alert`. One process handles every call of a function,
 * as many at a time as arrive, so there is nothing to scale: the request is validated as OpenFaaS does,
 * and nothing changes.
 */
import type { Router } from 'express';
import * as z from 'zod';
import { Failure } from '#shared/kernel/failure.ts';
import type { GatewayAudit } from '../observe/gateway-audit.ts';
import { parseGoJson } from '../http/go-json.ts';
import type { FunctionHost } from '../invoke/function-host.ts';
import { answerByMethod } from '../http/method-routes.ts';
import { NAMESPACE, sendError } from '../http/platform-errors.ts';
import { bodyOf, readBody, requireNamespace } from '../http/system-body.ts';

const scaleSchema = z.object({
  serviceName: z.string().optional(),
  // An unsigned number, as in OpenFaaS, which clamps what is out of bounds.
  replicas: z.number().int().min(0).default(0),
  namespace: z.string().optional(),
});

const alertSchema = z.object({
  alerts: z.array(
    z.object({ status: z.string().nullish(), labels: z.record(z.string(), z.string()) }),
  ),
});

export function scaleRoutes(router: Router, host: FunctionHost, audit: GatewayAudit): void {
  answerByMethod(router, '/scale-function/:name', {
    POST: async (request, response) => {
      const requested = parsedOr('Error unmarshalling request body.', () =>
        readBody(request, scaleSchema),
      );
      requireNamespace(request, requested.namespace);
      const name = String(request.params['name']);
      await audit.change(request, host.find(name)?.spec.name ?? '', () => {
        if (!host.find(name)) throw new Failure('NOT_FOUND', notDeployed([name]));
      });
      response.status(202).end();
    },
  });
  answerByMethod(router, '/alert', {
    POST: (request, response) => {
      const { alerts } = parsedOr('Unable to parse alert, bad format.', () =>
        parseGoJson(alertSchema, bodyOf(request)),
      );
      const named = alerts.map(({ labels }) => labels['function_name'] ?? '');
      const unknown = named.filter((name) => !host.find(name));
      if (unknown.length > 0) return sendError(response, 404, notDeployed(unknown));
      response.end();
    },
  });
}

/** The upstream message, followed by the field. */
function parsedOr<T>(sentence: string, parse: () => T): T {
  try {
    return parse();
  } catch (thrown) {
    throw new Failure('INVALID_REQUEST', `${sentence} ${Failure.from(thrown).message}`);
  }
}

function notDeployed(names: readonly string[]): string {
  return names.map((name) => `function ${full(name)} not found`).join('; ');
}

function full(name: string): string {
  return name.includes('.') ? name : `${name}.${NAMESPACE}`;
}
