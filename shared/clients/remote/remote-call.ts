/** A call of the functions client, as it is guarded on its way to another board. */
import type { CallOptions } from '../functions-client.ts';
import type { RemoteCall } from './remote-service.ts';

/** Readiness and health are asked like a short read. */
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
