/** JSON of services that are not ours, checked by a schema. */
import type { z } from 'zod';
import { Failure } from '#shared/kernel/failure.ts';

/**
 * @param upstream the service's name as people know it
 * @throws Failure UPSTREAM_BROKEN that says where the text is not what the schema demands
 */
export function parsedAnswer<T extends z.ZodType>(
  upstream: string,
  schema: T,
  text: string,
): z.output<T> {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    throw brokenAnswer(upstream, 'something that is not JSON');
  }
  const read = schema.safeParse(body);
  if (read.success) return read.data;
  const issue = read.error.issues[0];
  throw brokenAnswer(upstream, `${issue?.path.join('.')}: ${issue?.message}`);
}

export function brokenAnswer(upstream: string, detail: string): Failure {
  return new Failure('UPSTREAM_BROKEN', `${upstream} answered ${detail}.`, { what: upstream });
}
