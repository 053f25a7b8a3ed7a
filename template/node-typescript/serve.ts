/**
 * Serves one handler as OpenFaaS expects of a container: on `port` (8080), with a lock file that says
 * it is ready, and a stop that lets running calls end.
 */
import { randomUUID } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { durationMs } from './durations.ts';
import type { FunctionHandler } from './function.ts';
import { door } from './server.ts';

export interface Served {
  readonly port: number;
  /** Says it is no longer there, waits until callers know, and lets running calls end. */
  drain(): Promise<void>;
}

type Environment = Readonly<Record<string, string | undefined>>;

const PORT_DEFAULT = 8080;
const WRITE_TIMEOUT_MS_DEFAULT = 30_000;
const HEALTHCHECK_MS_DEFAULT = 1_000;

export async function serve(handler: FunctionHandler, env: Environment): Promise<Served> {
  const app = door(handler);
  let stopping = false;
  const server = createServer((request, response) => {
    request.headers['x-call-id'] ??= randomUUID();
    if (!stopping || !request.url?.startsWith('/_/')) return void app(request, response);
    response.statusCode = 503;
    response.end('stopping');
  });
  await listen(server, Number(env['port'] ?? PORT_DEFAULT));
  const lock = join(env['TMPDIR'] ?? tmpdir(), '.lock');
  const writesLock = env['suppress_lock'] !== 'true';
  if (writesLock) await writeFile(lock, '');
  return {
    port: (server.address() as AddressInfo).port,
    drain: async () => {
      stopping = true;
      await rm(lock, { force: true });
      await sleep(durationMs(env['healthcheck_interval'] ?? '') ?? HEALTHCHECK_MS_DEFAULT);
      await end(server, durationMs(env['write_timeout'] ?? '') ?? WRITE_TIMEOUT_MS_DEFAULT);
    },
  };
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, resolve);
  });
}

async function end(server: Server, limitMs: number): Promise<void> {
  const ended = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  const timer = setTimeout(() => server.closeAllConnections(), limitMs);
  await ended;
  clearTimeout(timer);
}
