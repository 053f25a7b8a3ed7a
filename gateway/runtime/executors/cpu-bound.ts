/** Which calls are CPU-bound and must not run on the thread that serves all requests. */
import { operationAt } from '#shared/contract/catalogue.ts';
import type { Operation } from '#shared/contract/row.ts';

type Headers = Readonly<Record<string, string | undefined>>;

/**
 * True for a CPU-bound operation that this call will run. A call that only queues a long operation and
 * subscribes to it is cheap; the run itself comes with `x-run-id`.
 * @param path what follows the function's name; in a packed service it names the operation
 */
export function isCpuBound(functionName: string, path: string, headers: Headers): boolean {
  const operation = executedAt(functionName, path, headers);
  return operation?.weight === 'heavy';
}

/** The CPU-bound operations that this call will call in turn. */
export function leadsTo(functionName: string, path: string, headers: Headers): readonly string[] {
  return executedAt(functionName, path, headers)?.leadsTo ?? [];
}

function executedAt(functionName: string, path: string, headers: Headers): Operation | undefined {
  const call = operationAt(functionName, path);
  if (!call || call.path.startsWith('/_/')) return undefined;
  const { operation } = call;
  const isRun = operation.queue?.caller !== 'follows' || headers['x-run-id'] !== undefined;
  return isRun ? operation : undefined;
}
