/**
 * What a night of faults happens to: two boards with one Redis, a connector of its own process, a simulated broker, and
 * a Prometheus before all processes. The board `near` has all services but scoring, and functions that fail when asked to.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmdirSync } from 'node:fs';
import { cp, mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { build } from 'esbuild';
import { stringify, parse } from 'yaml';
import { DAY_MS, instantOf } from '#shared/kernel/instant.ts';
import { present } from '#shared/kernel/assert.ts';
import { serviceNames } from '#shared/contract/names.ts';
import { parseSettings } from '#shared/process/settings.ts';
import { openDependencies } from '#shared/runtime/dependencies.ts';
import type { Dependencies } from '#shared/runtime/context.ts';
import { CertificateStore } from '../../scripts/certificates/store.ts';
import { buildProgram, freshDataDir, removeDataDirs, type Run } from '../e2e/program.ts';
import { AlpacaMock, KEYS } from '../support/brokers/alpaca-mock.ts';
import { openBoards, type Board } from '../support/deployment/board-processes.ts';
import { startTestRedis, type TestRedis } from '../support/dependencies.ts';
import { freePort } from '../support/free-port.ts';
import { Receiver } from '../support/receiver.ts';
import { openPrometheus, type NightPrometheus } from './night-prometheus.ts';

export const NIGHT_PREFIX = 'night';
/** They crash, never end, and keep all memory when they are asked to. */
const badFunctions = ['exits', 'loops', 'leaks'] as const;
/** Debian's place for it, on any architecture. */
const faketime = readdirSync('/usr/lib')
  .map((folder) => `/usr/lib/${folder}/faketime/libfaketime.so.1`)
  .find((file) => existsSync(file));

export const hasClock = faketime !== undefined;
export const DISK_BYTES = 128 * 1024 * 1024;
/** Whether a small file system can be mounted here. */
export const hasDisk = process.getuid?.() === 0 && mounts();

export interface NightSystem {
  readonly near: Board;
  readonly far: Board;
  /** `host:port` of each process, the label `instance` of its alerts. */
  readonly instances: Readonly<Record<'near' | 'far' | 'connector' | 'facade', string>>;
  readonly redis: TestRedis;
  readonly broker: AlpacaMock;
  readonly stored: Dependencies;
  readonly certificates: CertificateStore;
  /** Of the board `near`. */
  readonly keyFile: string;
  readonly prometheus: NightPrometheus;
  /** Takes the notices. */
  readonly receiver: Receiver;
  /** A security in the currency of the account. */
  readonly isin: string;
  /** How much longer pauses are than with a scrape every five seconds. */
  readonly pauseScale: number;
  connector(): Run;
  startConnector(): Promise<void>;
  facade(): Run;
  startFacade(): Promise<void>;
  setClock(board: 'near' | 'far', offset: string): Promise<void>;
  /** Calls a function of `near` with the trade token. */
  call(path: string, body?: object, headers?: Readonly<Record<string, string>>): Promise<Response>;
  close(): Promise<void>;
}

