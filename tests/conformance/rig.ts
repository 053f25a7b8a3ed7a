/**
 * A whole runtime for the tests of the sheet: gateway, host, deployments, queue and metrics on a Redis
 * and a data folder of their own, over the functions of `tests/fixtures/functions`. Each of them is
 * deployed under its own name when the rig opens, and is an image that can be deployed again under
 * any other.
 */
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { build } from 'esbuild';
import { openFunctions } from '#gateway/runtime/open-functions.ts';
import { openRuntime, type Runtime } from '#gateway/runtime/runtime.ts';
import { SecretFiles } from '#gateway/runtime/deployments/secret-files.ts';
import type { StackFunction } from '#gateway/runtime/deployments/stack-file.ts';
import { openLog } from '#shared/process/log.ts';
import type { AuditTrail } from '#shared/runtime/audit/audit-trail.ts';
import type { FunctionHandler } from '#template/function.ts';
import { startTestRedis, type TestRedis } from '../support/dependencies.ts';

const FIXTURES = 'tests/fixtures/functions';
const ADMIN_PASSWORD = 'open sesame: truly';

interface Module {
  readonly default: FunctionHandler;
}

export interface CallOptions {
  readonly headers?: Readonly<Record<string, string>>;
  /** Bytes and text go as they are, all else as JSON. */
  readonly body?: unknown;
  /** Send the operator's name and password. */
  readonly auth?: boolean;
  readonly signal?: AbortSignal;
}

export interface RigOptions {
  /** Fixtures deployed at the start, as a stack file would; absent: all. */
  readonly fixtures?: readonly string[];
  /** Parts of these fixtures' deployments, by name. */
  readonly spec?: Readonly<Record<string, Partial<StackFunction>>>;
  readonly bodyBytesMax?: number;
  /** Gets what is changed through the API. */
  readonly audit?: (redis: TestRedis) => Promise<AuditTrail>;
}

export interface Rig {
  readonly url: string;
  readonly metricsUrl: string;
  /** The operator's `Authorization` header. */
  readonly auth: string;
  readonly adminPassword: string;
  readonly redis: TestRedis;
  readonly dataDir: string;
  call(method: string, path: string, options?: CallOptions): Promise<Response>;
  /** Deploys a fixture through the API; `overrides` are fields of the FunctionDeployment. */
  deploy(fixture: string, overrides?: Readonly<Record<string, unknown>>): Promise<Response>;
  /** Everything the runtime has logged since it opened. */
  logText(): string;
  /** Stops the runtime and opens it again on the same Redis and data folder. */
  restart(): Promise<void>;
  close(): Promise<void>;
}

/** Bundles fixtures and worker once for this process; the folder lies in the project, where modules are found. */
let bundled: Promise<string> | undefined;

async function bundle(): Promise<string> {
  await mkdir('build', { recursive: true });
  const root = await mkdtemp(resolve('build', 'rig-'));
  const names = await readdir(FIXTURES);
  await build({
    entryPoints: [
      'gateway/runtime/executors/worker.ts',
      ...names.map((name) => `${FIXTURES}/${name}/handler.ts`),
    ],
    outdir: root,
    outbase: '.',
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    packages: 'external',
    loader: { '.lua': 'text' },
    logLevel: 'error',
  });
  return root;
}

export async function openRig(options: RigOptions = {}): Promise<Rig> {
  const root = await (bundled ??= bundle());
  const redis = await startTestRedis();
  const dataDir = await mkdtemp(join(tmpdir(), 'trader-rig-'));
  const lines: string[] = [];
  const audit = await options.audit?.(redis);
  const open = () => openParts(root, redis.url, dataDir, lines, { ...options, trail: audit });
  let parts = await open();
  const auth = `Basic ${Buffer.from(`admin:${ADMIN_PASSWORD}`).toString('base64')}`;
  const call: Rig['call'] = (method, path, { headers = {}, body, auth: withAuth, signal } = {}) => {
    const isRaw = body === undefined || typeof body === 'string' || body instanceof Uint8Array;
    return fetch(`${parts.runtime.url}${path}`, {
      method,
      redirect: 'manual',
      headers: {
        ...(withAuth && { authorization: auth }),
        ...(!isRaw && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body !== undefined && {
        body: isRaw ? (body as string | Uint8Array<ArrayBuffer>) : JSON.stringify(body),
      }),
      ...(signal && { signal }),
    });
  };
  return {
    get url() {
      return parts.runtime.url;
    },
    get metricsUrl() {
      return parts.runtime.metricsUrl ?? '';
    },
    auth,
    adminPassword: ADMIN_PASSWORD,
    redis,
    dataDir,
    call,
    deploy: async (fixture, overrides = {}) => {
      const body = { service: fixture, image: `fixtures/${fixture}:latest`, ...overrides };
      const updated = await call('PUT', '/system/functions', { body, auth: true });
      if (updated.status !== 404) return updated;
      return call('POST', '/system/functions', { body, auth: true });
    },
    logText: () => lines.join('\n'),
    restart: async () => {
      await parts.close();
      // Where it does not open again, there is nothing left to close.
      parts = { ...parts, close: async () => undefined };
      parts = await open();
    },
    close: async () => {
      await parts.close();
      await redis.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

afterAll(async () => {
  const root = await bundled;
  if (root !== undefined) await rm(root, { recursive: true, force: true });
});

async function openParts(
  root: string,
  redisUrl: string,
  dataDir: string,
  lines: string[],
  options: RigOptions & { readonly trail: AuditTrail | undefined },
): Promise<{ readonly runtime: Runtime; close(): Promise<void> }> {
  const log = openLog('debug', (line) => void lines.push(line));
  const secrets = await SecretFiles.open(join(dataDir, 'function-secrets'));
  const { host, deployments } = await openFunctions({
    stack: await stackOf(options),
    programs: (await readdir(FIXTURES)).map((name) => ({ name, folder: `${FIXTURES}/${name}` })),
    dataDir,
    // For those that a test lets share this thread; jest loads what is imported here.
    load: async (folder) => {
      const { default: handler } = (await import(`../../${folder}/handler.ts`)) as Module;
      return handler;
    },
    log,
    env: process.env,
    secrets,
    threads: {
      file: join(root, 'gateway/runtime/executors/worker.js'),
      root,
      operationsMax: 1,
      graceMs: 500,
    },
  });
  const runtime = await openRuntime({
    host,
    address: '127.0.0.1',
    port: 0,
    credentials: { user: 'admin', password: ADMIN_PASSWORD },
    build: '1.2.3+abcdef',
    log,
    tokens: null,
    audit: options.trail,
    metricsPort: 0,
    ...(options.bodyBytesMax !== undefined && { bodyBytesMax: options.bodyBytesMax }),
    secrets,
    deployments,
    queue: { redisUrl, prefix: 'rig' },
  });
  return {
    runtime,
    close: async () => {
      await runtime.close(500);
      await host.close();
    },
  };
}

async function stackOf({ fixtures, spec = {} }: RigOptions): Promise<StackFunction[]> {
  const names = fixtures ?? (await readdir(FIXTURES));
  return names.map((name) => ({
    name,
    handler: `${FIXTURES}/${name}`,
    image: `fixtures/${name}:latest`,
    environment: {},
    labels: {},
    annotations: {},
    secrets: [],
    ...spec[name],
  }));
}
