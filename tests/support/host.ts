/** A host of functions for tests: calls between operations stay in the process. */
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Transport } from '#shared/clients/functions-client.ts';
import { Failure } from '#shared/kernel/failure.ts';
import type { Dependencies } from '#shared/runtime/context.ts';
import { inProcessTransport, type Host } from '#gateway/runtime/executors/in-process-transport.ts';
import { invoke, requestListener } from '#template/server.ts';
import { inEnvironment, type FunctionHandler } from '#template/function.ts';
import { mounted } from '#template/function-environment.ts';

/** The HTTP endpoint of one function, as in production, over the given dependencies. */
export function endpointOf(
  handler: FunctionHandler,
  dependencies: Dependencies,
): ReturnType<typeof requestListener> {
  return requestListener(handler, { shared: dependencies });
}

export interface TestTransport {
  readonly transport: Transport;
  /** Gives the transport the dependencies that calls run with, once they are open. */
  into(dependencies: Dependencies): void;
}

/**
 * A transport that loads handlers from `functions/` and calls them in this process. Operations that
 * go through the queue are run at once, as the connector would run them.
 */
export function inProcess(): TestTransport {
  let dependencies: Dependencies | undefined;
  const call: Host['call'] = async (name, event, context) => {
    if (!dependencies)
      throw new Failure('BUG', 'Invariant: the test transport was given dependencies');
    const [service = '', ...operation] = name.split('-');
    const file = `../../functions/${service}/${operation.join('-')}/handler.ts`;
    const { default: handler } = (await import(file)) as { default: FunctionHandler };
    return invoke(handler, event, inEnvironment(context, mounted(), dependencies));
  };
  const transport = inProcessTransport({ call }, { token: '', withoutQueue: true });
  return { transport, into: (opened) => void (dependencies = opened) };
}

export async function listen(app: RequestListener): Promise<{ server: Server; url: string }> {
  const server = createServer(app).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}
