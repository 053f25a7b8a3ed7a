/** The JSON bodies that `/system/*` takes. */
import express, { type Request } from 'express';
import type { z } from 'zod';
import { Failure } from '#shared/kernel/failure.ts';
import { parseGoJson } from './go-json.ts';
import { NAMESPACE } from './platform-errors.ts';

const BYTES_MAX = 2 * 1024 * 1024;

/** Reads the body whatever its content type says: curl and old clients send none. */
export const rawBody = express.raw({ type: () => true, limit: BYTES_MAX });

export function bodyOf(request: Request): Buffer {
  const body: unknown = request.body;
  return Buffer.isBuffer(body) ? body : Buffer.alloc(0);
}

/** @throws Failure INVALID_REQUEST naming every wrong field */
export function readBody<Shape extends z.ZodRawShape>(
  request: Request,
  schema: z.ZodObject<Shape>,
): z.output<z.ZodObject<Shape>> {
  return parseGoJson(schema, bodyOf(request));
}

/**
 * A namespace may stand in the query, in the body, or in both; there is one.
 * @throws Failure INVALID_REQUEST
 */
export function requireNamespace(request: Request, inBody?: string): void {
  for (const namespace of [request.query['namespace'], inBody])
    if (namespace !== undefined && namespace !== '' && namespace !== NAMESPACE)
      throw new Failure('INVALID_REQUEST', 'namespace not valid');
}