/** @param isShort with a scrape every five seconds */
export async function openNight(isShort: boolean): Promise<NightSystem> {
  const program = buildProgram('night');
  const [redis, broker, folder] = [await startTestRedis(), new AlpacaMock(), await freshDataDir()];
  const [near, far, connectorPort] = [await freePort(), await freePort(), await freePort()];
  const facadePort = await freePort();
  const instances = {
    near: `127.0.0.1:${near}`,
    far: `127.0.0.1:${far}`,
    connector: `127.0.0.1:${connectorPort}`,
    facade: `127.0.0.1:${facadePort}`,
  };
  const clock = { near: join(folder, 'clock-near'), far: join(folder, 'clock-far') };
  const setClock: NightSystem['setClock'] = async (name, offset) => {
    // In one step: it is read at each call.
    await writeFile(`${clock[name]}.next`, offset);
    await rename(`${clock[name]}.next`, clock[name]);
  };
  await setClock('near', '+0');
  await setClock('far', '+0');
  const receiver = new Receiver();
  await receiver.listening();
  const { certificates, files } = await certificatesIn(join(folder, 'certificates'));
  const clockOf = (name: 'near' | 'far') =>
    faketime && {
      ...{ LD_PRELOAD: faketime, FAKETIME_TIMESTAMP_FILE: clock[name] },
      ...{ FAKETIME_NO_CACHE: '1', FAKETIME_DONT_FAKE_MONOTONIC: '1' },
    };
  const opened = await openBoards(
    program,
    {
      boards: [
        {
          name: 'near',
          has: serviceNames.filter((name) => name !== 'scoring'),
          isLate: true,
          env: {
            ...files,
            ...clockOf('near'),
            STACK_FILE: await stackWithBadFunctions(folder),
            GATEWAY_METRICS_PORT: String(near),
            EMBEDDED_PARTS: 'facade',
            BROKER: 'alpaca',
            BROKER_URL: await broker.start(),
            ...{ NOTICE_WEBHOOK: `${receiver.url}/night`, NOTICE_QUIET_HOURS: '0-0' },
          },
        },
        {
          name: 'far',
          has: ['scoring'],
          isLate: true,
          env: { ...clockOf('far'), GATEWAY_METRICS_PORT: String(far) },
        },
      ],
      protocol: 'http',
      env: { BASE_CURRENCY: 'USD', PLAN_DEPTH: '2', PLAN_ORDERS_MAX: '2', STATE_METRICS: 'on' },
    },
    { url: redis.url, prefix: NIGHT_PREFIX },
  );
  const [nearBoard, farBoard] = opened.boards;
  const board = present(farBoard, 'there are two boards');
  await keysOfBroker(nearBoard.dataDir);
  for (const one of [nearBoard, board]) {
    if (hasDisk) await mountDisk(one.dataDir);
    one.start();
  }
  await Promise.all([nearBoard.ready(), board.ready()]);
  let connector: Run | undefined;
  const startConnector = async (): Promise<void> => {
    connector = program.startProcess('gateway/connector/main.js', {
      ...{ DATA_DIR: nearBoard.dataDir, REDIS_URL: redis.url, REDIS_KEY_PREFIX: NIGHT_PREFIX },
      GATEWAY_URL: nearBoard.gatewayUrl,
      DEVICE_FILE: `${nearBoard.dataDir}-device.yaml`,
      SERVICES_FILE: `${nearBoard.dataDir}-services.yaml`,
      SECRETS_DIR: join(nearBoard.dataDir, 'function-secrets/openfaas-fn'),
      // The board's gateway shows it.
      ...{ CONNECTOR_METRICS_PORT: String(connectorPort), STATE_METRICS: 'off' },
    });
    await connector.says('connector-ready');
  };
  await startConnector();
  let facade: Run | undefined;
  const startFacade = async (): Promise<void> => {
    facade = program.startProcess('gateway/facade/main.js', {
      GATEWAY_URL: nearBoard.gatewayUrl,
      SECRETS_DIR: join(nearBoard.dataDir, 'function-secrets/openfaas-fn'),
      FACADE_METRICS_PORT: String(facadePort),
    });
    await facade.says('facade-ready');
  };
  await startFacade();
  const settings = {
    DATA_DIR: nearBoard.dataDir,
    REDIS_URL: redis.url,
    REDIS_KEY_PREFIX: NIGHT_PREFIX,
  };
  const stored = await openDependencies(parseSettings(settings), { tokens: null });
  const intervals = { scrape_interval: '5s', scrape_timeout: '5s', evaluation_interval: '1s' };
  const targets = Object.values(instances);
  const prometheus = await openPrometheus(targets, isShort ? intervals : {});
  const call: NightSystem['call'] = (path, body = {}, headers = {}) =>
    fetch(`${nearBoard.gatewayUrl}/function/${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${nearBoard.tradeToken}`, ...headers },
      body: JSON.stringify(body),
    });
  return {
    ...{ call, receiver, pauseScale: isShort ? 1 : 2, isin: await isinOf(call) },
    ...{ near: nearBoard, far: board, instances, redis, broker, stored, certificates, prometheus },
    keyFile: files.GRPC_TLS_KEY,
    ...{ connector: () => present(connector, 'it was started'), startConnector, setClock },
    ...{ facade: () => present(facade, 'it was started'), startFacade },
    close: async () => {
      await prometheus.close();
      await stored.close();
      for (const one of [connector, facade]) {
        one?.child.kill('SIGTERM');
        await one?.ended;
      }
      await Promise.all([nearBoard.end('SIGTERM'), board.end('SIGTERM')]);
      if (hasDisk) execFileSync('umount', [nearBoard.dataDir, board.dataDir]);
      await opened.close();
      receiver.close();
      await Promise.all([redis.stop(), broker.stop(), program.remove(), removeDataDirs()]);
    },
  };
}

