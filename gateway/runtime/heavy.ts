/** Which calls think so long that they must not do it on the thread that answers everybody. */
import { operations } from '#shared/operations/catalogue.ts';
import type { Operation } from '#shared/operations/row.ts';

const byName = new Map(operations.map((operation) => [operation.name, operation]));

export function findOperation(name: string): Operation | undefined {
  return byName.get(name);
}

/**
 * True for a heavy operation that will really run. A call that only puts a long operation on its
 * queue and follows it is light; the run itself comes with `x-run-id`.
 */
export function thinksLong(
  name: string,
  headers: Readonly<Record<string, string | undefined>>,
): boolean {
  const operation = byName.get(name);
  if (operation?.weight !== 'heavy') return false;
  return operation.queue?.caller !== 'follows' || headers['x-run-id'] !== undefined;
}
