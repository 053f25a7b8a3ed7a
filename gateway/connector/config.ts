/** What the connector reads from its environment, all complaints at once. */
import { ownSchedules } from '#shared/contract/jobs.ts';
import { invalidRequest } from '#shared/kernel/failure.ts';
import type { Placement } from '#shared/placement/placement.ts';
import { logRulesOf, type LogRules } from '#shared/process/logging/log-rules.ts';
import type { Environment, Settings } from '#shared/process/settings.ts';
import { tlsFilesOf, type TlsFiles } from '#shared/process/tls-settings.ts';
import { secretIn } from '#shared/runtime/tokens.ts';
import { durationMs } from '#template/limits/durations.ts';
import { readProcessConfig } from '../process-config.ts';
import type { GatewayCredentials } from './read-deployments.ts';

const CONNECTOR_SETTINGS = [
  'REDIS_KEY_PREFIX',
  'REDIS_DURABILITY',
  'DATA_DIR',
  'STATE_METRICS',
  'CONNECTOR_METRICS_PORT',
  'CONNECTOR_METRICS_HOST',
  'TRADING_CYCLE_SCHEDULE',
];
const INTERVAL_DEFAULT = '10s';
const INTERVAL_MS_MIN = 1_000;
const SECRETS_DIR_DEFAULT = '/var/openfaas/secrets';

export interface ConnectorConfig {
  readonly redisUrl: string;
  readonly keyPrefix: string;
  readonly durability: Settings['redisDurability'];
  /** Where the epoch of the state is on record, for a connector that runs beside a data folder. */
  readonly dataDir: string;
  /** Of the gRPC facade beside it, which is reported for its board. */
  readonly tls: TlsFiles | undefined;
  readonly gatewayUrl: string;
  /** The trade token: the calls may move money. */
  readonly token: () => string;
  /** With which the gateway is asked what is deployed. @throws Failure while they are missing */
  readonly credentials: () => GatewayCredentials;
  /** How often it is asked. */
  readonly intervalMs: number;
  readonly logRules: LogRules;
  /** Decides whose queues are processed. */
  readonly placement: Placement;
  /** Names the file of the placement in complaints. */
  readonly servicesFile: string | undefined;
  /** Schedules in place of those of the table of jobs. */
  readonly schedules: Readonly<Record<string, string>>;
  /** Where `/metrics` is answered; absent: nowhere. */
  readonly metrics: ConnectorMetrics | undefined;
}

export interface ConnectorMetrics {
  readonly port: number;
  readonly address: string;
  readonly withState: boolean;
}

/** @throws Failure INVALID_REQUEST with every complaint */
export async function readConfig(env: Environment): Promise<ConnectorConfig> {
  const read = await readProcessConfig(env, CONNECTOR_SETTINGS, ['REDIS_URL']);
  const { settings, gatewayUrl, tokens, placement } = read;
  const { redisUrl = '', redisKeyPrefix: keyPrefix } = settings;
  const intervalMs = durationMs(env['rebuild_interval']?.trim() || INTERVAL_DEFAULT) ?? 0;
  if (intervalMs < INTERVAL_MS_MIN)
    throw invalidRequest({
      field: 'rebuild_interval',
      message: 'is a time of at least a second: 10s',
    });
  // Under the name that OpenFaaS' own connectors know; faasd mounts its password apart.
  const secretsDir = env['SECRETS_DIR']?.trim() || SECRETS_DIR_DEFAULT;
  const operatorDir = env['secret_mount_path']?.trim() || secretsDir;
  const user = secretIn(operatorDir, 'basic-auth-user');
  const password = secretIn(operatorDir, 'basic-auth-password');
  return Object.freeze({
    redisUrl,
    keyPrefix,
    durability: settings.redisDurability,
    dataDir: settings.dataDir,
    tls: tlsFilesOf(settings),
    gatewayUrl,
    token: () => tokens.trade,
    credentials: () => ({ user: user(), password: password() }),
    intervalMs,
    logRules: logRulesOf(settings),
    placement,
    servicesFile: settings.servicesFile,
    schedules: ownSchedules(settings),
    metrics:
      settings.connectorMetricsPort === undefined
        ? undefined
        : {
            port: settings.connectorMetricsPort,
            address: settings.connectorMetricsHost,
            withState: settings.stateMetrics === 'on',
          },
  });
}
