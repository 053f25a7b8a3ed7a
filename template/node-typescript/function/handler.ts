/** A function to begin with: answers what it was asked. */
import type { FunctionHandler } from '#template/function.ts';

const handler: FunctionHandler = (event) => ({
  body: { method: event.method, path: event.path, body: event.body.toString('utf8') },
});

export default handler;
