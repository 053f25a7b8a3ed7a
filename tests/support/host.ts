/** A host of functions for tests: calls between operations stay in the process. */
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Express } from 'express';
import type { Transport } from '#shared/clients/functions-client.ts';
import { Failure } from '#shared/kernel/failure.ts';
import type { World } from '#shared/runtime/context.ts';
import { door } from '#template/server.ts';
import type { FunctionHandler } from '#template/function.ts';

/** The HTTP door of one function, as it stands in production, over a world. */
export function doorOf(handler: FunctionHandler, world: World): Express {
  return door(handler, { shared: world });
}

export interface TestTransport {
  readonly transport: Transport;
  /** Tells the transport which world calls run in, once it is open. */
  into(world: World): void;
}

/**
 * A transport that loads handlers from `functions/` and calls them in this process. Operations that
 * go through the queue are run at once, as the connector would run them.
 */
export function inProcess(): TestTransport {
  let world: World | undefined;
  const transport: Transport = async (call) => {
    if (!world) throw new Failure('BUG', 'Invariant: the test transport was given a world');
    const [name = '', ...path] = call.name.split('/');
    const [service = '', ...operation] = name.split('-');
    const file = `../../functions/${service}/${operation.join('-')}/handler.ts`;
    const { default: handler } = (await import(file)) as { default: FunctionHandler };
    const result = await handler(
      {
        method: 'POST',
        path: `/${path.join('/')}`,
        query: new URLSearchParams(),
        headers: {
          'content-type': 'application/json',
          accept: call.accept,
          'x-request-id': call.requestId,
          'idempotency-key': call.idempotencyKey,
          'x-run-id': call.idempotencyKey ?? call.requestId,
          ...call.headers,
        },
        body: Buffer.from(call.body),
      },
      { callId: call.requestId, signal: call.signal, shared: world },
    );
    return { status: result.status ?? 200, body: pieces(result.body) };
  };
  return { transport, into: (opened) => void (world = opened) };
}

async function* pieces(body: unknown): AsyncGenerator<string | Uint8Array> {
  if (typeof body === 'object' && body !== null && Symbol.asyncIterator in body)
    yield* body as AsyncIterable<string>;
  else if (body !== undefined) yield body as string;
}

export async function listen(app: Express): Promise<{ server: Server; url: string }> {
  const server = app.listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}
