/**
 * A gateway with all functions, their queue's connector and a Redis given by its address, as the
 * embedded program has them:
 *   threads  CPU-bound operations have threads, as in the embedded program
 *   one      everything is computed on the thread that serves all requests
 * Says where it listens, once it does.
 */
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { openConnector } from '#gateway/connector/connector.ts';
import { inProcessTransport } from '#gateway/runtime/executors/in-process-transport.ts';
import { openFunctions } from '#gateway/runtime/open-functions.ts';
import { openRuntime } from '#gateway/runtime/runtime.ts';
import { readStackFile } from '#gateway/runtime/deployments/stack-file.ts';
import { allLocal } from '#shared/placement/placement.ts';
import type { Transport } from '#shared/clients/functions-client.ts';
import { silentLog } from '#shared/process/log.ts';
import { parseSettings, type Settings } from '#shared/process/settings.ts';
import { tokensIn } from '#shared/runtime/tokens.ts';
import { openDependencies } from '#shared/runtime/dependencies.ts';
import type { FunctionHandler } from '#template/function.ts';

export type Variant = 'threads' | 'one';

const [, , variant, distDir = '', dataDir = '', secretsDir = ''] = process.argv;
const { env } = process;
const settings = parseSettings(env);
const tokens = tokensIn(secretsDir);
const parts: { transport?: Transport } = {};
const openOwnDependencies = (own: Settings) =>
  openDependencies(own, { ...parts, tokens, log: silentLog });
let gatewayUrl = '';

const { host } = await openFunctions({
  stack: await readStackFile('stack.yml', env),
  dataDir,
  load: async (folder) => {
    const file = pathToFileURL(join(resolve(distDir, folder), 'handler.js')).href;
    return ((await import(file)) as { default: FunctionHandler }).default;
  },
  log: silentLog,
  env,
  openDependencies: openOwnDependencies,
  threads:
    variant === 'one'
      ? undefined
      : {
          file: join(distDir, 'gateway/runtime/executors/worker.js'),
          root: distDir,
          operationsMax: 1,
          dependencies: () => ({ env, gatewayUrl, secretsDir, placement: allLocal }),
        },
});
const transport = inProcessTransport(host, { token: () => tokens.trade });
parts.transport = transport;
const dependencies = await openOwnDependencies(settings);
host.shareDependencies(dependencies);
const runtime = await openRuntime({
  host,
  address: '127.0.0.1',
  port: 0,
  credentials: { user: 'admin', password: 'password of the bench' },
  build: dependencies.build,
  log: silentLog,
  tokens,
});
gatewayUrl = runtime.url;
await openConnector({
  redisUrl: settings.redisUrl ?? '',
  keyPrefix: settings.redisKeyPrefix,
  gatewayUrl,
  token: () => tokens.trade,
  transport,
  log: silentLog,
  database: dependencies.database,
});
process.send?.({ url: gatewayUrl });
