/** The sheet's section 8.6: what a container of the template promises to its platform. */
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import { connect, createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import request from 'supertest';
import { readLimits } from '#template/limits/function-limits.ts';
import { readSecret } from '#template/function-environment.ts';
import { launch, startContainer, type Container } from '../support/deployment/container-process.ts';
import { DockerfileBuilder, type Image } from '../support/deployment/dockerfile.ts';
import { assemble } from '../support/deployment/shrinkwrap.ts';
import { row } from './row-test.ts';
import { wire } from './raw-http.ts';
import { freePort } from '../support/free-port.ts';
import { until } from '../support/until.ts';
import { undocumentedFields } from '../support/log-fields.ts';

let folder: string;
let image: Image;
let officialImage: Image;
let exampleImage: Image;
const running: { stop(): Promise<void> }[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'contract-'));
  await chmod(folder, 0o755);
  const builder = new DockerfileBuilder(folder);
  const imageOf = async (name: string): Promise<Image> => {
    const spec = { lang: 'node-typescript', handler: `tests/fixtures/containers/${name}` };
    await assemble(spec, join(folder, name));
    return builder.build(join(folder, name));
  };
  image = await imageOf('all');
  officialImage = await imageOf('official');
  exampleImage = await imageOf('official-example');
});
afterAll(() => rm(folder, { recursive: true, force: true }));
afterEach(async () => {
  for (const container of running.splice(0)) await container.stop();
});

async function start(env: Record<string, string> = {}, of = image): Promise<Container> {
  const container = await startContainer(of, env);
  running.push(container);
  return container;
}

async function statusOf(url: string, init?: RequestInit): Promise<number> {
  const answer = await fetch(url, init);
  await answer.arrayBuffer();
  return answer.status;
}

/** A call that is running when this returns; its answer may fail. */
async function begin(container: Container, path: string): Promise<{ answer: Promise<Response> }> {
  const answer = fetch(`${container.url}${path}`);
  answer.catch(() => undefined);
  await until(async () => {
    const text = await (await fetch(`${container.metricsUrl}/metrics`)).text();
    return text.includes('http_requests_in_flight 1');
  });
  return { answer };
}

/** A call that runs until it is let go. */
async function hold(container: Container) {
  const file = join(container.tmp, 'let-go');
  const { answer } = await begin(container, `/held?file=${encodeURIComponent(file)}`);
  return { answer, letGo: () => writeFile(file, '') };
}

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

row(114, async () => {
  expect(readLimits({})).toMatchObject({ port: 8080, metricsPort: 8081 });
  const port = await freePort();
  const { url } = await start({ port: String(port) });
  expect(url).toBe(`http://127.0.0.1:${port}`);
  for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']) {
    const answer = await fetch(`${url}/a%2Fb/c?x=1&x=2`, { method });
    expect(await answer.json()).toMatchObject({ method, path: '/a%2Fb/c', query: 'x=1&x=2' });
  }
});

row(115, async () => {
  const port = await freePort();
  const starting = await launch(image, { port: String(port), STARTS_AFTER_MS: '400' });
  running.push(starting);
  const url = `http://127.0.0.1:${port}`;
  // Nobody listens yet, or it is said that the handler is not loaded.
  expect([0, 503]).toContain(await statusOf(`${url}/_/health`).catch(() => 0));
  expect(await exists(join(starting.tmp, '.lock'))).toBe(false);
  await starting.serving;

  const container = await start({ healthcheck_interval: '3s' });
  const health = await fetch(`${container.url}/_/health`);
  expect([health.status, await health.text()]).toEqual([200, 'OK']);
  expect(await statusOf(`${container.url}/_/health`, { method: 'POST' })).toBe(405);
  await rm(join(container.tmp, '.lock'));
  expect(await statusOf(`${container.url}/_/health`)).toBe(503);
  await writeFile(join(container.tmp, '.lock'), '');
  expect(await statusOf(`${container.url}/_/health`)).toBe(200);
  container.process.kill('SIGTERM');
  await until(async () => (await statusOf(`${container.url}/_/health`)) === 503);
  expect(await statusOf(`${container.url}/echo`)).toBe(200);
  expect(await container.exit).toEqual([0, null]);
});

