import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { build } from 'esbuild';
import {
  ThreadLost,
  WorkerPool,
  type PoolOptions,
} from '#gateway/runtime/executors/worker-pool.ts';
import { READY_PATH } from '#gateway/runtime/executors/worker-messages.ts';
import { wholeOf } from '#gateway/runtime/http/chunks.ts';
import type { FunctionEvent } from '#template/function.ts';
import { until } from '../../../support/until.ts';

const CHUNK = 1024 * 1024;

/** Handlers as a build would leave them. */
const handlers = {
  echo: `(event, context) => ({ status: 201, headers: { 'x-call': context.callId }, body: {
    path: event.path, query: event.query.get('q'), body: event.body.toString(), accept: event.headers.accept } })`,
  throws: `() => { throw new Error('on purpose'); }`,
  exits: `() => process.exit(3)`,
  rejects: `() => { Promise.reject(new Error('nobody waits for this')); return new Promise(() => {}); }`,
  spins: `() => { for (;;); }`,
  waits: `(event, { signal }) => new Promise((resolve) =>
    signal.addEventListener('abort', () => resolve({ body: 'stopped' })))`,
  large: `() => ({ body: (async function* () { for (let i = 0; i < 50; i += 1) {
    globalThis.sent = i + 1; yield new Uint8Array(${CHUNK}).fill(i); } })() })`,
  marked: `(globalThis.marks = (globalThis.marks ?? 0) + 1, () => ({ body: String(globalThis.marks) }))`,
  marks: `() => ({ body: String(globalThis.marks ?? 0) })`,
  sent: `() => ({ body: String(globalThis.sent) })`,
  breaks: `() => ({ body: (async function* () { yield 'one'; throw new Error('broke'); })() })`,
  prints: `() => { console.log('a line nobody asked for'); return { body: 'quiet' }; }`,
};

let root: string;
let pool: WorkerPool;

beforeAll(async () => {
  await mkdir('build', { recursive: true });
  root = await mkdtemp(resolve('build', 'threads-'));
  await build({
    entryPoints: ['gateway/runtime/executors/worker.ts'],
    outdir: root,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    packages: 'external',
    loader: { '.lua': 'text' },
  });
  for (const [name, source] of Object.entries(handlers)) {
    await mkdir(join(root, name));
    await writeFile(join(root, name, 'handler.js'), `export default ${source};\n`);
  }
});

beforeEach(() => {
  pool = openPool(1);
});
afterEach(() => pool.close());
afterAll(() => rm(root, { recursive: true, force: true }));

function openPool(threadsMax: number, options: Partial<PoolOptions> = {}): WorkerPool {
  return new WorkerPool({
    name: 'test',
    file: join(root, 'worker.js'),
    threadsMax,
    graceMs: 10_000,
    data: () => ({ root }),
    ...options,
  });
}

const event: FunctionEvent = {
  method: 'POST',
  path: '/a/b',
  query: new URLSearchParams('q=1'),
  headers: { accept: 'text/plain' },
  body: Buffer.from('hello'),
};

function run(folder: keyof typeof handlers, signal = new AbortController().signal) {
  return pool.run({ functionName: folder, folder, event, context: { callId: 'call-1', signal } });
}

it('passes the call to the thread and the answer back', async () => {
  const { status, headers, body } = await run('echo');
  expect(status).toBe(201);
  expect(headers).toEqual({ 'content-type': 'application/json', 'x-call': 'call-1' });
  expect(JSON.parse(String(body))).toEqual({
    path: '/a/b',
    query: '1',
    body: 'hello',
    accept: 'text/plain',
  });
});

it('fails a call whose handler throws, and keeps the thread', async () => {
  await expect(run('throws')).rejects.toThrow('on purpose');
  expect((await run('echo')).status).toBe(201);
});

it.each(['exits', 'rejects'] as const)(
  'loses only the call whose handler %s, and replaces the thread',
  async (folder) => {
    await expect(run(folder)).rejects.toThrow(ThreadLost);
    expect((await run('echo')).status).toBe(201);
  },
);

it('gives a waiting call a new thread when the old one dies', async () => {
  const lost = run('exits');
  const waiting = run('echo');
  await expect(lost).rejects.toThrow(ThreadLost);
  expect((await waiting).status).toBe(201);
});

