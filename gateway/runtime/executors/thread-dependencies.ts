/** The world of a worker thread that runs operations: the host's settings, connections of its own. */
import { httpTransport } from '#shared/clients/http-transport.ts';
import { openRoutes } from '#shared/clients/open-routes.ts';
import type { Transport } from '#shared/clients/functions-client.ts';
import { operationAt } from '#shared/contract/catalogue.ts';
import type { World } from '#shared/runtime/context.ts';
import { openLog } from '#shared/process/log.ts';
import { parseSettings } from '#shared/process/settings.ts';
import { tokensIn } from '#shared/runtime/tokens.ts';
import { openWorld } from '#shared/runtime/dependencies.ts';
import type { FunctionHandler } from '#template/function.ts';
import { mounted } from '#template/function-environment.ts';
import { thinksLong } from './cpu-bound.ts';
import { answerOf, eventOf } from './in-process-transport.ts';
import type { ThreadWorld } from './worker-messages.ts';

/** How a thread may carry out an operation itself. */
export interface Near {
  loadHandler(folder: string): Promise<FunctionHandler>;
  /** Whether the operation is deployed in another way than this thread would run it. */
  isFar(operationName: string): boolean;
}

export async function openThreadWorld(
  { env, secretsDir, gatewayUrl, placement }: ThreadWorld,
  near: Near,
): Promise<World> {
  const settings = parseSettings(env);
  const tokens = tokensIn(secretsDir);
  const token = (): string => tokens.trade;
  const log = openLog(settings.logLevel);
  let world: World | undefined;
  const local = nearOr(httpTransport(gatewayUrl, token), token, near, () => world);
  const { transport } = await openRoutes({ placement, local, settings, log });
  world = await openWorld(settings, { tokens, transport, placement, log });
  return world;
}

/**
 * A long thought that asks for another long thought has it on its own thread: waiting for a free
 * one, while holding one, could wait for ever.
 */
function nearOr(
  far: Transport,
  token: () => string,
  near: Near,
  world: () => World | undefined,
): Transport {
  return async (call) => {
    const event = eventOf(call, call.name, token());
    const operation = operationAt(call.name, '/')?.operation;
    const thinks = operation && thinksLong(call.name, '/', event.headers);
    if (!thinks || near.isFar(operation.name)) return far(call);
    const handler = await near.loadHandler(operation.folder);
    const { requestId: callId, signal } = call;
    return answerOf(await handler(event, { callId, signal, shared: world(), ...mounted() }));
  };
}
