/** Which calls are CPU-bound and must not run on the thread that serves all requests. */
import { operationAt } from '#shared/contract/catalogue.ts';

/**
 * True for a CPU-bound operation that this call will run. A call that only queues a long operation and
 * subscribes to it is cheap; the run itself comes with `x-run-id`.
 * @param path what follows the function's name; in a packed service it names the operation
 */
export function isCpuBound(
  functionName: string,
  path: string,
  headers: Readonly<Record<string, string | undefined>>,
): boolean {
  const call = operationAt(functionName, path);
  if (call?.operation.weight !== 'heavy' || call.path.startsWith('/_/')) return false;
  const { operation } = call;
  return operation.queue?.caller !== 'follows' || headers['x-run-id'] !== undefined;
}
