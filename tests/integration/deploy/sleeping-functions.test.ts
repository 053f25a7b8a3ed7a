/** `npm run deployed` against a gateway as faasd's is after a reboot: functions are there and sleep until they are called. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { requestedFunctions, servicesOf } from '../../../scripts/deploy/board-functions.ts';

const STACK = 'stack.packed.yml';
const BOARD = 'deploy/boards/compute-state/state';
let folder: string;
let server: Server;
let awake: Set<string>;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sleeping-'));
  await writeFile(join(folder, 'password'), 'secret');
  awake = new Set(['universe']);
  const requested = requestedFunctions(STACK, servicesOf(BOARD), process.env);
  const listed = requested.map((one) => ({ ...one, replicas: 1, envVars: one.environment }));
  server = createServer(({ url = '' }, response) => {
    const called = /^\/function\/([^/]+)\//.exec(url)?.[1];
    const asked = /^\/system\/function\/([^/]+)/.exec(url)?.[1];
    if (called !== undefined) awake.add(called);
    if (called !== undefined) return void response.end();
    if (asked === undefined) return void response.end(JSON.stringify(listed));
    response.end(JSON.stringify({ name: asked, availableReplicas: awake.has(asked) ? 1 : 0 }));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterEach(async () => {
  server.closeAllConnections();
  server.close();
  await rm(folder, { recursive: true });
});

async function deployed(...options: readonly string[]): Promise<string> {
  const gateway = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const args = ['--gateway', gateway, '--board', BOARD, '--stack', STACK];
  const password = ['--password-file', join(folder, 'password')];
  const script = ['scripts/run.mjs', 'scripts/deployed.ts', ...args, ...password, ...options];
  const child = spawn(process.execPath, script, { stdio: ['ignore', 'pipe', 'inherit'] });
  let said = '';
  child.stdout.on('data', (chunk: Buffer) => (said += String(chunk)));
  await once(child, 'close');
  return said;
}

test('what sleeps is named, and nothing is called', async () => {
  const said = await deployed();
  expect(said).toContain('portfolio: is not ready');
  expect(said).not.toContain('universe: is not ready');
  expect([...awake]).toEqual(['universe']);
});

test('with --wake it is called, and is ready', async () => {
  expect(await deployed('--wake')).not.toContain('is not ready');
  expect([...awake].sort()).toEqual(['portfolio', 'trading', 'universe']);
});
