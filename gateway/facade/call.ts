/** One gRPC call as one function call: metadata in, deadline and cancellation on, status out. */
import { Metadata, type ServerUnaryCall, type ServerWritableStream } from '@grpc/grpc-js';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { Failure } from '#shared/kernel/failure.ts';
import { isSafeId } from '#shared/kernel/identifiers.ts';
import type { CallOptions, FunctionsClient } from '#shared/clients/functions-client.ts';
import type { Operation } from '#shared/operations/row.ts';

type AnyCall = ServerUnaryCall<object, object> | ServerWritableStream<object, object>;

/** What a failed call ends with; grpc-js reads `code`, `details` and `metadata`. */
export interface StatusError {
  readonly code: number;
  readonly details: string;
  readonly metadata: Metadata;
}

/** The function's options for a call; the answer's metadata is sent with the request id. */
export function optionsOf(call: AnyCall): CallOptions {
  const text = (name: string): string | undefined => {
    const value = call.metadata.get(name)[0]?.toString();
    return value !== undefined && isSafeId(value) ? value : undefined;
  };
  const requestId = text('x-request-id') ?? randomUUID();
  const left = new AbortController();
  call.on('cancelled', () => left.abort());
  const reply = new Metadata();
  reply.set('x-request-id', requestId);
  call.sendMetadata(reply);
  const key = text('idempotency-key');
  return { signal: left.signal, requestId, ...(key !== undefined && { idempotencyKey: key }) };
}

export async function unary(
  functions: FunctionsClient,
  operation: Operation,
  call: ServerUnaryCall<object, object>,
): Promise<object> {
  return (await functions.call(operation, call.request, optionsOf(call))) as object;
}

/** Passes messages on as they come, and waits while the client reads slowly. */
export async function streaming(
  functions: FunctionsClient,
  operation: Operation,
  call: ServerWritableStream<object, object>,
): Promise<void> {
  const options = optionsOf(call);
  for await (const message of functions.stream(operation, call.request, options)) {
    if (call.cancelled) return;
    if (!call.write(message))
      await Promise.race([once(call, 'drain'), once(options.signal, 'abort')]);
  }
}

export function statusOf(thrown: unknown): StatusError {
  const failure = Failure.from(thrown);
  const metadata = new Metadata();
  metadata.set('failure-code', failure.code);
  return { code: failure.rule.grpc, details: failure.message, metadata };
}
