/** Operator's client of a gateway. */
import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseYaml } from '#shared/process/bounded-yaml.ts';
import { listedSchema, statusSchema, type Listed } from './function-differences.ts';

type Environment = Readonly<Record<string, string | undefined>>;

type One = Listed[number];

/**
 * What is deployed. faasd's list has `replicas` and never `availableReplicas`, which its status of
 * one function has; elsewhere a list without it may mean that none is available. So it is asked for.
 * @throws Error in words: not reached, not let in, not understood
 */
export async function listFunctions(gateway: string, authorization: string): Promise<Listed> {
  const answer = await ask(gateway, '/system/functions', authorization);
  const listed = listedSchema.parse(await answer.json()) ?? [];
  return Promise.all(listed.map((one) => withAvailability(gateway, authorization, one)));
}

async function withAvailability(gateway: string, authorization: string, one: One): Promise<One> {
  if (typeof one.availableReplicas === 'number' || !one.replicas) return one;
  const path = `/system/function/${encodeURIComponent(one.name)}`;
  const { availableReplicas } = statusSchema.parse(
    await (await ask(gateway, path, authorization)).json(),
  );
  return { ...one, availableReplicas };
}

async function ask(gateway: string, path: string, authorization: string): Promise<Response> {
  const url = `${gateway}${path}`;
  const response = await fetch(url, { headers: { authorization } }).catch((cause: unknown) => {
    throw new Error(`${gateway} does not answer`, { cause });
  });
  if (response.status === 401)
    throw new Error(`${gateway} does not let us in: log in with faas-cli, or name --password-file`);
  if (!response.ok) throw new Error(`${url} answered ${response.status}: ${await response.text()}`);
  return response;
}

const PAUSE_MS = 250;

/**
 * Calls `/_/health` of each function until it answers, which also starts what sleeps on faasd: only
 * then is a call of a caller who does not try again sure to find the function.
 * @returns the names of those that did not answer in time
 */
export async function waitUntilServing(
  gateway: string,
  names: readonly string[],
  limitMs: number,
): Promise<string[]> {
  const untilMs = Date.now() + limitMs;
  const serves = async (name: string): Promise<boolean> => {
    for (;;) {
      const signal = AbortSignal.timeout(Math.max(untilMs - Date.now(), 1));
      const url = `${gateway}/function/${name}/_/health`;
      const answer = await fetch(url, { signal }).catch(() => undefined);
      await answer?.arrayBuffer().catch(() => undefined);
      if (answer?.status === 200) return true;
      if (Date.now() + PAUSE_MS >= untilMs) return false;
      await sleep(PAUSE_MS);
    }
  };
  const found = await Promise.all(names.map(serves));
  return names.filter((_name, index) => !found[index]);
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
  const config = parseYaml(readFileSync(file, 'utf8')) as {
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