async function isinOf(call: NightSystem['call']): Promise<string> {
  const answer = await call('universe-get-universe');
  const { securities } = (await answer.json()) as {
    readonly securities: readonly { readonly isin: string; readonly currency: string }[];
  };
  return present(
    securities.find(({ currency }) => currency === 'USD'),
    'there is one',
  ).isin;
}

/** A small file system in place of a folder, with what the folder has. */
async function mountDisk(folder: string): Promise<void> {
  const aside = `${folder}-aside`;
  await cp(folder, aside, { recursive: true });
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${DISK_BYTES},mode=0700`, 'none', folder]);
  await cp(aside, folder, { recursive: true });
}

function mounts(): boolean {
  const folder = mkdtempSync(join(tmpdir(), 'trader-mount-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'none', folder], { stdio: 'ignore' });
    execFileSync('umount', [folder], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  } finally {
    rmdirSync(folder);
  }
}

/** Issued on the first day, with a month left. */
async function certificatesIn(folder: string) {
  const certificates = new CertificateStore(folder);
  const now = instantOf(Date.now() - 30 * DAY_MS);
  await certificates.createAuthority(now);
  await certificates.issue({ name: 'near', sans: [] }, now);
  const at = (name: string): string => join(folder, `near/current/${name}.pem`);
  const files = { GRPC_TLS_CERT: at('cert'), GRPC_TLS_KEY: at('key'), GRPC_TLS_CA: at('ca') };
  return { certificates, files };
}

async function keysOfBroker(dataDir: string): Promise<void> {
  const secrets = join(dataDir, 'function-secrets/openfaas-fn');
  await writeFile(join(secrets, 'alpaca-key-id'), KEYS.keyId);
  await writeFile(join(secrets, 'alpaca-secret-key'), KEYS.secretKey);
  await writeFile(join(secrets, 'webhook-key'), 'of a test');
}

/** The stack file of the project, and the functions that fail. @returns its path */
async function stackWithBadFunctions(folder: string): Promise<string> {
  const root = resolve('build', `night-functions-${process.pid}`);
  await mkdir(root, { recursive: true });
  await build({
    entryPoints: badFunctions.map((name) => `tests/fixtures/functions/${name}/handler.ts`),
    outdir: root,
    outbase: 'tests/fixtures/functions',
    ...{ bundle: true, format: 'esm', platform: 'node', target: 'node20', logLevel: 'error' },
  });
  const stack = parse(await readFile('stack.yml', 'utf8')) as { functions: object };
  const bad = badFunctions.map((name) => [
    name,
    {
      ...{ lang: 'node-typescript', handler: join(root, name), image: `night/${name}:latest` },
      environment: { exec_timeout: '1s' },
      limits: { memory: '64Mi' },
    },
  ]);
  const file = join(folder, 'stack.yml');
  const functions = { ...stack.functions, ...(Object.fromEntries(bad) as object) };
  await writeFile(file, stringify({ ...stack, functions }));
  return file;
}
