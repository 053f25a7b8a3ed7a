/** What the connector reads from its environment, all complaints at once. */
import { Failure, invalidRequest, type FieldViolation } from '#shared/kernel/failure.ts';
import type { Placement } from '#shared/placement/placement.ts';
import { readPlacement } from '#shared/placement/read-placement.ts';
import { parseSettings, type Environment } from '#shared/runtime/settings.ts';
import { secretIn, tokensIn } from '#shared/runtime/tokens.ts';
import { durationMs } from '#template/durations.ts';
import type { GatewayCredentials } from './deployed.ts';

const INTERVAL_DEFAULT = '10s';
const INTERVAL_MS_MIN = 1_000;

export interface ConnectorConfig {
  readonly redisUrl: string;
  readonly keyPrefix: string;
  readonly gatewayUrl: string;
  /** The trade token: what is carried may move money. */
  readonly token: () => string;
  /** With which the gateway is asked what is deployed. @throws Failure while they are missing */
  readonly credentials: () => GatewayCredentials;
  /** How often it is asked. */
  readonly intervalMs: number;
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error';
  /** Tells whose queues to work. */
  readonly placement: Placement;
}

/** Only these settings concern the connector; a fault in another does not stop it. */
const READ = [
  'REDIS_URL',
  'REDIS_KEY_PREFIX',
  'LOG_LEVEL',
  'DEVICE_FILE',
  'SERVICES_FILE',
  'GRPC_TLS_CERT',
  'GRPC_TLS_KEY',
] as const;

/** @throws Failure INVALID_REQUEST with every complaint */
export async function readConfig(env: Environment): Promise<ConnectorConfig> {
  const settings = attempt(() =>
    parseSettings(Object.fromEntries(READ.map((name) => [name, env[name]]))),
  );
  const gatewayUrl = env['GATEWAY_URL']?.trim() || 'http://127.0.0.1:8080';
  const secretsDir = env['SECRETS_DIR']?.trim() || '/var/openfaas/secrets';
  const tokens = tokensIn(secretsDir);
  const token = attempt(() => tokens.trade);
  const intervalMs = durationMs(env['rebuild_interval']?.trim() || INTERVAL_DEFAULT) ?? 0;
  const violations: FieldViolation[] = [];
  if (settings instanceof Failure) violations.push(...violationsOf(settings));
  else if (settings.redisUrl === undefined)
    violations.push({ field: 'REDIS_URL', message: 'is needed' });
  if (!/^https?:\/\//.test(gatewayUrl) || !URL.canParse(gatewayUrl))
    violations.push({ field: 'GATEWAY_URL', message: 'is an http:// or https:// address' });
  if (intervalMs < INTERVAL_MS_MIN)
    violations.push({ field: 'rebuild_interval', message: 'is a time of at least a second: 10s' });
  if (token instanceof Failure)
    violations.push({ field: 'SECRETS_DIR', message: `${token.message} (${secretsDir})` });
  if (settings instanceof Failure || token instanceof Failure || violations.length > 0)
    throw invalidRequest(...violations);
  // Under the name that OpenFaaS' own connectors know; faasd mounts its password apart.
  const operatorDir = env['secret_mount_path']?.trim() || secretsDir;
  const user = secretIn(operatorDir, 'basic-auth-user');
  const password = secretIn(operatorDir, 'basic-auth-password');
  const { redisUrl = '', redisKeyPrefix: keyPrefix, logLevel } = settings;
  const placement = await readPlacement(settings);
  return Object.freeze({
    redisUrl,
    keyPrefix,
    gatewayUrl,
    token: () => tokens.trade,
    credentials: () => ({ user: user(), password: password() }),
    intervalMs,
    logLevel,
    placement,
  });
}

function attempt<T>(work: () => T): T | Failure {
  try {
    return work();
  } catch (thrown) {
    return Failure.from(thrown);
  }
}

function violationsOf(failure: Failure): readonly FieldViolation[] {
  return (failure.facts['violations'] as readonly FieldViolation[] | undefined) ?? [];
}
