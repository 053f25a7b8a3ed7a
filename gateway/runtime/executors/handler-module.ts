/** Loads a built handler into the thread that asks. */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { refused } from '#shared/kernel/failure.ts';
import type { FunctionHandler } from '#template/function.ts';

/**
 * @param folder absolute; holds `handler.js`
 * @throws what the module throws; Failure REFUSED (`no-handler`) where it exports no function
 */
export async function importHandler(folder: string): Promise<FunctionHandler> {
  const file = pathToFileURL(join(folder, 'handler.js')).href;
  const { default: handler } = (await import(file)) as { readonly default?: unknown };
  if (typeof handler !== 'function')
    throw refused('no-handler', 'the handler has no default export that is a function');
  return handler as FunctionHandler;
}