it('ends a thread that keeps computing after its call was aborted', async () => {
  await pool.close();
  pool = openPool(1, { graceMs: 100 });
  await expect(run('spins', AbortSignal.timeout(100))).rejects.toThrow(ThreadLost);
  expect((await run('echo')).status).toBe(201);
});

it('aborts the handler when its caller leaves', async () => {
  await run('echo');
  const { body } = await run('waits', AbortSignal.timeout(100));
  expect(body).toBe('stopped');
});

it('does not start a call whose caller left while it waited for a thread', async () => {
  await run('echo');
  const first = run('waits', AbortSignal.timeout(200));
  await expect(run('echo', AbortSignal.timeout(50))).rejects.toThrow('timeout');
  await first;
  expect((await run('echo')).status).toBe(201);
});

it('passes an answer of 50 MB completely and in order', async () => {
  const { body } = await run('large');
  const bytes = await wholeOf(body);
  expect(bytes.length).toBe(50 * CHUNK);
  expect([0, 1, 25, 49].map((at) => bytes[at * CHUNK])).toEqual([0, 1, 25, 49]);
});

it('sends no faster than the answer is read, and stops when it is left', async () => {
  const { body } = await run('large');
  const chunks = (body as AsyncIterable<Uint8Array>)[Symbol.asyncIterator]();
  await chunks.next();
  await sleep(200);
  await chunks.return?.();
  const { body: sent } = await run('sent');
  expect(Number(sent)).toBeLessThan(25);
});

it('breaks the stream when the handler breaks it', async () => {
  const { body } = await run('breaks');
  await expect(wholeOf(body)).rejects.toThrow('broke');
  expect((await run('echo')).status).toBe(201);
});

it('runs as many calls side by side as it has threads', async () => {
  await pool.close();
  pool = openPool(2, { graceMs: 100 });
  const spinning = run('spins', AbortSignal.timeout(600));
  spinning.catch(() => undefined);
  expect((await run('echo')).status).toBe(201);
  await expect(spinning).rejects.toThrow(ThreadLost);
});

it('keeps what a function prints away from stdout', async () => {
  const write = jest.spyOn(process.stdout, 'write');
  expect((await run('prints')).body).toBe('quiet');
  await sleep(50);
  expect(write.mock.calls.flat().join('')).not.toContain('nobody asked');
  write.mockRestore();
});

it('ends a thread that was idle for so long, and starts one again at the next call', async () => {
  await pool.close();
  pool = openPool(2, { idleMs: 50 });
  await run('echo');
  expect(pool.size).toBe(1);
  await until(() => pool.size === 0);
  expect((await run('echo')).status).toBe(201);
});

it("is not kept alive by the host's checks", async () => {
  await pool.close();
  pool = openPool(2, { idleMs: 300 });
  await run('echo');
  const { signal } = new AbortController();
  for (;;) {
    await sleep(100);
    if (pool.size === 0) break;
    const question = { ...event, path: READY_PATH };
    const context = { callId: 'ready', signal };
    await pool.run({
      functionName: 'echo',
      folder: 'echo',
      event: question,
      context,
      isQuestion: true,
    });
  }
});

it('says when its last thread has ended because it was idle, and not when the host stops', async () => {
  await pool.close();
  const rests: number[] = [];
  pool = openPool(2, { idleMs: 50, onRest: () => void rests.push(pool.size) });
  await Promise.all([run('echo'), run('echo')]);
  await until(() => rests.length > 0);
  expect(rests).toEqual([0]);
  await run('echo');
  await pool.close();
  expect(rests).toEqual([0]);
});

it('has a thread read handlers that will be called, and starts no other for their calls', async () => {
  await pool.close();
  pool = openPool(2, { idleMs: 50 });
  pool.prepare({ folders: ['marked', 'there is none'], far: [] });
  pool.prepare({ folders: ['marked'], far: [] });
  expect(pool.size).toBe(1);
  // The time after which it ends begins with its first call.
  await sleep(200);
  for (let marks = '0'; marks !== '1';) marks = String((await run('marks')).body);
  expect((await run('marked')).body).toBe('1');
  await until(() => pool.size === 0);
  expect((await run('marks')).body).toBe('0');
});

it('prepares nothing where a thread is there', async () => {
  await run('echo');
  pool.prepare({ folders: ['marked'], far: [] });
  expect((await run('marks')).body).toBe('0');
  expect(pool.size).toBe(1);
});