row(116, async () => {
  const container = await start({ max_inflight: '1', healthcheck_interval: '3s' });
  const ready = `${container.url}/_/ready`;
  expect(await statusOf(ready)).toBe(200);
  expect(await statusOf(ready, { method: 'POST' })).toBe(405);
  const { answer, letGo } = await hold(container);
  expect(await statusOf(ready)).toBe(429);
  expect(await statusOf(`${container.url}/_/health`)).toBe(200);
  const refused = await fetch(`${container.url}/echo`);
  expect([refused.status, await refused.text()]).toEqual([
    429,
    'Concurrent request limit exceeded. Max concurrent requests: 1\n',
  ]);
  expect(refused.headers.get('x-openfaas-internal')).toBe('faas-middleware');
  expect(refused.headers.get('content-type')).toMatch(/^text\/plain/);
  await letGo();
  expect((await answer).status).toBe(200);
  expect(await statusOf(ready)).toBe(200);
  container.process.kill('SIGTERM');
  await until(async () => (await statusOf(ready)) === 503);

  const own = await start({ ready_path: '/is-ready', max_inflight: '1' });
  expect(await statusOf(`${own.url}/_/ready`)).toBe(418);
  const without = await start({ WITHOUT_DATABASE: 'true' });
  const says = await fetch(`${without.url}/_/ready`);
  expect([says.status, await says.text()]).toEqual([503, 'the database does not answer']);
});

