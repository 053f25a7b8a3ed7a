/**
 * `/system/secrets`: names, and new values for them. Unlike faasd CE, POST does not overwrite what is
 * there (409, on which `faas-cli --replace` goes on with PUT), and PUT and DELETE of what is not
 * there are 404.
 */
import type { Request, Router } from 'express';
import * as z from 'zod';
import { alreadyExists, invalidRequest, notFound } from '#shared/kernel/failure.ts';
import { answerByMethod } from '../http/method-routes.ts';
import type { GatewayAudit } from '../observe/gateway-audit.ts';
import { NAMESPACE } from '../http/platform-errors.ts';
import { isSecretName, type SecretFiles } from '../deployments/secret-files.ts';
import { readBody, requireNamespace } from '../http/system-body.ts';

const secretSchema = z.object({
  name: z.string().refine(isSecretName, 'lower-case letters, digits, - and . (DNS-1123)'),
  namespace: z.string().optional(),
  value: z.string().optional(),
  /** Bytes as Base64; preferred, because it is exact. */
  rawValue: z.base64('not Base64').optional(),
});

type SentSecret = z.output<typeof secretSchema>;

export function secretRoutes(router: Router, secrets: SecretFiles, audit: GatewayAudit): void {
  answerByMethod(router, '/secrets', {
    GET: async (request, response) => {
      requireNamespace(request);
      const names = await secrets.names();
      response.json(names.map((name) => ({ name, namespace: NAMESPACE })));
    },
    POST: async (request, response) => {
      const sent = readSecret(request);
      const value = valueOf(sent);
      await audit.change(request, sent.name, async () => {
        if (!(await secrets.create(sent.name, value))) throw alreadyExists('secret', sent.name);
      });
      response.end();
    },
    PUT: async (request, response) => {
      const sent = readSecret(request);
      const value = valueOf(sent);
      await audit.change(request, sent.name, async () => {
        if (!secrets.has(sent.name)) throw notFound('secret', sent.name);
        await secrets.write(sent.name, value);
      });
      response.end();
    },
    DELETE: async (request, response) => {
      const { name } = readSecret(request);
      await audit.change(request, name, async () => {
        if (!(await secrets.remove(name))) throw notFound('secret', name);
      });
      response.end();
    },
  });
}

function readSecret(request: Request): SentSecret {
  const sent = readBody(request, secretSchema);
  requireNamespace(request, sent.namespace);
  return sent;
}

function valueOf({ value = '', rawValue = '' }: SentSecret): Buffer {
  const bytes = rawValue === '' ? Buffer.from(value) : Buffer.from(rawValue, 'base64');
  if (bytes.length > 0) return bytes;
  throw invalidRequest({
    field: 'value',
    message: 'value or rawValue must say what the secret is',
  });
}
