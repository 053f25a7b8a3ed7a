/** What is compared: how each is started, and how its functions are called. */
import { execFile, type ChildProcess } from 'node:child_process';
import { existsSync, readlinkSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { parse, stringify } from 'yaml';
import { packedPath } from '#shared/contract/catalogue.ts';
import type { Operation } from '#shared/contract/row.ts';
import { tokenNames } from '#shared/runtime/tokens.ts';
import { end, hears, start } from '../children.ts';
import { pssMb, treeOf } from '../runtime/process-figures.ts';
import type { Image } from './bundles.ts';
import { Router } from './router.ts';

export interface Candidate {
  readonly processes: readonly ChildProcess[];
  /** Where an operation is called. */
  address(operation: Operation): string;
  close(): Promise<void>;
}

/** A Redis, and a folder with the tokens that guard the functions. */
export interface FunctionEnvironment {
  readonly redisUrl: string;
  readonly keyPrefix: string;
  readonly dataDir: string;
  /** A folder of prices; the sample without it. */
  readonly marketDir?: string | undefined;
}

export const TOKEN = 'token-of-the-benchmark';
const CYCLE = 'gateway-trigger-trading-cycle';
const PASSWORD = 'password of the benchmark';

export function memoryMb({ processes }: Candidate): number {
  return processes.reduce((total, { pid = 0 }) => total + pssMb(pid), 0);
}

/** Where the tokens lie in a folder of data. */
export function secretsIn(dataDir: string): string {
  return join(dataDir, 'function-secrets', 'openfaas-fn');
}

async function prepare({ dataDir }: FunctionEnvironment): Promise<string> {
  const secrets = secretsIn(dataDir);
  await mkdir(secrets, { recursive: true, mode: 0o700 });
  await mkdir(join(dataDir, 'secrets'), { mode: 0o700 });
  await writeFile(join(dataDir, 'secrets/basic-auth-password'), PASSWORD, { mode: 0o600 });
  for (const name of tokenNames) await writeFile(join(secrets, name), TOKEN, { mode: 0o600 });
  return secrets;
}

function environment({ redisUrl, keyPrefix, marketDir }: FunctionEnvironment): NodeJS.ProcessEnv {
  return {
    PATH: process.env['PATH'],
    ...(marketDir && { MARKET_DATA: `csv:${marketDir}` }),
    REDIS_URL: redisUrl,
    REDIS_KEY_PREFIX: keyPrefix,
    PLAN_DEPTH: '2',
  };
}

/**
 * The program that `npm start` runs.
 * @param whole with its first trading cycle, connector and gRPC facade; else the gateway with its
 *   functions alone, and the function that trades is deployed when the program runs
 */
export async function openEmbedded(
  functionEnvironment: FunctionEnvironment,
  { dist, whole }: { readonly dist: string; readonly whole: boolean },
): Promise<Candidate> {
  const { dataDir } = functionEnvironment;
  await prepare(functionEnvironment);
  const stack = parse(await readFile('stack.yml', 'utf8')) as { functions: Record<string, object> };
  if (!whole) delete stack.functions[CYCLE];
  const stackFile = join(dataDir, 'stack.yml');
  await writeFile(stackFile, stringify(stack));
  const child = start(
    process.execPath,
    [...(await startFlags()), join(dist, 'gateway/embedded/main.js')],
    {
      stdio: ['ignore', 'pipe', 'ignore'],
      env: {
        ...environment(functionEnvironment),
        DATA_DIR: dataDir,
        STACK_FILE: stackFile,
        GATEWAY_PORT: '0',
        GRPC_PORT_BASE: '0',
        EMBEDDED_PARTS: whole ? 'facade,connector' : 'none',
      },
    },
  );
  const [, url = ''] = await hears(child, 'stdout', /Running at (http:\S+);/);
  if (!whole) await deploy(url, CYCLE);
  return {
    processes: [child],
    address: ({ name }) => `${url}/function/${name}`,
    close: () => end(child),
  };
}

/** The options that `npm start` gives Node. */
async function startFlags(): Promise<readonly string[]> {
  const { scripts } = JSON.parse(await readFile('package.json', 'utf8')) as {
    scripts: { start: string };
  };
  return scripts.start.split(' ').filter((word) => word.startsWith('--'));
}

async function deploy(gateway: string, service: string): Promise<void> {
  const credentials = Buffer.from(`admin:${PASSWORD}`).toString('base64');
  const { ok, status } = await fetch(`${gateway}/system/functions`, {
    method: 'POST',
    headers: { authorization: `Basic ${credentials}`, 'content-type': 'application/json' },
    body: JSON.stringify({ service, image: service, secrets: tokenNames }),
  });
  if (!ok) throw new Error(`${service} was not deployed: ${status}`);
}

/** A process a function, as their images start it. */
export async function openContainers(
  functionEnvironment: FunctionEnvironment,
  images: ReadonlyMap<string, Image>,
): Promise<Candidate & { readonly url: string }> {
  const secrets = await prepare(functionEnvironment);
  const router = await Router.open();
  const [program = '', ...args] = await imageCommand();
  const env = {
    ...environment(functionEnvironment),
    ...(await imageEnvironment()),
    GATEWAY_URL: router.url,
    secret_mount_path: secrets,
    suppress_lock: 'true',
    exec_timeout: '10m',
    read_timeout: '10m',
    write_timeout: '10m',
    port: '0',
    metrics_port: '0',
  };
  const processes: ChildProcess[] = [];
  for (const [name, { folder: cwd }] of images) {
    const run = program === 'node' ? process.execPath : program;
    const child = start(run, args, { cwd, env, stdio: ['ignore', 'ignore', 'pipe'] });
    processes.push(child);
    const [, port = ''] = await hears(child, 'stderr', /"event":"serving".*"port":(\d+)/);
    router.ports.set(name, Number(port));
  }
  return {
    url: router.url,
    processes,
    address: (operation) => {
      const single = router.ports.has(operation.name);
      return `${router.url}/function/${single ? operation.name : packedPath(operation)}`;
    },
    close: async () => {
      router.close();
      await Promise.all(processes.map(end));
    },
  };
}

async function imageEnvironment(): Promise<NodeJS.ProcessEnv> {
  const dockerfile = await readFile('template/node-typescript/Dockerfile', 'utf8');
  const [, pairs = ''] = /^ENV (.*)$/m.exec(dockerfile) ?? [];
  return Object.fromEntries(pairs.split(' ').map((pair) => pair.split('=')));
}

async function imageCommand(): Promise<readonly string[]> {
  const dockerfile = await readFile('template/node-typescript/Dockerfile', 'utf8');
  return JSON.parse(/^CMD (\[.*\])$/m.exec(dockerfile)?.[1] ?? '[]') as string[];
}

/**
 * Pairs of of-watchdog and the official node template, where both are installed: OF_WATCHDOG names
 * the program, NODE_TEMPLATE the folder with its `index.js` and modules. Each pair has a network of
 * its own, as in its container, because every watchdog wants the same port for its metrics.
 */
export async function openOfficial(pairs: number): Promise<Candidate | undefined> {
  const { OF_WATCHDOG: watchdog, NODE_TEMPLATE: folder } = process.env;
  if (!watchdog || !folder || !existsSync(watchdog) || !existsSync(folder)) return undefined;
  const env = {
    PATH: process.env['PATH'],
    mode: 'http',
    port: '8080',
    http_port: '3000',
    upstream_url: 'http://127.0.0.1:3000',
    fprocess: `${process.execPath} index.js`,
    suppress_lock: 'true',
    prefix_logs: 'false',
  };
  const ownNetwork = ['-rn', 'sh', '-c', 'ip link set lo up && exec "$0"', watchdog];
  const processes: ChildProcess[] = [];
  const close = async (): Promise<void> => {
    for (const child of processes) await endPair(child);
  };
  try {
    for (let pair = 0; pair < pairs; pair += 1) {
      const child = start('unshare', ownNetwork, { cwd: folder, stdio: 'ignore', env });
      processes.push(child);
      await callPair(child);
    }
  } catch (thrown) {
    await close();
    throw thrown;
  }
  return { processes, address: () => '', close };
}

/** Calls from within the pair's network, again until it is answered. */
const CALL = `
  const request = { method: 'POST', body: '{}', headers: { 'content-type': 'application/json' } };
  const call = (left) => fetch('http://127.0.0.1:8080/', request)
    .then(({ ok }) => ok || Promise.reject(new Error('not yet')))
    .catch((thrown) => {
      if (left === 0) throw thrown;
      return new Promise((resolve) => setTimeout(resolve, 50)).then(() => call(left - 1));
    });
  call(200);
`;

async function callPair({ pid = 0 }: ChildProcess): Promise<void> {
  const within = ['--preserve-credentials', '-U', '-n', '-t', String(pid)];
  // It may not have come to its network yet.
  for (let attempt = 0; readlinkSync(`/proc/${pid}/ns/net`) === OUR_NETWORK; attempt += 1) {
    if (attempt === 100) throw new Error('there is no network of its own to be had');
    await sleep(20);
  }
  await promisify(execFile)('nsenter', [...within, process.execPath, '-e', CALL]);
}

const OUR_NETWORK = readlinkSync('/proc/self/ns/net');

/** A watchdog that is ended by force leaves its template behind. */
async function endPair(watchdog: ChildProcess): Promise<void> {
  const inner = treeOf(watchdog.pid ?? 0).slice(1);
  await end(watchdog);
  for (const pid of inner) process.kill(pid, 'SIGKILL');
}
