/** A gateway as an operator speaks to it. */
import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import { listedSchema, type Listed } from './differences.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** @throws Error in words: not reached, not let in, not understood */
export async function listFunctions(gateway: string, authorization: string): Promise<Listed> {
  const url = `${gateway}/system/functions`;
  const response = await fetch(url, { headers: { authorization } }).catch((cause: unknown) => {
    throw new Error(`${gateway} does not answer`, { cause });
  });
  if (response.status === 401)
    throw new Error(`${gateway} does not let us in: log in with faas-cli, or name --password-file`);
  if (!response.ok) throw new Error(`${url} answered ${response.status}: ${await response.text()}`);
  return listedSchema.parse(await response.json()) ?? [];
}

/**
 * The operator's name and password: from a file, else as `faas-cli login` stored them for the
 * gateway.
 */
export function authorizationOf(
  gateway: string,
  passwordFile: string | undefined,
  env: Environment,
): string {
  if (passwordFile !== undefined) {
    const password = readFileSync(passwordFile, 'utf8').trim();
    return `Basic ${Buffer.from(`admin:${password}`).toString('base64')}`;
  }
  const file = join(env['OPENFAAS_CONFIG'] ?? join(homedir(), '.openfaas'), 'config.yml');
  if (!existsSync(file)) return '';
  const config = parse(readFileSync(file, 'utf8')) as {
    auths?: { gateway: string; token: string }[];
  };
  const login = config.auths?.find((one) => one.gateway === gateway);
  return login ? `Basic ${login.token}` : '';
}

/** As faas-cli writes it: without a slash at the end, and `http://` where nothing is said. */
export function gatewayAddress(text: string): string {
  const plain = text.toLowerCase().replace(/\/+$/, '');
  return plain.startsWith('http') ? plain : `http://${plain}`;
}
