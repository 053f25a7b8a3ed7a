/** The functions of the embedded program, the dependencies they share, and threads for what must not share. */
import { availableParallelism } from 'node:os';
import { join, resolve } from 'node:path';
import { importHandler } from '#gateway/runtime/executors/handler-module.ts';
import { inProcessTransport } from '#gateway/runtime/executors/in-process-transport.ts';
import { openFunctions, type Functions } from '#gateway/runtime/open-functions.ts';
import { operationLines } from '#gateway/runtime/invoke/operation-lines.ts';
import type { FileFacts, MarketData } from '#shared/clients/market-data/market-data.ts';
import { openRoutes, type Routes } from '#shared/clients/open-routes.ts';
import type { Transport } from '#shared/clients/functions-client.ts';
import type { Placement } from '#shared/placement/placement.ts';
import type { Dependencies } from '#shared/runtime/context.ts';
import { openLog, type Log } from '#shared/process/log.ts';
import { logRulesOf } from '#shared/process/logging/log-rules.ts';
import { parseSettings, type Environment, type Settings } from '#shared/process/settings.ts';
import { openDependencies } from '#shared/runtime/dependencies.ts';
import type { FunctionHandler } from '#template/function.ts';
import type { StartSteps } from './start-steps.ts';
import type { Secrets } from './secrets.ts';
import { elsewhereOf, isHere } from './split.ts';
import { readStack, stackFileOf, withPrograms, type StackPlaces } from './stack-programs.ts';

const OPERATION_THREADS_MAX = 2;

export interface EmbeddedEnvironment extends StackPlaces {
  readonly settings: Settings;
  readonly env: Environment;
  readonly secrets: Secrets;
  readonly placement: Placement;
  readonly log: Log;
  readonly writeLog: (line: string) => void;
  readonly steps: StartSteps;
  /** Known when the gateway listens. */
  readonly gatewayUrl: () => string;
}

export interface EmbeddedFunctions extends Functions {
  readonly breakers: Routes['breakers'];
  /** Calls the functions of this board, with the right to trade. */
  readonly local: Transport;
  readonly dependencies: Dependencies;
}

/** @param closers get what ends the parts that were opened, in the order of opening */
export async function openEmbeddedFunctions(
  environment: EmbeddedEnvironment,
  closers: (() => Promise<unknown>)[],
): Promise<EmbeddedFunctions> {
  const { settings, env, secrets, placement, log, steps, distDir, dataDir } = environment;
  const file = stackFileOf(settings.stackFile, environment);
  const all = await readStack(file, env);
  const stack = await steps.take(
    'functions',
    () => withPrograms(all.filter(isHere(placement)), file, environment),
    (ready) => `${ready.length} functions ready`,
  );
  const { tokens } = secrets;
  const parts: { transport?: Transport } = {};
  const opened: { marketData?: MarketData } = {};
  const openOwnDependencies = (own: Settings): Promise<Dependencies> =>
    openDependencies(own, { ...parts, placement, tokens, log: operationLog, isAudited: true });
  const operationLog = openLog(
    logRulesOf(settings),
    operationLines(() => functions.host, environment.writeLog),
  );
  const functions = await openFunctions({
    stack,
    dataDir,
    load: loaderFrom(distDir),
    log: log.with({ module: 'runtime' }),
    env,
    secrets: secrets.files,
    threads: threadsOf(environment, () => opened.marketData?.fileFacts),
    openDependencies: openOwnDependencies,
    elsewhere: elsewhereOf(all, placement),
  });
  const { host } = functions;
  closers.push(() => host.close());
  const local = inProcessTransport(host, {
    token: () => tokens.trade,
    withoutQueue: !settings.embeddedParts.includes('connector'),
  });
  const routes = await openRoutes({ placement, local, settings, log });
  closers.push(async () => routes.close());
  parts.transport = routes.transport;
  const dependencies = await openOwnDependencies(parseSettings(env));
  opened.marketData = dependencies.marketData;
  closers.push(() => dependencies.close());
  host.shareDependencies(dependencies);
  return { ...functions, local, dependencies, breakers: routes.breakers };
}

function threadsOf(
  { env, secrets, placement, distDir, gatewayUrl, writeLog }: EmbeddedEnvironment,
  fileFacts: () => FileFacts | undefined,
) {
  return {
    file: join(distDir, 'gateway/runtime/executors/worker.js'),
    root: distDir,
    writeLog,
    operationsMax: Math.max(1, Math.min(OPERATION_THREADS_MAX, availableParallelism() - 1)),
    dependencies: () => ({
      env,
      gatewayUrl: gatewayUrl(),
      secretsDir: secrets.files.dir,
      placement,
      fileFacts: fileFacts(),
    }),
  };
}

function loaderFrom(distDir: string) {
  return (folder: string): Promise<FunctionHandler> => importHandler(resolve(distDir, folder));
}
