/** What the settings require beside the gateway: the connector and the gRPC facade. Read late, as their packages are large. */
import { openConnector } from '#gateway/connector/connector.ts';
import { facadeAccessOf } from '#gateway/facade/access-settings.ts';
import { CallCounts } from '#gateway/facade/call-counts.ts';
import { openFacade, type Facade } from '#gateway/facade/facade.ts';
import type { Runtime } from '#gateway/runtime/runtime.ts';
import type { Transport } from '#shared/clients/functions-client.ts';
import { ownSchedules } from '#shared/contract/jobs.ts';
import { isoText } from '#shared/kernel/instant.ts';
import type { Log } from '#shared/process/log.ts';
import type { Settings } from '#shared/process/settings.ts';
import { isPublishedOnLoopback } from '#shared/process/tls-settings.ts';
import type { WatchedTls } from '#shared/process/watched-tls.ts';
import type { Dependencies } from '#shared/runtime/context.ts';
import { closeOpened, type Closers } from './closers.ts';
import type { RedisSource } from './redis/redis-source.ts';
import type { Secrets } from './secrets.ts';
import type { StartSteps } from './start-steps.ts';

interface PartsOptions {
  readonly settings: Settings;
  readonly projectDir: string;
  readonly log: Log;
  readonly steps: StartSteps;
}

interface OpenedBefore {
  readonly dependencies: Dependencies;
  /** Calls the functions of this board. */
  readonly local: Transport;
  readonly runtime: Runtime;
  readonly redis: RedisSource;
  readonly secrets: Secrets;
  readonly tls: WatchedTls | undefined;
}

type Connector = Awaited<ReturnType<typeof openConnector>>;

/** @param closers get what ends both, at once */
export function openParts(options: PartsOptions, before: OpenedBefore, closers: Closers) {
  const calls = new CallCounts();
  const connector = connectorOf(options, before);
  const facade = facadeOf(options, before, calls);
  closers.push(() => Promise.all([closeOpened(connector), closeOpened(facade)]));
  const opened = Promise.all([connector, facade]).then(([connected, serving]) => ({
    hasConnector: connected !== undefined,
    facade: serving,
  }));
  return { opened, facadeMetrics: () => calls.text() };
}

async function connectorOf(
  { settings, log, steps }: PartsOptions,
  { dependencies, local, runtime, redis, secrets }: OpenedBefore,
): Promise<Connector | undefined> {
  if (!settings.embeddedParts.includes('connector')) return undefined;
  return steps.take(
    'connector',
    () =>
      openConnector({
        redisUrl: redis.url,
        keyPrefix: settings.redisKeyPrefix,
        gatewayUrl: runtime.localUrl,
        token: () => secrets.tokens.trade,
        transport: local,
        credentials: () => secrets.basicAuth,
        log: log.with({ module: 'connector' }),
        database: dependencies.database,
        placement: dependencies.placement,
        schedules: ownSchedules(settings),
      }),
    () => 'connector: queues and schedules',
  );
}

async function facadeOf(
  { settings, projectDir, log, steps }: PartsOptions,
  { dependencies, secrets, tls }: OpenedBefore,
  calls: CallCounts,
): Promise<Facade | undefined> {
  const { grpcPortBase: portBase, grpcSharedPort: sharedPort, embeddedParts } = settings;
  const requested = portBase >= 0 || sharedPort !== undefined;
  if (!embeddedParts.includes('facade') || !requested) return undefined;
  const { grpcHost: host, grpcReflection } = settings;
  const { functions } = dependencies;
  const access = facadeAccessOf(settings, secrets.tokens);
  const publishedOnLoopback = isPublishedOnLoopback(settings);
  const reflection = grpcReflection === 'on';
  const facadeLog = log.with({ module: 'facade' });
  const places = { portBase, sharedPort, host, publishedOnLoopback, reflection };
  return steps.take(
    'facade',
    () => openFacade({ ...places, tls, access, calls, functions, log: facadeLog, projectDir }),
    ({ ports, sharedPort }) => {
      const all = new Set([
        ...Object.values(ports),
        ...(sharedPort === undefined ? [] : [sharedPort]),
      ]);
      return `gRPC on ports ${portsText([...all])}${tlsText(tls)}`;
    },
  );
}

function tlsText(tls: WatchedTls | undefined): string {
  return tls ? `, certificate until ${isoText(tls.current.notAfter).slice(0, 10)}` : '';
}

function portsText(ports: readonly number[]): string {
  const [low, high] = [Math.min(...ports), Math.max(...ports)];
  const inARow = high - low === ports.length - 1;
  return inARow ? `${low}–${high}` : [...ports].sort((a, b) => a - b).join(', ');
}
