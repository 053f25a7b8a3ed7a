/**
 * Everything on one machine, in the order of dependence: Redis, the dependencies, the functions, the
 * gateway, the connector, the facade. Stopped in the opposite order.
 */
import type { Facade } from '#gateway/facade/facade.ts';
import type { MetricsSource } from '#gateway/runtime/observe/metrics-endpoint.ts';
import { breakerExposition } from '#gateway/runtime/observe/breaker-exposition.ts';
import { stateExposition } from '#gateway/runtime/observe/state-exposition.ts';
import { openRuntime, type Runtime } from '#gateway/runtime/runtime.ts';
import { gateway } from '#shared/contract/gateway.ts';
import { pageFunction } from '#shared/contract/names.ts';
import { reportBoard } from '#shared/runtime/board-figures.ts';
import { claimServices } from '#shared/runtime/idempotency/board-claims.ts';
import { allLocal, isLocal, type Placement } from '#shared/placement/placement.ts';
import { readPlacement } from '#shared/placement/read-placement.ts';
import { BUILD } from '#shared/process/build-version.ts';
import type { Dependencies } from '#shared/runtime/context.ts';
import type { Log } from '#shared/process/log.ts';
import type { Environment, Settings } from '#shared/process/settings.ts';
import { hasGatewayTls, tlsFilesOf } from '#shared/process/tls-settings.ts';
import { WatchedTls } from '#shared/process/watched-tls.ts';
import { closeAll, closeOpened, type Closers } from './closers.ts';
import { takeDataDir } from './data-dir.ts';
import { openEmbeddedFunctions } from './embedded-functions.ts';
import { placementText } from './split.ts';
import { queuePrefixAt } from '#shared/redis/client.ts';
import { openRedisSource, type RedisSource } from './redis/redis-source.ts';
import type { StartSteps } from './start-steps.ts';
import { openSecrets, type Secrets } from './secrets.ts';

export interface EmbeddedOptions {
  readonly settings: Settings;
  readonly env: Environment;
  /** Where the stack file and the build lie. */
  readonly projectDir: string;
  readonly distDir: string;
  readonly log: Log;
  /** Takes the lines of the operations' log. */
  readonly writeLog: (line: string) => void;
  /** Called with the data folder as soon as it is locked. */
  readonly onDataDir: (path: string) => void;
  /** Whether lines of the log reach their file. */
  readonly isLogWritable: () => boolean;
  readonly steps: StartSteps;
  readonly print: (line: string) => void;
}

export interface Embedded {
  readonly dependencies: Dependencies;
  readonly runtime: Runtime;
  readonly redis: RedisSource;
  readonly secrets: Secrets;
  readonly functionCount: number;
  /** Whether the stack file has the function that trades. */
  readonly hasCycle: boolean;
  /** Whether it has the function of the page. */
  readonly hasPage: boolean;
  readonly facade: Facade | undefined;
  readonly hasConnector: boolean;
  readonly placement: Placement;
  /** Ends within five seconds. */
  close(): Promise<void>;
}

const GATEWAY_GRACE_MS = 500;
/** 8080 and 8082 are the ports of OpenFaaS. */
const METRICS_PORT_STEP = 2;
const PORT_MAX = 65_535;

/** @throws Failure that says what is unavailable; what was opened is closed again */
export async function openEmbedded(options: EmbeddedOptions): Promise<Embedded> {
  const closers: Closers = [];
  const close = (): Promise<void> => closeAll(closers, options.log);
  try {
    return { ...(await openAll(options, closers)), close };
  } catch (thrown) {
    await close();
    throw thrown;
  }
}

