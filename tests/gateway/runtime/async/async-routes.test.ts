import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import request from 'supertest';
import { startTestRedis, type TestRedis } from '../../../support/dependencies.ts';
import { openFixtures, type Fixture } from '../fixtures.ts';
import { until } from '../../../support/until.ts';

interface Arrival {
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: string;
}

let redis: TestRedis;
let listener: Server;
let callback: string;
let arrivals: Arrival[] = [];
let calls: Arrival[] = [];
let busyFor = 0;

const fixtures: Record<string, Fixture> = {
  echo: {
    handler: (event) => {
      calls.push({ headers: event.headers, body: `${event.path}${event.query} ${event.body}` });
      return { status: 202, headers: { 'x-own': 'yes' }, body: 'done' };
    },
  },
  fails: {
    handler: () => {
      throw new Error('no');
    },
  },
  busy: {
    handler: () => (busyFor-- > 0 ? { status: 429 } : { body: 'at last' }),
  },
  'universe-add-security': { handler: () => ({ body: 'added' }) },
};

beforeAll(async () => {
  redis = await startTestRedis();
  listener = createServer((incoming, response) => {
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.on('end', () => {
      arrivals.push({ headers: incoming.headers, body: Buffer.concat(chunks).toString() });
      response.end();
    });
  });
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  callback = `http://127.0.0.1:${(listener.address() as AddressInfo).port}/done`;
});

beforeEach(() => {
  arrivals = [];
  calls = [];
});

afterAll(async () => {
  listener.close();
  await redis.stop();
});

const tokens = { write: 'w'.repeat(32), trade: 't'.repeat(32) };

async function opened<T>(
  prefix: string,
  work: (gateway: Awaited<ReturnType<typeof openFixtures>>) => Promise<T>,
): Promise<T> {
  const gateway = await openFixtures(fixtures, {
    queue: { redisUrl: redis.url, prefix },
    tokens,
    bodyBytesMax: 1000,
  });
  try {
    return await work(gateway);
  } finally {
    await gateway.close(2_000);
  }
}

it('accepts a call with 202, runs it, and calls back with the outcome', async () => {
  await opened('callback', async ({ url }) => {
    const answer = await request(url)
      .post('/async-function/echo.openfaas-fn/sub/path?a=1')
      .set('x-callback-url', callback)
      .send('hello');
    expect([answer.status, answer.text]).toEqual([202, '']);
    await until(() => arrivals.length > 0);
    expect(calls[0]?.body).toBe('/sub/patha=1 hello');
    expect(calls[0]?.headers['x-call-id']).toBe(answer.headers['x-call-id']);
    expect(arrivals[0]).toMatchObject({
      body: 'done',
      headers: {
        'x-own': 'yes',
        'x-call-id': answer.headers['x-call-id'],
        'x-function-name': 'echo.openfaas-fn',
        'x-function-status': '202',
        'x-duration-seconds': expect.stringMatching(/^\d+\.\d{6}$/),
      },
    });
  });
});

it('calls back also when the function fails', async () => {
  await opened('failure', async ({ url }) => {
    await request(url).post('/async-function/fails').set('x-callback-url', callback).expect(202);
    await until(() => arrivals.length > 0);
    expect(arrivals[0]?.headers).toMatchObject({ 'x-function-status': '500' });
  });
});

it('retries while the function is busy', async () => {
  busyFor = 2;
  await opened('busy', async ({ url }) => {
    await request(url).post('/async-function/busy').set('x-callback-url', callback).expect(202);
    await until(() => arrivals.length > 0);
    expect(arrivals.map((arrival) => arrival.body)).toEqual(['at last']);
  });
});

it('refuses a call that could never run, at once', async () => {
  await opened('refusals', async ({ url }) => {
    await request(url).get('/async-function/echo').expect(405);
    await request(url).post('/async-function/nope').expect(404);
    await request(url).post('/async-function/').expect(404);
    await request(url).post('/async-function/echo').send('x'.repeat(1001)).expect(413);
  });
});

it.each([
  '://',
  'ftp://127.0.0.1/x',
  'http://192.168.1.1/',
  'http://169.254.169.254/latest',
  'http://127.0.0.1.example.org/',
  'http://user@example.org#@127.0.0.1/',
])('refuses to call back to %s', async (target) => {
  await opened('targets', async ({ url }) => {
    await request(url).post('/async-function/echo').set('x-callback-url', target).expect(400);
    expect(calls).toEqual([]);
  });
});

it('checks the token when it accepts the call, and stores none', async () => {
  await opened('tokens', async ({ url }) => {
    const add = () =>
      request(url).post('/async-function/universe-add-security').set('x-callback-url', callback);
    expect((await add()).status).toBe(401);
    expect((await add().set('authorization', 'Bearer wrong')).body.code).toBe('UNAUTHENTICATED');
    await add().set('authorization', `Bearer ${tokens.write}`).expect(202);
    await until(() => arrivals.length > 0);
    expect(arrivals[0]?.headers).toMatchObject({ 'x-function-status': '200' });
  });
});

it('asks for no token, and gives none, where the request carries a credential of its own', async () => {
  const shown: unknown[] = [];
  const handler: Fixture['handler'] = (event) => {
    shown.push(event.headers['authorization']);
    return {};
  };
  const gateway = await openFixtures(
    { 'gateway-answer-proposal': { handler } },
    { queue: { redisUrl: redis.url, prefix: 'credential' }, tokens, readAccess: 'token' },
  );
  const answer = () =>
    request(gateway.url).post('/async-function/gateway-answer-proposal').send({ token: 'of one' });
  await answer().expect(202);
  await answer().set('authorization', `Bearer ${tokens.trade}`).expect(202);
  await until(() => shown.length === 2);
  expect(shown).toEqual([undefined, undefined]);
  await gateway.close(2_000);
});

it('requires the token of an operation that is deployed under another name', async () => {
  const shown: unknown[] = [];
  const handler: Fixture['handler'] = (event) => {
    shown.push(event.headers['authorization']);
    return {};
  };
  const spec = { handler: 'functions/universe/add-security', image: 'x/universe-add-security' };
  const gateway = await openFixtures(
    { mine: { spec, handler } },
    { queue: { redisUrl: redis.url, prefix: 'mine' }, tokens, load: async () => handler },
  );
  const add = () => request(gateway.url).post('/async-function/mine');
  await add().expect(401);
  await add().set('authorization', `Bearer ${tokens.write}`).expect(202);
  await until(() => shown.length > 0);
  expect(shown).toEqual([`Bearer ${tokens.write}`]);
  await gateway.close(2_000);
});

it('keeps queued calls over a restart', async () => {
  const gateway = await openFixtures(
    { echo: { handler: () => new Promise(() => undefined) } },
    { queue: { redisUrl: redis.url, prefix: 'restart' } },
  );
  for (const name of ['one', 'two', 'three', 'four', 'five', 'six'])
    await request(gateway.url).post('/async-function/echo').send(name).expect(202);
  // The first four are under way and will never end; the host is cut off, and puts them back.
  await gateway.close(100);
  await opened('restart', async () => {
    await until(() => calls.length >= 6);
    const all = ['five', 'four', 'one', 'six', 'three', 'two'].map((name) => `/ ${name}`);
    expect(calls.map(({ body }) => body).sort()).toEqual(all);
  });
});

it('answers 404 where there is no queue', async () => {
  const gateway = await openFixtures(fixtures);
  expect((await request(gateway.url).post('/async-function/echo')).status).toBe(404);
  await gateway.close(100);
});
