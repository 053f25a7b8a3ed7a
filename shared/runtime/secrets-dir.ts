/** The folder with the secrets of functions. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Settings } from '#shared/process/settings.ts';

const MOUNTED = '/var/openfaas/secrets';

/** Where functions have their secrets mounted; an installation in one process has them in its data. */
export function functionSecretsDir({ dataDir }: Pick<Settings, 'dataDir'>): string {
  const stated = process.env['SECRETS_DIR'] || process.env['secret_mount_path'];
  const own = join(dataDir, 'function-secrets/openfaas-fn');
  return stated || (existsSync(own) ? own : MOUNTED);
}
