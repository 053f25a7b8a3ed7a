/**
 * A URL with a password belongs in a mounted secret, not in an environment that anyone who can list
 * the functions can read: `REDIS_URL_FILE` names a file that holds REDIS_URL.
 */
import { readFileSync } from 'node:fs';
import type { Failure } from '#shared/kernel/failure.ts';
import { invalidRequest } from '#shared/kernel/failure.ts';
import type { Environment } from './settings.ts';

const SETTING = 'REDIS_URL';
const FILE = `${SETTING}_FILE`;

/**
 * The environment with REDIS_URL from its file, where one is named.
 * @throws Failure INVALID_REQUEST naming REDIS_URL_FILE when both are set or the file cannot be read
 */
export function withSecretFiles(env: Environment): Environment {
  const file = env[FILE]?.trim();
  if (!file) return env;
  if (env[SETTING]?.trim()) throw complaint(`${SETTING} is set as well; one of them is enough`);
  return { ...env, [SETTING]: textOf(file) };
}

function textOf(file: string): string {
  try {
    const text = readFileSync(file, 'utf8').trim();
    if (text !== '') return text;
  } catch (cause) {
    throw complaint(`${file} cannot be read (${(cause as NodeJS.ErrnoException).code})`);
  }
  throw complaint(`${file} is empty`);
}

function complaint(message: string): Failure {
  return invalidRequest({ field: FILE, message });
}