row(117, async () => {
  const { url, metricsUrl } = await start();
  await statusOf(`${url}/echo`, { method: 'POST', body: 'x' });
  await statusOf(`${url}/throw`);
  await statusOf(`${url}/_/health`);
  const answer = await fetch(`${metricsUrl}/metrics`);
  const text = await answer.text();
  expect(answer.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
  for (const line of [
    '# TYPE http_requests_total counter',
    'http_requests_total{code="200",method="post"} 1',
    'http_requests_total{code="500",method="get"} 1',
    '# TYPE http_request_duration_seconds histogram',
    'http_request_duration_seconds_bucket{code="200",method="post",le="+Inf"} 1',
    'http_request_duration_seconds_count{code="500",method="get"} 1',
    '# TYPE http_requests_in_flight gauge',
    'http_requests_in_flight 0',
  ])
    expect(text.split('\n')).toContain(line);
  expect(text).not.toContain('code="200",method="get"');
  expect(await statusOf(`${metricsUrl}/`)).toBe(404);
});

row(118, async () => {
  const names = {
    read_timeout: 'readTimeoutMs',
    write_timeout: 'writeTimeoutMs',
    exec_timeout: 'execTimeoutMs',
    healthcheck_interval: 'healthcheckIntervalMs',
  } as const;
  for (const [name, field] of Object.entries(names))
    for (const [text, ms] of Object.entries({ '10': 10_000, '10s': 10_000, '1m': 60_000 }))
      expect([name, readLimits({ [name]: text })[field as 'readTimeoutMs']]).toEqual([name, ms]);
  expect(readLimits({ max_inflight: '10' }).inflightMax).toBe(10);

  const { url } = await start({ exec_timeout: '300ms' });
  const late = await fetch(`${url}/stubborn?ms=60000`);
  expect([late.status, await late.text()]).toEqual([504, '']);
  expect(late.headers.get('x-openfaas-internal')).toBe('of-watchdog');
  expect(late.headers.get('x-duration-seconds')).toMatch(/^\d+\.\d{6}$/);
  expect(Number(late.headers.get('x-duration-seconds'))).toBeGreaterThanOrEqual(0.3);
  const patient = await start({ exec_timeout: '10' });
  const headers = { 'x-timeout': '100ms' };
  expect(await statusOf(`${patient.url}/sleep?ms=5000`, { headers })).toBe(504);

  const wrong = await launch(image, { exec_timeout: 'soon' });
  running.push(wrong);
  expect(await wrong.exit).toEqual([1, null]);
  expect(wrong.log()).toContain('exec_timeout');
});

row(119, async () => {
  const container = await start({ healthcheck_interval: '100ms' });
  const { answer, letGo } = await hold(container);
  container.process.kill('SIGTERM');
  await until(async () => !(await exists(join(container.tmp, '.lock'))));
  await letGo();
  expect([(await answer).status, await (await answer).text()]).toEqual([200, 'let go']);
  expect(await container.exit).toEqual([0, null]);
  await expect(fetch(container.url)).rejects.toThrow();

  // What does not end is cut off before the platform kills the container, and that is no success.
  const held = await start({ healthcheck_interval: '100ms', grace_period: '2s' });
  const stuck = await begin(held, '/stubborn?ms=60000');
  held.process.kill('SIGTERM');
  await expect(stuck.answer).rejects.toThrow();
  expect(await held.exit).toEqual([1, null]);
  const { healthcheckIntervalMs, gracePeriodMs } = readLimits({});
  expect(healthcheckIntervalMs).toBeLessThan(gracePeriodMs);
  expect(gracePeriodMs).toBe(30_000);
});

row(120, async () => {
  const container = await start();
  const { answer, letGo } = await hold(container);
  for (const [path, status] of Object.entries({
    '/leave-a-rejection': 200,
    '/throw': 500,
    '/reject': 500,
    '/circular': 500,
  }))
    expect([path, await statusOf(container.url + path)]).toEqual([path, status]);
  await letGo();
  expect((await answer).status).toBe(200);
  expect(container.log()).toContain('"event":"unhandled-rejection"');
  expect(container.log()).toContain('thrown on purpose');
  await statusOf(`${container.url}/fatal`);
  expect(await container.exit).toEqual([1, null]);
  expect(container.log()).toContain('nobody catches this');

  const leaving = await start();
  await expect(fetch(`${leaving.url}/exit`)).rejects.toThrow();
  expect(await leaving.exit).toEqual([1, null]);
});

row(121, async () => {
  expect(image.user).toMatch(/^[1-9]\d*:[1-9]\d*$/);
  const uid = canBecome(100) ? 100 : undefined;
  if (uid === undefined) console.warn('not root: the container runs as the caller');
  const before = await readdir(image.root, { recursive: true });
  const container = await startContainer(image, { HOME: '/nonexistent' }, uid ? { uid } : {});
  running.push(container);
  expect(await statusOf(`${container.url}/echo`)).toBe(200);
  expect(await readdir(image.root, { recursive: true })).toEqual(before);
  expect(await readdir(container.tmp)).toEqual(['.lock']);
  const write = (path: string) =>
    statusOf(`${container.url}/write?path=${encodeURIComponent(path)}`);
  expect(await write(join(container.tmp, 'own'))).toBe(200);
  if (uid !== undefined) expect(await write(join(image.root, 'own'))).toBe(500);
});

function canBecome(uid: number): boolean {
  try {
    execFileSync(process.execPath, ['--version'], { uid, gid: uid, stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

row(122, async () => {
  const secrets = await mkdtemp(join(folder, 'secrets-'));
  const container = await start({ secret_mount_path: secrets });
  const read = async (name: string) => {
    const answer = await fetch(`${container.url}/secret?name=${encodeURIComponent(name)}`);
    return answer.status === 200 ? answer.text() : answer.status;
  };
  await writeFile(join(secrets, 'key'), 'hush\n');
  expect(await read('key')).toBe('hush');
  await writeFile(join(secrets, 'key'), 'changed');
  expect(await read('key')).toBe('changed');
  for (const [text, secret] of [
    ['a\r\n', 'a'],
    ['a\n\n', 'a\n'],
    [' a ', ' a '],
  ] as const) {
    await writeFile(join(secrets, 'key'), text);
    expect(await read('key')).toBe(secret);
  }
  await writeFile(join(folder, 'outside'), 'not yours');
  for (const name of ['none', '../outside', '..', '', 'a/b']) expect(await read(name)).toBe(500);
  expect(container.log()).not.toMatch(/hush|changed|not yours/);
  const missing = await readSecret(undefined, 'no-such').catch((thrown: Error) => thrown.cause);
  expect(missing).toMatchObject({ path: '/var/openfaas/secrets/no-such' });
});

row(123, async () => {
  const container = await start();
  const headers = { 'x-call-id': 'call-1' };
  await statusOf(`${container.url}/throw?password=hush`, { headers });
  await statusOf(`${container.url}/${'long\u001b[31m'.repeat(900)}`);
  await statusOf(`${container.url}/_/health`);
  const calls = await container.callsOnce(2);
  expect(calls.map(({ method, path, status }) => [method, path, status])).toEqual([
    ['GET', '/throw', 500],
    ['GET', expect.stringMatching(/^\/long/), 200],
  ]);
  expect(calls[0]).toMatchObject({ level: 'info', callId: 'call-1' });
  expect(calls[0]?.['durationMs']).toEqual(expect.any(Number));
  expect(calls[1]?.['callId']).toMatch(/^[\da-f-]{36}$/);
  for (const line of container.log().split('\n'))
    expect(Buffer.byteLength(line)).toBeLessThanOrEqual(4096);
  expect(undocumentedFields(container.log().split('\n'))).toEqual([]);
  expect(container.log()).not.toContain('\u001b');
  expect(container.log()).not.toContain('hush');
});

row(124, async () => {
  const container = await start({ healthcheck_interval: '300ms' });
  const lock = join(container.tmp, '.lock');
  expect(await exists(lock)).toBe(true);
  expect(image.healthcheck).toContain('"/tmp/.lock"');
  container.process.kill('SIGTERM');
  await until(async () => !(await exists(lock)));
  await container.exit;

  const without = await start({ suppress_lock: 'true' });
  expect(await exists(join(without.tmp, '.lock'))).toBe(false);
  expect(await statusOf(`${without.url}/_/health`)).toBe(200);
});

row(125, async () => {
  const example = await start({}, exampleImage);
  const json = await request(example.url).post('/').send({ a: 1 });
  expect([json.status, json.body]).toEqual([
    200,
    { body: '{"a":1}', 'content-type': 'application/json' },
  ]);

  const { url, log } = await start({}, officialImage);
  const event = await request(url)
    .put('/event?x=1&x=2&y=z')
    .set('X-Named', 'me')
    .send({ a: [1] });
  expect(event.body).toEqual({
    body: { a: [1] },
    type: 'object',
    method: 'PUT',
    query: { x: ['1', '2'], y: 'z' },
    path: '/event',
    named: 'me',
  });
  const say = async (path: string) => {
    const answer = await fetch(url + path);
    return [answer.status, answer.headers.get('content-type'), await answer.text()];
  };
  const html = 'text/html; charset=utf-8';
  const plain = 'text/plain; charset=utf-8';
  const asJson = 'application/json';
  expect(await say('/headers')).toEqual([201, 'text/csv', 'a,b']);
  expect(await say('/read')).toEqual([200, asJson, '{"status":200,"headers":{}}']);
  expect(await say('/fail')).toEqual([500, plain, 'no']);
  expect(await say('/fail-status')).toEqual([409, plain, 'Error: conflict']);
  expect(await say('/fail-object')).toEqual([500, asJson, '{"reason":"no"}']);
  expect(await say('/returns-text')).toEqual([200, html, '<p>hello</p>']);
  expect(await say('/returns-number')).toEqual([200, asJson, '42']);
  expect(await say('/returns-list')).toEqual([200, asJson, '[1,2]']);
  expect(await say('/returns-nothing')).toEqual([200, null, '']);
  expect((await say('/returns-bytes'))[1]).toBe('application/octet-stream');
  expect(await say('/throws')).toEqual([500, plain, 'Error: boom']);
  expect(await say('/rejects')).toEqual([500, plain, 'Error: boom']);
  expect(await say('/calls-back')).toEqual([200, asJson, '{"called":"back"}']);
  expect(await say('/calls-back-with-error')).toEqual([500, plain, 'Error: boom']);
  expect(await say('/twice')).toEqual([200, html, 'first']);
  expect(log()).toContain('Error: boom');
});

row(126, async () => {
  const raw = await start({ RAW_BODY: 'true', MAX_RAW_SIZE: '1kb' }, officialImage);
  const post = (url: string, type: string, body: string) =>
    request(url).post('/event').set('content-type', type).send(body);
  const bytes = await post(raw.url, 'application/json', '{"a":1}');
  expect(bytes.body).toMatchObject({ type: 'bytes', body: { type: 'Buffer' } });
  expect((await post(raw.url, 'text/plain', 'x'.repeat(1024))).status).toBe(200);
  expect((await post(raw.url, 'text/plain', 'x'.repeat(1025))).status).toBe(413);

  const { url } = await start({ MAX_JSON_SIZE: '100', MAX_RAW_SIZE: '1kb' }, officialImage);
  const jsonOf = (length: number) => JSON.stringify('x'.repeat(length - 2));
  expect((await post(url, 'application/json', jsonOf(100))).body).toMatchObject({ type: 'string' });
  expect((await post(url, 'application/json', jsonOf(101))).status).toBe(413);
  expect((await post(url, 'text/plain', 'x'.repeat(1024))).status).toBe(200);
  const bad = await post(url, 'application/json', '{');
  expect([bad.status, bad.type]).toEqual([400, 'application/json']);
  for (const [type, body, parsed] of [
    ['application/problem+json', '{"a":1}', { a: 1 }],
    ['application/json', '3', 3],
    ['application/json', '', {}],
    ['application/x-www-form-urlencoded', 'a=1&b=2&b=3', { a: '1', b: ['2', '3'] }],
    ['text/plain; charset=latin1', 'é', 'Ã©'],
  ] as const)
    expect((await post(url, type, body)).body).toMatchObject({ body: parsed });
  expect((await request(url).get('/event')).body.type).toBe('nothing');
});

row(127, async () => {
  const { url } = await start({
    mode: 'http',
    upstream_url: 'http://127.0.0.1:3000',
    http_upstream_url: 'http://127.0.0.1:3000',
    fprocess: 'node index.js',
    function_process: 'node index.js',
    http_port: '3000',
    prefix_logs: 'false',
    log_buffer_size: '-1',
    log_callid: 'true',
    cgi_headers: 'true',
    content_type: 'text/html',
    static_path: '/home/app/public',
    buffer_http: 'true',
    jwt_auth: 'false',
  });
  expect(await statusOf(`${url}/echo`)).toBe(200);
});

describe('request and response bodies', () => {
  it('takes a body in chunks, without a length', async () => {
    const { url } = await start();
    const call = httpRequest(`${url}/echo`, { method: 'POST' });
    call.write('one,');
    await sleep(20);
    call.end('two');
    const [answer] = (await once(call, 'response')) as [AsyncIterable<Buffer>];
    let text = '';
    for await (const chunk of answer) text += chunk.toString();
    const { body } = JSON.parse(text) as { body: string };
    expect(Buffer.from(body, 'base64').toString()).toBe('one,two');
  });

  it('sends each chunk of a stream as soon as it exists', async () => {
    const { url, tmp } = await start();
    const file = join(tmp, 'let-go');
    const answer = await fetch(`${url}/held-stream?file=${encodeURIComponent(file)}`);
    const chunks: string[] = [];
    for await (const chunk of answer.body ?? []) {
      chunks.push(Buffer.from(chunk as Uint8Array).toString());
      // The second one exists only after the first one has arrived.
      await writeFile(file, '');
    }
    expect(chunks).toEqual(['first\n', 'second\n']);
  });

  it('cuts a stream that outlasts exec_timeout, visibly incomplete', async () => {
    const container = await start({ exec_timeout: '300ms' });
    const answer = await fetch(`${container.url}/stream?pieces=100&ms=50`);
    await expect(answer.text()).rejects.toThrow();
    expect(await container.callsOnce(1)).toMatchObject([{ status: 200, cut: true }]);
  });

  it('closes an answer that is not sent completely by write_timeout', async () => {
    const container = await start({ write_timeout: '300ms' });
    await expect(fetch(`${container.url}/stubborn?ms=5000`)).rejects.toThrow();
    expect(await container.callsOnce(1)).toMatchObject([{ status: 499, cut: true }]);
  });

  it('gives a request read_timeout to arrive', async () => {
    const { url } = await start({ read_timeout: '300ms' });
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    socket.write('POST /echo HTTP/1.1\r\nhost: localhost\r\ncontent-length: 10\r\n\r\nhalf');
    let text = '';
    socket.on('data', (chunk) => void (text += chunk.toString()));
    await once(socket, 'close');
    expect(text).not.toContain('200 OK');
  });

  it.each([
    ['over loopback by another name', {}, 'evil.example', 421],
    ['over loopback by its own', {}, 'localhost', 200],
    [
      'by an allowed name',
      { allowed_hosts: 'echo.openfaas-fn,other' },
      'echo.openfaas-fn:8080',
      200,
    ],
    ['by a name that is not allowed', { allowed_hosts: 'other' }, 'evil.example', 421],
  ])('answers who calls %s', async (_how, settings, host, status) => {
    const { url } = await start(settings);
    expect((await wire(url, 'POST', '/echo', { host })).status).toBe(status);
  });

  it('serves although its metrics port is in use', async () => {
    const taken = createServer().listen(0);
    await once(taken, 'listening');
    const { port } = taken.address() as AddressInfo;
    const { url, log } = await start({ metrics_port: String(port) });
    expect(await statusOf(`${url}/echo`)).toBe(200);
    expect(log()).toContain('no-metrics');
    taken.close();
  });
});
