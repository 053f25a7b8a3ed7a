/** The dependencies of a worker thread that runs operations: the host's settings, connections of its own. */
import { httpTransport } from '#shared/clients/http-transport.ts';
import { openRoutes } from '#shared/clients/open-routes.ts';
import type { Transport } from '#shared/clients/functions-client.ts';
import { operationAt } from '#shared/contract/catalogue.ts';
import type { Dependencies } from '#shared/runtime/context.ts';
import { openLog } from '#shared/process/log.ts';
import { logRulesOf } from '#shared/process/logging/log-rules.ts';
import { boardOf } from '#shared/placement/placement.ts';
import { openTracing } from '#shared/process/tracing/open-tracing.ts';
import { parseSettings } from '#shared/process/settings.ts';
import { tokensIn } from '#shared/runtime/tokens.ts';
import { openDependencies } from '#shared/runtime/dependencies.ts';
import type { FunctionHandler } from '#template/function.ts';
import { mounted } from '#template/function-environment.ts';
import { isCpuBound } from './cpu-bound.ts';
import { functionAnswerOf, eventOf } from './in-process-transport.ts';
import type { ThreadDependencies } from './worker-messages.ts';

/** How a thread may run an operation itself. */
export interface LocalOperations {
  loadHandler(folder: string): Promise<FunctionHandler>;
  /** Whether the operation is deployed in another way than this thread would run it. */
  isRemote(operationName: string): boolean;
}

export async function openThreadDependencies(
  { env, secretsDir, gatewayUrl, placement, fileFacts }: ThreadDependencies,
  near: LocalOperations,
): Promise<Dependencies> {
  const settings = parseSettings(env);
  const tracing = await openTracing('trader', env, boardOf(placement));
  const tokens = tokensIn(secretsDir);
  const token = (): string => tokens.trade;
  const log = openLog(logRulesOf(settings));
  let dependencies: Dependencies | undefined;
  const local = nearOr(httpTransport(gatewayUrl, token), token, near, () => dependencies);
  const { transport } = await openRoutes({ placement, local, settings, log });
  const opened = await openDependencies(settings, {
    ...{ tokens, transport, placement, log, fileFacts },
    isAudited: true,
  });
  const close = (): Promise<unknown> => Promise.all([opened.close(), tracing.close()]);
  dependencies = { ...opened, close: async () => void (await close()) };
  return dependencies;
}

/**
 * A CPU-bound operation that calls another runs it on its own thread: waiting for a free thread while holding
 * one could deadlock.
 */
function nearOr(
  far: Transport,
  token: () => string,
  near: LocalOperations,
  dependencies: () => Dependencies | undefined,
): Transport {
  return async (call) => {
    const event = eventOf(call, call.name, token());
    const operation = operationAt(call.name, '/')?.operation;
    const usesThread = operation && isCpuBound(call.name, '/', event.headers);
    if (!usesThread || near.isRemote(operation.name)) return far(call);
    const handler = await near.loadHandler(operation.folder);
    const { requestId: callId, signal } = call;
    return functionAnswerOf(
      await handler(event, { callId, signal, shared: dependencies(), ...mounted() }),
    );
  };
}