async function openAll(options: EmbeddedOptions, closers: Closers) {
  const { settings, log, env, print } = options;
  const placement = await readPlacement(settings);
  for (const line of placementText(placement)) print(line);
  // First of all: an unusable certificate must be found before anything can trade.
  const files = tlsFilesOf(settings);
  const tls = files && (await WatchedTls.open(files, { log }));
  closers.push(async () => tls?.close());
  const dataDir = await takeDataDir(settings.dataDir);
  closers.push(() => dataDir.release());
  options.onDataDir(dataDir.path);
  const opening = openRedis(options, dataDir.path);
  closers.push(() => closeOpened(opening));
  // Read while Redis starts, which takes as long.
  const loading = settings.embeddedParts.length > 0 ? import('./parts.ts') : undefined;
  loading?.catch(() => undefined);
  const [redis, secrets] = await Promise.all([opening, openSecrets(dataDir.path)]);
  const environment = {
    ...options,
    env: { ...env, REDIS_URL: redis.url },
    secrets,
    placement,
    dataDir: dataDir.path,
    gatewayUrl: () => runtime.localUrl,
  };
  const { host, deployments, local, dependencies, breakers } = await openEmbeddedFunctions(
    environment,
    closers,
  );
  if (placement !== allLocal) {
    const file = settings.servicesFile ?? 'SERVICES_FILE';
    const claim = await claimServices(dependencies.database, placement, file);
    closers.push(() => claim.release());
  }
  const { isLogWritable } = options;
  const reported = { dataDir: dataDir.path, tls: files, isLogWritable };
  const { database } = dependencies;
  const stopReporting = await reportBoard(database, placement.device, 'gateway', reported);
  closers.push(() => Promise.resolve(stopReporting()));
  const facadeCounts: { text?: MetricsSource } = {};
  const shared = { dependencies, placement, secrets, redis, tls };
  const runtime = await openGateway(options, {
    ...shared,
    ...{ host, deployments, local, breakers },
    facadeMetrics: async () => facadeCounts.text?.() ?? '',
  });
  closers.push(() => runtime.close(GATEWAY_GRACE_MS));
  const parts = (await loading)?.openParts(options, { ...shared, local, runtime }, closers);
  if (parts) facadeCounts.text = parts.facadeMetrics;
  const { hasConnector, facade } = (await parts?.opened) ?? { hasConnector: false };
  const functionCount = host.list().length;
  const { triggerTradingCycle: cycle } = gateway;
  const hasCycle = [cycle.name, cycle.service].some((name) => host.find(name) !== undefined);
  const hasPage = host.find(pageFunction.name) !== undefined;
  const facts = { functionCount, hasCycle, hasPage, placement };
  return { dependencies, runtime, redis, secrets, ...facts, hasConnector, facade };
}

type GatewayParts = Awaited<ReturnType<typeof openEmbeddedFunctions>> &
  Pick<Embedded, 'placement' | 'secrets' | 'redis'> & {
    readonly tls: WatchedTls | undefined;
    readonly facadeMetrics: MetricsSource;
  };

function openGateway(options: EmbeddedOptions, parts: GatewayParts): Promise<Runtime> {
  const { settings, log, steps } = options;
  const {
    host,
    deployments,
    dependencies,
    breakers,
    placement,
    secrets,
    redis,
    tls,
    facadeMetrics,
  } = parts;
  return steps.take(
    'gateway',
    () =>
      openRuntime({
        host,
        deployments,
        address: settings.gatewayHost,
        port: settings.gatewayPort,
        metricsPort: metricsPortOf(settings),
        stateMetrics: stateMetricsOf(options, placement, dependencies),
        processMetrics: allOf([breakerExposition(breakers), facadeMetrics]),
        allowedHosts: settings.gatewayAllowedHosts,
        tls: hasGatewayTls(settings) ? tls : undefined,
        credentials: secrets.basicAuth,
        secrets: secrets.files,
        build: BUILD,
        log: log.with({ module: 'runtime' }),
        tokens: secrets.tokens,
        audit: dependencies.audit,
        readAccess: settings.readAccess,
        bodyBytesMax: settings.gatewayBodyBytesMax,
        queue: {
          redisUrl: redis.url,
          prefix: queuePrefixAt(redis.url, settings.redisKeyPrefix),
          bodyBytesMax: settings.asyncBodyBytesMax,
          waitingBytesMax: settings.asyncWaitingBytesMax,
          deadBytesMax: settings.asyncDeadBytesMax,
          callbackHosts: settings.asyncCallbackHosts,
          ...(placement !== allLocal && { name: `async-${placement.device}` }),
        },
      }),
    ({ url, metricsUrl }) => `gateway at ${url} (metrics at ${metricsUrl}/metrics)`,
  );
}

/** Exposed by the board that has the gateway service, so that nothing is counted twice. */
function stateMetricsOf(
  { settings, log }: EmbeddedOptions,
  placement: Placement,
  { functions }: Dependencies,
): MetricsSource | undefined {
  if (settings.stateMetrics === 'off' || !isLocal(placement, 'gateway')) return undefined;
  return stateExposition(functions, log);
}

/** Next to the gateway's port, so that two boards on one machine do not collide there either. */
function metricsPortOf({ gatewayPort, gatewayMetricsPort }: Settings): number {
  if (gatewayMetricsPort !== undefined) return gatewayMetricsPort;
  const beside = gatewayPort + METRICS_PORT_STEP;
  return gatewayPort === 0 || beside > PORT_MAX ? 0 : beside;
}

function allOf(sources: readonly MetricsSource[]): MetricsSource {
  return async () => (await Promise.all(sources.map((read) => read()))).join('\n');
}

function openRedis(options: EmbeddedOptions, dataDir: string): Promise<RedisSource> {
  const { redisUrl: url, redisKeyPrefix: keyPrefix } = options.settings;
  return options.steps.take(
    'redis',
    () => openRedisSource({ ...options, url, keyPrefix, dataDir }),
    ({ version, location }) => `redis ${version} ${location}`,
  );
}
