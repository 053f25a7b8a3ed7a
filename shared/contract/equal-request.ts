/** Whether two requests mean the same, whatever their encoding. */
import { canonicalJson, shortHash } from '#shared/kernel/hash.ts';
import type { Operation } from './row.ts';

/**
 * A hash that is equal for requests of equal meaning: an absent field and its default, a number and
 * the same number as text, and protobuf and JSON all come to the same domain values.
 * @param body proto3 JSON; what does not parse is compared byte for byte
 */
export function requestHash(operation: Operation, body: string): string {
  const wire: unknown = JSON.parse(body);
  const parsed = operation.request.safeParse(wire);
  return parsed.success ? parsedHash(operation, parsed.data) : shortHash(plain(wire));
}

/** The same hash, of a request in domain values. */
export function parsedHash({ meaning }: Operation, request: unknown): string {
  return shortHash(plain(meaning ? meaning(request as never) : request));
}

/** Maps as objects; kernel values as the JSON they write themselves. */
function plain(value: unknown): unknown {
  const json = JSON.stringify(value, (_key, inner: unknown) =>
    inner instanceof Map ? Object.fromEntries(inner) : inner,
  );
  return JSON.parse(canonicalJson(JSON.parse(json)));
}
