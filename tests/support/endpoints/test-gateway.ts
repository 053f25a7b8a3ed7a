/** A small gateway for tests: `/function/<name>` served by real handlers or fakes. */
import express, { type Express } from 'express';
import type { Dependencies } from '#shared/runtime/context.ts';
import type { FunctionHandler } from '#template/function.ts';
import { answer, BODY_BYTES_MAX } from '#template/server.ts';

export type TestFunctions = Readonly<Record<string, FunctionHandler>>;

/**
 * @param functions by name, `planning-create-plan`; may be changed while the gateway runs
 * @param dependencies what real handlers run in
 * @param detach where functions go on with work after the answer; absent: they may not
 */
export function gatewayOf(
  functions: TestFunctions,
  dependencies?: () => Dependencies,
  detach?: (work: Promise<void>) => void,
): Express {
  const app = express();
  app.use('/function/:name', async (request, response) => {
    const handler = functions[request.params.name];
    if (!handler) return void response.status(404).send('no such function');
    const options = {
      bodyBytesMax: BODY_BYTES_MAX,
      shared: dependencies?.(),
      ...(detach && { detach }),
    };
    await answer(handler, request, response, request.url, options);
  });
  return app;
}

/** A body that streams messages, each after a pause. */
export async function* streamOf(messages: readonly unknown[], pauseMs = 0): AsyncGenerator<string> {
  for (const message of messages) {
    if (pauseMs > 0) await new Promise((resolve) => setTimeout(resolve, pauseMs).unref());
    yield `${JSON.stringify(message)}\n`;
  }
}
