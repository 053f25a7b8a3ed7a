/** Asynchronous invocation, and what connectors rely on. */
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { openFixtures } from '../gateway/runtime/fixtures.ts';
import { openGate } from './gate.ts';
import { openRig, type Rig } from './rig.ts';
import { row } from './row-test.ts';
import { until } from '../support/until.ts';
import { present } from '#shared/kernel/assert.ts';

interface Arrival {
  readonly method: string | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

let rig: Rig;
let listener: Server;
let callback: string;
let arrivals: Arrival[] = [];

beforeAll(async () => {
  rig = await openRig({
    spec: {
      sleep: { environment: { max_inflight: '1', exec_timeout: '5s' } },
      status: {
        annotations: { topic: 'orders.filled,cron-function', schedule: '*/5 * * * *' },
      },
    },
  });
  listener = createServer((incoming, response) => {
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.on('end', () => {
      const { method, headers } = incoming;
      arrivals.push({ method, headers, body: Buffer.concat(chunks).toString() });
      response.end();
    });
  });
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  callback = `http://127.0.0.1:${(listener.address() as AddressInfo).port}/done`;
});

beforeEach(() => void (arrivals = []));

afterAll(async () => {
  listener.close();
  await rig.close();
});

/** Queues a call that reports its outcome. @returns its id */
async function queue(
  path: string,
  { headers = {}, body = '' }: { headers?: Record<string, string>; body?: string } = {},
): Promise<string> {
  const all = { 'x-callback-url': callback, ...headers };
  const answer = await rig.call('POST', `/async-function/${path}`, { headers: all, body });
  expect([answer.status, await answer.text()]).toEqual([202, '']);
  return answer.headers.get('x-call-id') ?? '';
}

async function outcome(callId: string): Promise<Arrival> {
  const arrival = () => arrivals.find(({ headers }) => headers['x-call-id'] === callId);
  await until(() => arrival() !== undefined);
  return present(arrival(), 'it arrived');
}

row(99, async () => {
  const answer = await rig.call('POST', '/async-function/echo.openfaas-fn', { body: 'x' });
  expect([answer.status, await answer.text()]).toEqual([202, '']);
  expect(answer.headers.get('x-call-id')).toMatch(/^[\da-f-]{36}$/);
  expect(answer.headers.get('x-start-time')).toMatch(/^\d{19}$/);
  expect(answer.headers.get('x-served-by')).toBeTruthy();
});

row(100, async () => {
  const { body } = await outcome(await queue('echo/a/b?x=1&x=2', { body: 'hello' }));
  expect(JSON.parse(body)).toMatchObject({
    method: 'POST',
    path: '/a/b',
    query: 'x=1&x=2',
    body: 'hello',
  });
});

row(101, async () => {
  for (const method of ['GET', 'PUT', 'DELETE', 'PATCH'])
    expect((await rig.call(method, '/async-function/echo')).status).toBe(405);
});

row(102, async () => {
  const gateway = await openFixtures({ echo: { handler: () => ({}) } });
  const { status } = await fetch(`${gateway.url}/async-function/echo`, { method: 'POST' });
  await gateway.close(100);
  expect(status).toBe(404);
});

row(103, async () => {
  const answer = await rig.call('POST', '/async-function/nope');
  expect(answer.status).toBe(404);
  expect(await answer.text()).toContain('error finding function nope.openfaas-fn');
});

row(104, async () => {
  const answer = await rig.call('POST', '/async-function/echo', { body: 'x'.repeat(300_000) });
  expect(answer.status).toBe(413);
  expect(await answer.text()).toContain('(300000 bytes), maximum: 256000 bytes');
});

row(105, async () => {
  const answer = await rig.call('POST', '/async-function/echo', {
    headers: { 'x-callback-url': '://' },
  });
  expect(answer.status).toBe(400);
  expect(await answer.text()).toContain('invalid URL');
});

row(106, async () => {
  const callId = await queue('status.openfaas-fn?code=201&header=x-own:yes', { body: 'made' });
  const { method, headers, body } = await outcome(callId);
  await sleep(100);
  expect(arrivals).toHaveLength(1);
  expect([method, body]).toEqual(['POST', 'made']);
  expect(headers).toMatchObject({
    'x-own': 'yes',
    'x-call-id': callId,
    'x-function-name': 'status.openfaas-fn',
    'x-function-status': '201',
    'x-duration-seconds': expect.stringMatching(/^\d+\.\d+$/),
  });
});

row(107, async () => {
  const callId = await queue('echo');
  const { headers, body } = await outcome(callId);
  expect(headers['x-call-id']).toBe(callId);
  const seen = JSON.parse(body) as { callId: string; headers: Record<string, string> };
  expect([seen.callId, seen.headers['x-call-id']]).toEqual([callId, callId]);
  expect(rig.logText()).toContain(`"callId":"${callId}"`);
});

row(108, async () => {
  const { headers, body } = await outcome(await queue('status?code=418', { body: 'no' }));
  expect([headers['x-function-status'], body]).toEqual(['418', 'no']);
  const broken = await outcome(await queue('throws'));
  expect(broken.headers['x-function-status']).toBe('500');
});

row(109, async () => {
  const ids: string[] = [];
  for (let i = 0; i < 4; i += 1) ids.push(await queue('sleep?ms=700', { body: String(i) }));
  await rig.restart();
  for (const id of ids) expect((await outcome(id)).headers['x-function-status']).toBe('200');
});

row(110, async () => {
  const ids: string[] = [];
  for (let i = 0; i < 10; i += 1) {
    ids.push(await queue('sleep?ms=30', { body: String(i) }));
    // Others take the one place in between, so that calls of the queue meet a 429.
    void rig.call('POST', '/function/sleep?ms=30').then(
      (answer) => answer.text(),
      () => '',
    );
  }
  for (const id of ids) expect((await outcome(id)).headers['x-function-status']).toBe('200');
});

row(111, async () => {
  const gate = await openGate();
  const slow = await queue(`gate?gate=${gate.url}`);
  await gate.asked('entered');
  await outcome(await queue('echo'));
  expect(arrivals.some(({ headers }) => headers['x-call-id'] === slow)).toBe(false);
  gate.open('entered');
  await outcome(slow);
  await gate.close();
});

row(112, async () => {
  // The function would sleep beyond this test's own time limit.
  const { headers } = await outcome(await queue('sleep?ms=600000'));
  expect(headers['x-function-status']).toBe('504');
});

row(113, async () => {
  const headers = { authorization: 'Bearer secret-1', 'x-own': 'secret-2' };
  await outcome(await queue('status?code=503&q=secret-3', { headers, body: 'secret-4' }));
  const listed = await rig.call('GET', '/system/async', { auth: true });
  const seen = rig.logText() + (await listed.text());
  for (const secret of ['secret-1', 'secret-2', 'secret-4']) expect(seen).not.toContain(secret);
});

row(138, async () => {
  const answer = await rig.call('GET', '/system/functions', { auth: true });
  const list = (await answer.json()) as { name: string; annotations: Record<string, string> }[];
  expect(list.find(({ name }) => name === 'status')?.annotations).toEqual({
    topic: 'orders.filled,cron-function',
    schedule: '*/5 * * * *',
  });
});

row(139, async () => {
  const headers = { 'x-topic': 'cron-function', 'x-connector': 'cron-connector' };
  const answer = await rig.call('POST', '/function/echo', { headers });
  expect(answer.status).toBe(200);
  const seen = (await answer.json()) as { body: string; headers: Record<string, string> };
  expect(seen.body).toBe('');
  expect(seen.headers).toMatchObject(headers);
  expect(seen.headers).not.toHaveProperty('content-type');
});
