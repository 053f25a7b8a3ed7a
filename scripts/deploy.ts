/**
 * Deploys the functions of a board with faas-cli, and looks whether they are there:
 *
 *   npm run deploy -- --board FOLDER --gateway URL [--stack FILE] [--secrets FOLDER]
 *                     [--settings FILE] [--dry-run] [--password-file FILE]
 *
 * `--secrets`: files named like the secrets in deploy/faasd/secrets; each is created or brought up to date,
 * and mounted into every function. `--settings`: lines NAME=VALUE, set in every function. It returns when
 * every function answers. Running it twice changes nothing. Exit code 0, or 1 when a function was not
 * deployed.
 */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { differences } from './deploy/function-differences.ts';
import { findFaasCli, type FaasCli } from './deploy/find-faas-cli.ts';
import {
  authorizationOf,
  gatewayAddress,
  listFunctions,
  waitUntilServing,
} from './deploy/board-gateway.ts';
import { regexOf, servicesOf, requestedFunctions } from './deploy/board-functions.ts';

/** Where a function finds its secrets, and the settings that name those which are files. */
const MOUNTED = '/var/openfaas/secrets';
const SETTING_OF_SECRET: Readonly<Record<string, string>> = {
  'redis-url': 'REDIS_URL_FILE',
  'device-yaml': 'DEVICE_FILE',
  'services-yaml': 'SERVICES_FILE',
  'grpc-cert': 'GRPC_TLS_CERT',
  'grpc-key': 'GRPC_TLS_KEY',
  'grpc-ca': 'GRPC_TLS_CA',
};
const SERVES_WITHIN_MS = 30_000;
/** On faasd a function reaches the others of its board by this name. */
const GATEWAY_INSIDE = 'http://gateway:8080';

const { values } = parseArgs({
  options: {
    board: { type: 'string', default: 'deploy/boards/all-local' },
    gateway: { type: 'string', default: process.env['OPENFAAS_URL'] ?? 'http://127.0.0.1:8080' },
    stack: { type: 'string', default: 'stack.yml' },
    secrets: { type: 'string' },
    settings: { type: 'string' },
    'dry-run': { type: 'boolean', default: false },
    'password-file': { type: 'string' },
  },
});
const gateway = gatewayAddress(values.gateway);

let faasCliFound: FaasCli | undefined;

/** @returns whether it succeeded */
function faasCli(args: readonly string[], quiet = false): boolean {
  if (!quiet) console.log(['faas-cli', ...args].map(quoted).join(' '));
  if (values['dry-run']) return true;
  faasCliFound ??= findFaasCli(process.env);
  if ('missing' in faasCliFound) throw new Error(faasCliFound.missing);
  const { program } = faasCliFound;
  return spawnSync(program, args, { stdio: ['ignore', 'inherit', 'inherit'] }).status === 0;
}

function quoted(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

function secretNames(): string[] {
  return values.secrets === undefined ? [] : readdirSync(values.secrets).sort();
}

/** faas-cli ends with 0 even where the gateway refused a secret; the deployment will say so. */
function updateSecrets(): void {
  for (const name of secretNames()) {
    const file = join(values.secrets ?? '', name);
    const options = ['--from-file', file, '--gateway', gateway];
    faasCli(['secret', 'create', name, '--replace', ...options]);
  }
}

function settingsOf(): string[] {
  const lines =
    values.settings === undefined ? [] : readFileSync(values.settings, 'utf8').split('\n');
  const given = lines
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
  const files = secretNames().flatMap((name) => {
    const setting = SETTING_OF_SECRET[name];
    return setting === undefined ? [] : [`${setting}=${MOUNTED}/${name}`];
  });
  return [`GATEWAY_URL=${GATEWAY_INSIDE}`, ...files, ...given];
}

async function main(): Promise<number> {
  const services = servicesOf(values.board);
  updateSecrets();
  const deployed = faasCli([
    'deploy',
    '--yaml',
    values.stack,
    '--gateway',
    gateway,
    '--regex',
    regexOf(services),
    ...settingsOf().flatMap((setting) => ['--env', setting]),
    ...secretNames().flatMap((name) => ['--secret', name]),
  ]);
  if (values['dry-run']) return 0;
  const authorization = authorizationOf(gateway, values['password-file'], process.env);
  const requested = requestedFunctions(values.stack, services, process.env);
  const names = requested.map(({ name }) => name);
  const silent = await waitUntilServing(gateway, names, SERVES_WITHIN_MS);
  const lines = [
    ...silent.map((name) => `${name}: does not answer`),
    ...differences(requested, await listFunctions(gateway, authorization)),
  ];
  for (const line of lines) console.log(line);
  console.log(
    lines.length === 0
      ? `${requested.length} functions are deployed and ready`
      : 'not as it should be',
  );
  return deployed && lines.length === 0 ? 0 : 1;
}

process.exitCode = await main().catch((thrown: unknown) => {
  console.error(thrown instanceof Error ? thrown.message : thrown);
  return 2;
});
