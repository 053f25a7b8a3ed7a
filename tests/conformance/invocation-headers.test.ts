/** The sheet's section 8.4: headers of a call, on their way in and out. */
import { openRig, type Rig } from './rig.ts';
import { row } from './row-test.ts';
import { wire, type WireAnswer, type WireRequest } from './raw-http.ts';

let rig: Rig;

beforeAll(async () => {
  rig = await openRig({ fixtures: ['echo', 'status', 'typed'] });
});
afterAll(() => rig.close());

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const MINUTE_NS = 60n * 1_000_000_000n;

const get = (path: string, request?: WireRequest): Promise<WireAnswer> =>
  wire(rig.url, 'GET', path, request);

/** A call of echo with a chunked body: its answer, and the headers that reached the function. */
async function echo(...headers: string[]) {
  const answer = await wire(rig.url, 'POST', '/function/echo', { headers, chunks: ['a', 'b'] });
  const { headers: seen } = JSON.parse(answer.body.toString()) as {
    headers: Record<string, string | undefined>;
  };
  return { answer, seen };
}

const HOP_BY_HOP = {
  'keep-alive': 'timeout=99',
  'proxy-connection': 'keep-alive',
  'proxy-authenticate': 'Basic',
  te: 'trailers',
  trailer: 'x-after',
  upgrade: 'websocket',
};

row(78, async () => {
  const answer = await get(
    '/function/status?header=Set-Cookie:a=1&header=Set-Cookie:b=2&header=Link:%3Ca%3E&header=Link:%3Cb%3E',
  );
  expect(answer.all('set-cookie')).toEqual(['a=1', 'b=2']);
  expect(answer.all('link').join(', ')).toBe('<a>, <b>');
});

row(79, async () => {
  const given = { ...HOP_BY_HOP, 'proxy-authorization': 'Basic eA==' };
  const connection = ['connection', 'x, keep-alive', 'connection', 'Y'];
  const { seen } = await echo(...Object.entries(given).flat(), ...connection, 'X', '1', 'y', '2');
  for (const name of [...Object.keys(given), 'connection', 'transfer-encoding', 'x', 'y'])
    expect(seen).not.toHaveProperty(name);
  // What the gateway says itself is not the caller's to take away.
  const hidden = await echo('connection', 'x-call-id, x-start-time, x-forwarded-for');
  expect(hidden.seen['x-call-id']).toBe(hidden.answer.header('x-call-id'));
  expect(hidden.seen['x-start-time']).toBe(hidden.answer.header('x-start-time'));
  expect(hidden.seen['x-forwarded-for']).toMatch(/^127\./);
  const query = new URLSearchParams();
  const answered = { ...HOP_BY_HOP, connection: 'x-own', 'transfer-encoding': 'gzip' };
  for (const [name, value] of Object.entries(answered)) query.append('header', `${name}:${value}`);
  query.append('header', 'X-Own:1');
  const answer = await get(`/function/status?${query}`);
  expect(answer.status).toBe(200);
  for (const name of [
    'proxy-connection',
    'proxy-authenticate',
    'te',
    'trailer',
    'upgrade',
    'x-own',
  ])
    expect(answer.all(name)).toEqual([]);
  expect(answer.all('keep-alive')).not.toContain('timeout=99');
  expect(answer.all('connection').join()).not.toContain('x-own');
  expect(answer.all('transfer-encoding').join()).not.toContain('gzip');
});

row(80, async () => {
  const { answer, seen } = await echo();
  expect(seen['x-call-id']).toMatch(UUID);
  expect(answer.header('x-call-id')).toBe(seen['x-call-id']);
  expect((await echo()).seen['x-call-id']).not.toBe(seen['x-call-id']);
});

row(81, async () => {
  const { answer, seen } = await echo('X-Call-Id', 'abc');
  expect([seen['x-call-id'], answer.header('x-call-id')]).toEqual(['abc', 'abc']);
  const noId = await echo('X-Call-Id', 'a "b"\tc');
  expect(noId.seen['x-call-id']).toMatch(UUID);
  expect(noId.answer.header('x-call-id')).toBe(noId.seen['x-call-id']);
});

row(82, async () => {
  const { answer, seen } = await echo('X-Start-Time', '5', 'X-Start-Time', '6');
  const startTime = answer.header('x-start-time') ?? '';
  expect(startTime).toMatch(/^\d{19}$/);
  expect(seen['x-start-time']).toBe(startTime);
  const apart = BigInt(Date.now()) * 1_000_000n - BigInt(startTime);
  expect(apart >= 0n && apart < MINUTE_NS).toBe(true);
});

row(83, async () => {
  const { host } = new URL(rig.url);
  const first = await echo();
  expect(first.seen['x-forwarded-for']).toBe('127.0.0.1');
  expect(first.seen['x-forwarded-host']).toBe(host);
  const before = ['X-Forwarded-For', '10.1.1.1', 'X-Forwarded-For', '10.2.2.2'];
  const second = await echo(...before, 'X-Forwarded-Host', 'trader.example');
  expect(second.seen['x-forwarded-for']).toBe('10.1.1.1, 10.2.2.2, 127.0.0.1');
  expect(second.seen['x-forwarded-host']).toBe('trader.example');
});

row(84, async () => {
  for (const path of ['echo', 'status?code=500', 'status?code=204']) {
    const answer = await get(`/function/${path}`);
    expect(answer.header('x-duration-seconds')).toMatch(/^\d+\.\d{6}$/);
  }
});

row(85, async () => {
  const types = {
    text: 'text/plain; charset=utf-8',
    bytes: 'application/octet-stream',
    json: 'application/json',
    pieces: 'application/octet-stream',
  };
  for (const [kind, type] of Object.entries(types)) {
    const headers = ['content-type', 'text/csv'];
    const answer = await get(`/function/typed?kind=${kind}`, { headers });
    expect([kind, answer.header('content-type')]).toEqual([kind, type]);
    const named = await get(`/function/typed?kind=${kind}&type=image/x-own`);
    expect([kind, named.header('content-type')]).toEqual([kind, 'image/x-own']);
  }
  const none = await get('/function/typed?kind=none');
  expect([none.header('content-type'), none.header('content-length')]).toEqual([undefined, '0']);
});
