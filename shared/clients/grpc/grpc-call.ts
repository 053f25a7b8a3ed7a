/** One rpc over a channel: a promise, or messages as they come. */
import type { Metadata } from '@grpc/grpc-js';
import {
  type Client,
  type ClientReadableStream,
  type ClientUnaryCall,
  type MethodDefinition,
} from '@grpc/grpc-js';
import { isCancelled } from '../functions-client.ts';
import type { RemoteAnswer } from '../remote/remote-service.ts';
import { thrownOf } from './status-failure.ts';

export type RpcMethod = MethodDefinition<object, object>;

export interface GrpcCall {
  readonly client: Client;
  readonly method: RpcMethod;
  readonly request: object;
  readonly metadata: Metadata;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  /**
   * What a stream does when its reader leaves before the end. Cancelling also cancels the run
   * behind it; a forwarding board cancels only if its own caller cancelled, and otherwise drains
   * the stream.
   */
  readonly onLeaving: 'cancel' | 'let-go';
}

/** @throws Failure as answered, Outage where nobody answered, the signal's reason when aborted */
export function callOnce(call: GrpcCall): Promise<RemoteAnswer<object>> {
  return new Promise((resolve, reject) => {
    const { client, method, request, metadata } = call;
    let message: object = {};
    const running = client.makeUnaryRequest(
      method.path,
      method.requestSerialize,
      method.responseDeserialize,
      request,
      metadata,
      optionsOf(call),
      (error, response) => {
        if (error) reject(call.signal.aborted ? (call.signal.reason as Error) : thrownOf(error));
        else message = response ?? {};
      },
    );
    cancelOnAbort(running, call.signal, () => true);
    // Trailing metadata, received after the answer.
    running.on('status', (ended) =>
      resolve({ value: message, staleMs: staleMsOf(ended.metadata) }),
    );
  });
}

/** Reads the next message only after the last was consumed; leaving early cancels the rpc. */
export async function* callStreaming(call: GrpcCall): AsyncGenerator<object, void, undefined> {
  const { client, method, request, metadata, signal } = call;
  const running = client.makeServerStreamRequest(
    method.path,
    method.requestSerialize,
    method.responseDeserialize,
    request,
    metadata,
    optionsOf(call),
  );
  const mayCancel = (): boolean => call.onLeaving === 'cancel' || isCancelled(signal);
  cancelOnAbort(running, signal, mayCancel);
  // A reader that leaves does not wait for the next message, which may be minutes away.
  const messages = running.iterator({ destroyOnReturn: false });
  const left = untilAborted(signal);
  try {
    for (;;) {
      const next = await Promise.race([messages.next(), left.promise]);
      if (next.done) return;
      yield next.value as object;
    }
  } catch (thrown) {
    signal.throwIfAborted();
    throw thrownOf(thrown as Parameters<typeof thrownOf>[0]);
  } finally {
    left.end();
    if (mayCancel()) running.cancel();
    running.on('error', () => undefined).resume();
  }
}

function untilAborted(signal: AbortSignal): { promise: Promise<never>; end: () => void } {
  let stop = (): void => undefined;
  const promise = new Promise<never>((_resolve, reject) => {
    stop = () => reject(signal.reason as Error);
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
  });
  promise.catch(() => undefined);
  return { promise, end: () => signal.removeEventListener('abort', stop) };
}

function optionsOf({ timeoutMs }: GrpcCall) {
  return { deadline: Date.now() + timeoutMs };
}

function cancelOnAbort(
  running: ClientUnaryCall | ClientReadableStream<object>,
  signal: AbortSignal,
  mayCancel: () => boolean,
): void {
  const cancel = (): void => {
    if (mayCancel()) running.cancel();
  };
  if (signal.aborted) return cancel();
  signal.addEventListener('abort', cancel, { once: true });
  running.on('status', () => signal.removeEventListener('abort', cancel));
}

function staleMsOf(metadata: Metadata): number | undefined {
  const text = metadata.get('x-stale-ms')[0]?.toString();
  return text !== undefined && /^\d{1,12}$/.test(text) ? Number(text) : undefined;
}
