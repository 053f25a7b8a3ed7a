/**
 * JSON as Go's decoder reads it: keys in any case, unknown ones ignored, null as if it were not
 * there. OpenFaaS is written in Go, and its clients rely on that.
 */
import type { z } from 'zod';
import { invalidRequest } from '#shared/kernel/failure.ts';

/** @throws Failure INVALID_REQUEST naming every wrong field, or `body` where it is no JSON at all */
export function parseGoJson<Shape extends z.ZodRawShape>(
  schema: z.ZodObject<Shape>,
  body: Uint8Array,
): z.output<z.ZodObject<Shape>> {
  if (body.length === 0) throw invalidRequest({ field: 'body', message: 'expected a JSON object' });
  return readGoObject(schema, parsed(body));
}

/** @throws Failure INVALID_REQUEST naming every wrong field */
function readGoObject<Shape extends z.ZodRawShape>(
  schema: z.ZodObject<Shape>,
  json: unknown,
): z.output<z.ZodObject<Shape>> {
  const read = schema.safeParse(knownKeys(json, Object.keys(schema.shape)));
  if (read.success) return read.data;
  throw invalidRequest(
    ...read.error.issues.map(({ path, message }) => ({ field: path.join('.') || 'body', message })),
  );
}

function parsed(body: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(body).toString('utf8'));
  } catch {
    // The reason Node gives quotes the text, which may be a secret.
    throw invalidRequest({ field: 'body', message: 'malformed JSON' });
  }
}

/** The keys we know, however they were written; of two that differ in case only, the last. */
function knownKeys(json: unknown, keys: readonly string[]): unknown {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) return json;
  const known = new Map(keys.map((key) => [key.toLowerCase(), key]));
  return Object.fromEntries(
    Object.entries(json).flatMap(([key, value]): [string, unknown][] => {
      const name = known.get(key.toLowerCase());
      return name === undefined || value === null ? [] : [[name, value]];
    }),
  );
}
