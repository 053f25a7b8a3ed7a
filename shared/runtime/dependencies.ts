/**
 * Opens the dependencies of an operation from the environment: Redis, market data, broker, the other
 * functions. A process opens one; a function's container opens it at the first call.
 */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { Broker } from '#shared/clients/broker/broker.ts';
import { accountCurrency } from '#shared/clients/broker/paper/account-currency.ts';
import { openBroker } from '#shared/clients/broker/open.ts';
import { FunctionsClient, type Transport } from '#shared/clients/functions-client.ts';
import { httpTransport } from '#shared/clients/http-transport.ts';
import type { FileFacts, MarketData } from '#shared/clients/market-data/market-data.ts';
import { openMarketData } from '#shared/clients/market-data/open.ts';
import { Failure } from '#shared/kernel/failure.ts';
import { instantOf, type Instant, type SteadyTime } from '#shared/kernel/instant.ts';
import { allLocal, boardOf, type Placement } from '#shared/placement/placement.ts';
import {
  connectQueueRedis,
  connectRedis,
  queuePrefixAt,
  requireSafeRedis,
} from '#shared/redis/client.ts';
import { Database } from '#shared/redis/database.ts';
import { recordFileIn, recordsAt, type RecordPlaces } from '#shared/redis/outside-records.ts';
import type { ReplicationRule } from '#shared/redis/replication.ts';
import { BUILD } from '#shared/process/build-version.ts';
import type { Tokens, Dependencies } from './context.ts';
import { openTracing } from '#shared/process/tracing/open-tracing.ts';
import { offerSecondThread } from '#shared/process/second-thread.ts';
import { openLog, type Log } from '#shared/process/log.ts';
import { logRulesOf } from '#shared/process/logging/log-rules.ts';
import { AuditTrail } from './audit/audit-trail.ts';
import { CallReporter } from './call-reporter.ts';
import { Runs } from './runs/runs.ts';
import { withSecretFiles } from '#shared/process/secret-environment.ts';
import { steadyTime, steadyTimeOf } from '#shared/process/steady-clock.ts';
import { parseSettings, type Environment, type Settings } from '#shared/process/settings.ts';
import { functionSecretsDir } from './secrets-dir.ts';
import { secretIn, tokensIn } from './tokens.ts';

/** Overrides by a host or a test of what the environment configures. */
export interface DependencyParts {
  readonly transport?: Transport;
  /** Everything here, unless given. */
  readonly placement?: Placement;
  readonly tokens?: Tokens | null;
  readonly log?: Log;
  readonly now?: () => Instant;
  /** Derived from `now` where that is given. */
  readonly steady?: () => SteadyTime;
  readonly marketData?: MarketData;
  /** Whether calls that change something are written into the audit; hosts of functions say so. */
  readonly isAudited?: boolean;
  /** Wraps the broker that the settings name. */
  readonly wrapBroker?: (broker: Broker) => Broker;
  /** What the thread that opened this one has read in files of prices. */
  readonly fileFacts?: FileFacts | undefined;
}

