/**
 * What a process beside a gateway (connector, facade) reads from its environment, all complaints at
 * once: where the gateway is, the token it shows there, and which service is where.
 */
import { Failure, invalidRequest, type FieldViolation } from '#shared/kernel/failure.ts';
import type { Placement } from '#shared/placement/placement.ts';
import { readPlacement } from '#shared/placement/read-placement.ts';
import type { Tokens } from '#shared/runtime/context.ts';
import { withSecretFiles } from '#shared/process/secret-environment.ts';
import { parseSettings, type Environment, type Settings } from '#shared/process/settings.ts';
import { tokensIn } from '#shared/runtime/tokens.ts';

export interface ProcessConfig {
  /** Only those that were asked for are as the environment says; the others have their defaults. */
  readonly settings: Settings;
  /** Base address. */
  readonly gatewayUrl: string;
  readonly tokens: Tokens;
  readonly placement: Placement;
}

/** What every such process reads. */
const COMMON = [
  'REDIS_URL',
  'LOG_LEVEL',
  'LOG_LEVELS',
  'LOG_MONEY',
  'DEVICE_FILE',
  'SERVICES_FILE',
  'GRPC_TLS_CERT',
  'GRPC_TLS_KEY',
  'GRPC_TLS_CA',
] as const;

/**
 * @param names further settings that concern the process; a fault in another does not stop it
 * @param needed of all of them, those without which it cannot work
 * @throws Failure INVALID_REQUEST with every complaint
 */
export async function readProcessConfig(
  env: Environment,
  names: readonly string[],
  needed: readonly string[] = [],
): Promise<ProcessConfig> {
  const violations: FieldViolation[] = [];
  const complained = <T>(work: () => T): T | undefined => attempt(work, violations);
  const all = complained(() => withSecretFiles(env)) ?? env;
  const read = Object.fromEntries([...COMMON, ...names].map((name) => [name, all[name]]));
  const settings = complained(() => parseSettings(read));
  for (const field of needed)
    if (!read[field]?.trim()) violations.push({ field, message: 'is needed' });
  const gatewayUrl = env['GATEWAY_URL']?.trim() || 'http://127.0.0.1:8080';
  if (!/^https?:\/\//.test(gatewayUrl) || !URL.canParse(gatewayUrl))
    violations.push({ field: 'GATEWAY_URL', message: 'is an http:// or https:// address' });
  const secretsDir = env['SECRETS_DIR']?.trim() || '/var/openfaas/secrets';
  const tokens = tokensIn(secretsDir);
  requireToken(tokens, secretsDir, violations);
  if (!settings || violations.length > 0) throw invalidRequest(...violations);
  return Object.freeze({ settings, gatewayUrl, tokens, placement: await readPlacement(settings) });
}

/** The trade token: the calls of such a process may move money. */
function requireToken(tokens: Tokens, secretsDir: string, violations: FieldViolation[]): void {
  try {
    void tokens.trade;
  } catch (thrown) {
    const message = `${Failure.from(thrown).message} (${secretsDir})`;
    violations.push({ field: 'SECRETS_DIR', message });
  }
}

function attempt<T>(work: () => T, violations: FieldViolation[]): T | undefined {
  try {
    return work();
  } catch (thrown) {
    const { facts } = Failure.from(thrown);
    violations.push(...((facts['violations'] as readonly FieldViolation[] | undefined) ?? []));
    return undefined;
  }
}
