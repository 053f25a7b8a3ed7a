/** A gateway over handlers that do just what a test needs. */
import { FunctionHost, type HostOptions } from '#gateway/runtime/invoke/function-host.ts';
import { openRuntime, type Runtime, type RuntimeOptions } from '#gateway/runtime/runtime.ts';
import { Images } from '#gateway/runtime/deployments/runnable-images.ts';
import {
  deploymentOf,
  programsOf,
  type StackFunction,
} from '#gateway/runtime/deployments/stack-file.ts';
import { silentLog } from '#shared/process/log.ts';
import type { FunctionHandler } from '#template/function.ts';

export const credentials = { user: 'admin', password: 'open sesame: truly' };

function fixture(name: string, parts: Partial<StackFunction> = {}): StackFunction {
  return {
    name,
    handler: `functions/${name}`,
    image: `test/${name}:latest`,
    environment: {},
    labels: {},
    annotations: {},
    secrets: [],
    ...parts,
  };
}

export interface Fixture {
  readonly spec?: Partial<StackFunction>;
  readonly handler: FunctionHandler;
}

export async function openFixtures(
  fixtures: Readonly<Record<string, Fixture>>,
  options: Partial<RuntimeOptions> & Partial<HostOptions> = {},
): Promise<Runtime & { readonly host: FunctionHost; readonly loaded: string[] }> {
  const loaded: string[] = [];
  const stack = Object.entries(fixtures).map(([name, { spec }]) => fixture(name, spec));
  const host = new FunctionHost({
    functions: stack.map((one) => deploymentOf(one, new Date().toISOString())),
    images: new Images(programsOf(stack)),
    load: async (folder) => {
      loaded.push(folder);
      const found = fixtures[folder.replace('functions/', '')];
      if (!found || found.spec?.handler) throw new Error('no such file');
      return found.handler;
    },
    log: silentLog,
    ...options,
  });
  const runtime = await openRuntime({
    host,
    address: '127.0.0.1',
    port: 0,
    credentials,
    build: '1.2.3+abcdef',
    log: silentLog,
    tokens: null,
    ...options,
  });
  return { ...runtime, host, loaded };
}
