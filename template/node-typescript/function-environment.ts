/** What a container gives its function: the environment, and the secrets that are mounted in it. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Environment, FunctionEnvironment } from './function.ts';

const SECRETS_DIR_DEFAULT = '/var/openfaas/secrets';
const SECRET_NAME = /^[A-Za-z0-9]([A-Za-z0-9._-]{0,252}[A-Za-z0-9])?$/;

/** @param env its `secret_mount_path` says where secrets lie, if not where OpenFaaS mounts them */
export function mounted(env: Environment = process.env): FunctionEnvironment {
  return { env, secret: (name) => readSecret(env['secret_mount_path'], name) };
}

/**
 * Read anew each time, so that a changed secret is seen. One newline at the end, which editors and
 * `echo` leave there, is no part of it.
 * @throws Error that names the secret, never its value
 */
export async function readSecret(
  folder: string | undefined = SECRETS_DIR_DEFAULT,
  name: string,
): Promise<string> {
  if (!SECRET_NAME.test(name)) throw new Error(`"${name}" is no name of a secret`);
  const text = await readFile(join(folder, name), 'utf8').catch((cause: unknown) => {
    throw new Error(`the secret "${name}" is not mounted`, { cause });
  });
  return text.replace(/\r?\n$/, '');
}