export async function openDependencies(
  settings: Settings,
  parts: DependencyParts = {},
): Promise<Dependencies> {
  if (settings.redisUrl === undefined)
    throw new Failure('REFUSED', 'REDIS_URL is not set.', { rule: 'redis-not-configured' });
  const { redisUrl, redisKeyPrefix } = settings;
  offerSecondThread();
  const redis = connectRedis(redisUrl, redisKeyPrefix);
  await requireSafeRedis(redis, settings.redisDurability).catch((thrown: unknown) => {
    redis.disconnect();
    throw thrown;
  });
  const database = new Database(
    redis,
    recordsAt(recordPlaces(settings)),
    replicationRule(settings),
  );
  const now = parts.now ?? (() => instantOf(Date.now()));
  const secret = (name: string) => secretIn(functionSecretsDir(settings), name);
  const { fileFacts } = parts;
  const steady = parts.steady ?? (parts.now ? steadyTimeOf(parts.now) : steadyTime);
  const sourceParts = { now, steady, secret, database, fileFacts };
  const opened = await openMarketData(settings, sourceParts);
  const baseCurrency = await accountCurrency(
    database,
    settings.baseCurrency,
    opened.baseCurrency,
  ).catch((thrown: unknown) => {
    redis.disconnect();
    throw thrown;
  });
  const marketData = parts.marketData ?? opened.marketData;
  const broker = await openBroker(settings, {
    database,
    marketData,
    baseCurrency,
    secret,
    now,
  }).catch((thrown: unknown) => {
    redis.disconnect();
    throw thrown;
  });
  const reporter = new CallReporter(database, now);
  const audit = parts.isAudited ? new AuditTrail(database) : undefined;
  const prefix = queuePrefixAt(redisUrl, redisKeyPrefix);
  const runs = new Runs(database, () => connectQueueRedis(redisUrl, prefix), prefix);
  return {
    settings,
    baseCurrency,
    build: BUILD,
    log: parts.log ?? openLog(logRulesOf(settings)),
    database,
    marketData,
    broker: parts.wrapBroker?.(broker) ?? broker,
    functions: new FunctionsClient(parts.transport ?? defaultTransport()),
    placement: parts.placement ?? allLocal,
    runs,
    ...(audit && { audit }),
    tokens: parts.tokens === undefined ? usableTokens(settings) : parts.tokens,
    now,
    steady,
    newId: () => randomBytes(16).toString('hex'),
    close: async () => {
      await runs.close();
      await audit?.close();
      await reporter.close();
      redis.disconnect();
    },
  };
}

const SECRETS_DIR =
  process.env['SECRETS_DIR'] || process.env['secret_mount_path'] || '/var/openfaas/secrets';
const GATEWAY_URL = process.env['GATEWAY_URL'] ?? 'http://127.0.0.1:8080';

function replicationRule(settings: Settings): ReplicationRule {
  const { redisReplicas, redisReplicationTimeoutMs, redisUnreplicated } = settings;
  return {
    replicas: redisReplicas,
    timeoutMs: redisReplicationTimeoutMs,
    unreplicated: redisUnreplicated,
  };
}

/** Where the epoch of the state is recorded. */
function recordPlaces({ dataDir, redisKeyPrefix }: Settings): RecordPlaces {
  return {
    file: recordFileIn(dataDir),
    keyPrefix: redisKeyPrefix,
    secretFile: join(SECRETS_DIR, 'state-epoch'),
  };
}

let ambient: Promise<Dependencies> | undefined;

/** The dependencies of this process, opened at the first call. A failed opening is tried again. */
export function ambientDependencies(env: Environment = process.env): Promise<Dependencies> {
  ambient ??= openAmbient(env).catch((thrown: unknown) => {
    ambient = undefined;
    throw thrown;
  });
  return ambient;
}

async function openAmbient(env: Environment): Promise<Dependencies> {
  const settings = parseSettings(withSecretFiles(env));
  const { servicesFile, deviceFile } = settings;
  const isAlone = servicesFile === undefined && deviceFile === undefined;
  const placement = isAlone ? allLocal : await placementOf(settings);
  const tracing = await openTracing('trader-function', env, boardOf(placement));
  // The platform lets running calls end before it ends the process.
  process.once('SIGTERM', () => void tracing.flush());
  const tokens = usableTokens(settings);
  const local = httpTransport(GATEWAY_URL, () => tokens.trade);
  if (isAlone) return openDependencies(settings, { tokens, transport: local, isAudited: true });
  const { openRoutes } = await import('#shared/clients/open-routes.ts');
  const log = openLog(logRulesOf(settings));
  const { transport } = await openRoutes({ placement, local, settings, log });
  return openDependencies(settings, { tokens, transport, placement, log, isAudited: true });
}

/** Loaded only by functions that call other boards. */
async function placementOf(settings: Settings): Promise<Placement> {
  const { readPlacement } = await import('#shared/placement/read-placement.ts');
  return readPlacement(settings);
}

/** @throws Failure UNAVAILABLE where a required token is missing: nothing runs unprotected */
function usableTokens({ readAccess }: Settings): Tokens {
  const tokens = tokensIn(SECRETS_DIR);
  void [tokens.write, tokens.trade, readAccess === 'token' && tokens.read];
  return tokens;
}

function defaultTransport(): Transport {
  return httpTransport(GATEWAY_URL, '');
}
