/** A call of the functions client to another board, as the retry and time-limit policy sees it. */
import type { CallOptions } from '../functions-client.ts';
import type { RemoteCall } from './remote-service.ts';

/** Readiness and health checks count as short reads. */
export const READY_ROW: RemoteCall['row'] = {
  name: 'readiness',
  effect: 'reads',
  timeoutMs: 5_000,
  queue: null,
};

export function remoteCallOf(row: RemoteCall['row'], options: CallOptions): RemoteCall {
  const { signal, idempotencyKey, timeoutMs, onStale } = options;
  return { row, signal, idempotencyKey, timeoutMs, acceptsStale: onStale !== undefined };
}
