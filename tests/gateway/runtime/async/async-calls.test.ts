/** Queued calls that fail, wait and are managed by an operator. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import request from 'supertest';
import { openLog } from '#shared/process/log.ts';
import { connectQueueRedis } from '#shared/redis/client.ts';
import { startTestRedis, type TestRedis } from '../../../support/dependencies.ts';
import { credentials, openFixtures, type Fixture } from '../fixtures.ts';
import { until } from '../../../support/until.ts';
import { present } from '#shared/kernel/assert.ts';

interface Status {
  readonly callId: string;
  readonly state: string;
  readonly attempts: number;
  readonly callback?: { readonly state: string; readonly attempts: number };
}

const NO_PAUSE = { 'arduino-trader/async-backoff': '20ms' };

let redis: TestRedis;
let listener: Server;
let callback: string;
/** What the listener answers next; 200 when it has nothing to say. */
let answers: number[] = [];
let reported: { status: string | undefined; body: string }[] = [];
let runs: string[] = [];
let statuses: number[] = [];
let release: () => void = () => undefined;
let highest = 0;
let inside = 0;
let lines: string[] = [];

const fixtures: Record<string, Fixture> = {
  echo: {
    handler: (event) => {
      runs.push(JSON.stringify(event.headers));
      return { body: 'echoed' };
    },
  },
  wobbly: {
    spec: { annotations: { ...NO_PAUSE, 'arduino-trader/async-attempts': '3' } },
    handler: (event) => {
      runs.push(String(event.body));
      return { status: statuses.shift() ?? 200, body: `run ${runs.length}` };
    },
  },
  endless: {
    handler: ({ query }) => ({
      body: (async function* () {
        const chunk = Buffer.alloc(1024 * 1024);
        const most = Number(query.get('pieces') ?? Number.POSITIVE_INFINITY);
        while (runs.length < most) {
          await new Promise((resolve) => setImmediate(resolve));
          runs.push('piece');
          yield chunk;
        }
      })(),
    }),
  },
  large: {
    spec: { annotations: NO_PAUSE },
    handler: () => {
      runs.push('large');
      return { body: 'x'.repeat(2 * 1024 * 1024) };
    },
  },
  slow: {
    spec: { annotations: { 'arduino-trader/async-concurrency': '2' } },
    handler: async () => {
      inside += 1;
      highest = Math.max(highest, inside);
      await new Promise<void>((resolve) => {
        const before = release;
        release = () => (before(), resolve());
      });
      inside -= 1;
      return {};
    },
  },
  narrow: {
    spec: { environment: { max_inflight: '1' }, annotations: NO_PAUSE },
    handler: async () => {
      await sleep(15);
      runs.push('narrow');
      return {};
    },
  },
  odd: {
    spec: { annotations: { 'arduino-trader/async-attempts': 'many' } },
    handler: () => ({}),
  },
  'planning-get-plan': {
    handler: (event) => {
      runs.push(String(event.headers['authorization']));
      return {};
    },
  },
  planning: {
    handler: (event) => {
      runs.push(event.path);
      return {};
    },
  },
  'trading-execute-trade': {
    handler: (event) => {
      runs.push(String(event.headers['authorization']));
      return {};
    },
  },
};

beforeAll(async () => {
  redis = await startTestRedis();
  listener = createServer((incoming, response) => {
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.on('end', () => {
      const status = incoming.headers['x-function-status'] as string | undefined;
      reported.push({ status, body: Buffer.concat(chunks).toString() });
      response.statusCode = answers.shift() ?? 200;
      response.end();
    });
  });
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  callback = `http://127.0.0.1:${(listener.address() as AddressInfo).port}/done?key=hidden`;
});

// Also after a test that failed while it was stopped.
afterEach(() => void redis.process.kill('SIGCONT'));

beforeEach(() => {
  [answers, reported, runs, statuses, lines] = [[], [], [], [], []];
  [highest, inside, release] = [0, 0, () => undefined];
});

afterAll(async () => {
  listener.close();
  await redis.stop();
});

let prefixes = 0;

type Gateway = Awaited<ReturnType<typeof openFixtures>> & {
  post(name: string, headers?: Record<string, string>, body?: string): request.Test;
  system(method: 'get' | 'post' | 'delete', path: string): request.Test;
  reaches(callId: string, state: string): Promise<Status>;
};

async function opened(
  work: (gateway: Gateway) => Promise<void>,
  options: Parameters<typeof openFixtures>[1] & { readonly queueMore?: object } = {},
): Promise<void> {
  prefixes += 1;
  const { queueMore, ...more } = options;
  const gateway = await openFixtures(fixtures, {
    queue: { redisUrl: redis.url, prefix: `calls-${prefixes}`, ...queueMore },
    log: openLog('debug', (line) => void lines.push(line)),
    ...more,
  });
  const system: Gateway['system'] = (method, path) =>
    request(gateway.url)
      [method](`/system/async${path}`)
      .auth(credentials.user, credentials.password);
  const reaches: Gateway['reaches'] = async (callId, state) => {
    let found: Status | undefined;
    await until(async () => {
      const { body } = await system('get', `/${callId}`);
      found = body as Status;
      return found.state === state || found.callback?.state === state;
    });
    return present(found, 'the call is known');
  };
  const post: Gateway['post'] = (name, headers = {}, body = '') =>
    request(gateway.url).post(`/async-function/${name}`).set(headers).send(body);
  try {
    await work({ ...gateway, post, system, reaches });
  } finally {
    await gateway.close(200);
  }
}

it('reports the state of a call by its id, and nothing of its content', async () => {
  await opened(async ({ post, system, reaches }) => {
    await post(
      'echo',
      { 'x-call-id': 'a:b', 'x-callback-url': callback, 'x-own': 'secret' },
      'payload',
    );
    const status = await reaches('a:b', 'delivered');
    expect(status).toMatchObject({
      callId: 'a:b',
      function: 'echo',
      state: 'done',
      status: 200,
      attemptsMax: 5,
      callback: { state: 'delivered', attempts: 1 },
    });
    const everything = JSON.stringify((await system('get', '')).body);
    for (const secret of ['payload', 'secret', 'hidden', 'echoed'])
      expect(everything + lines.join('\n')).not.toContain(secret);
    expect((await system('get', '/unknown')).status).toBe(404);
  });
});

it('asks for the operator’s password', async () => {
  await opened(async ({ url }) => {
    for (const path of ['/system/async', '/system/async/x'])
      await request(url).get(path).expect(401);
    await request(url).delete('/system/async/x').expect(401);
    await request(url).post('/system/async/x/retry').expect(401);
  });
});

it('tries again as the annotations say, and keeps what fails to the end as a dead letter', async () => {
  statuses = [503, 503, 503];
  await opened(async ({ post, system, reaches }) => {
    await post('wobbly', { 'x-call-id': 'w', 'x-callback-url': callback }, 'again').expect(202);
    expect(await reaches('w', 'dead')).toMatchObject({
      state: 'dead',
      status: 503,
      attempts: 3,
      attemptsMax: 3,
      reason: 'answered 503',
    });
    // The outcome is sent by a queue of its own.
    await until(() => reported.length > 0);
    expect(reported).toEqual([{ status: '503', body: 'run 3' }]);
    const dead = await system('get', '?state=dead&function=wobbly');
    expect(dead.body.map((one: Status) => one.callId)).toEqual(['w']);
    expect((await system('get', '?state=done')).body).toEqual([]);

    await system('post', '/w/retry').expect(202);
    await reaches('w', 'done');
    expect(runs).toEqual(['again', 'again', 'again', 'again']);
    expect((await reaches('w', 'delivered')).state).toBe('done');
    expect(reported.at(-1)).toEqual({ status: '200', body: 'run 4' });
    await system('post', '/w/retry').expect(409);
  });
});

it('keeps a broken call as a dead letter at once, and deletes it on request', async () => {
  statuses = [500];
  await opened(async ({ post, system, reaches }) => {
    await post('wobbly', { 'x-call-id': 'broken' });
    expect(await reaches('broken', 'dead')).toMatchObject({ attempts: 1, status: 500 });
    await system('delete', '/broken').expect(204);
    await system('get', '/broken').expect(404);
    await system('delete', '/broken').expect(404);
  });
});

it('takes a refusal with a body for an answer', async () => {
  statuses = [422];
  await opened(async ({ post, reaches }) => {
    await post('wobbly', { 'x-call-id': 'refused' });
    expect(await reaches('refused', 'done')).toMatchObject({ attempts: 1, status: 422 });
  });
});

it('retries an unreachable listener, and does not run the function again', async () => {
  answers = [503, 500];
  await opened(async ({ post, reaches }) => {
    await post('echo', { 'x-call-id': 'c', 'x-callback-url': callback });
    expect(await reaches('c', 'delivered')).toMatchObject({
      state: 'done',
      callback: { attempts: 3 },
    });
    expect(reported.map(({ body }) => body)).toEqual(['echoed', 'echoed', 'echoed']);
    expect(runs).toHaveLength(1);
  });
});

it('lists a dead callback, and delivers its outcome again on request', async () => {
  answers = [404];
  await opened(async ({ post, system, reaches }) => {
    await post('echo', { 'x-call-id': 'd', 'x-callback-url': callback });
    expect(await reaches('d', 'dead')).toMatchObject({
      state: 'done',
      callback: { state: 'dead', reason: 'the callback address answered 404' },
    });
    expect((await system('get', '?state=dead')).body).toMatchObject([{ callId: 'd' }]);
    await system('post', '/d/retry').expect(202);
    await reaches('d', 'delivered');
    expect([runs.length, reported.length]).toEqual([1, 2]);
  });
});

it('sends a large answer once, and does not run the function again for it', async () => {
  answers = [503];
  await opened(async ({ post, reaches }) => {
    await post('large', { 'x-call-id': 'l', 'x-callback-url': callback });
    expect(await reaches('l', 'done')).toMatchObject({ status: 200, attempts: 1 });
    expect([runs.length, reported.length]).toEqual([1, 1]);
    expect(lines.join('\n')).toContain('callback-dead');
  });
});

it('bounds the memory of an answer, and treats an endless one as broken', async () => {
  await opened(async ({ post, reaches }) => {
    await post('endless', { 'x-call-id': 'e', 'x-callback-url': callback });
    expect(await reaches('e', 'dead')).toMatchObject({ status: 500, attempts: 1 });
    expect(runs).toHaveLength(65);
  });
});

it('drains an answer without a listener, and keeps none of it', async () => {
  await opened(async ({ post, reaches }) => {
    await post('endless?pieces=100', { 'x-call-id': 'u' });
    expect(await reaches('u', 'done')).toMatchObject({ status: 200, attempts: 1 });
    expect(runs).toHaveLength(100);
  });
});

it('isolates the queues of functions, and limits concurrency by annotation', async () => {
  await opened(async ({ post, reaches }) => {
    for (let i = 0; i < 8; i += 1) await post('slow', { 'x-call-id': `slow-${i}` });
    await post('echo', { 'x-call-id': 'quick' });
    await reaches('quick', 'done');
    await until(() => inside === 2);
    expect(highest).toBe(2);
    const freeing = setInterval(() => release(), 5);
    for (let i = 0; i < 8; i += 1) await reaches(`slow-${i}`, 'done');
    clearInterval(freeing);
    expect(highest).toBe(2);
  });
});

it("never exceeds a function's limit of concurrent calls, and loses none", async () => {
  await opened(async ({ url, post, reaches }) => {
    for (let i = 0; i < 10; i += 1) {
      await post('narrow', { 'x-call-id': `n-${i}` });
      // Calls of others take the place in between, which costs no attempt.
      void request(url)
        .post('/function/narrow')
        .then(undefined, () => undefined);
    }
    for (let i = 0; i < 10; i += 1)
      expect(await reaches(`n-${i}`, 'done')).toMatchObject({ status: 200, attempts: 1 });
  });
});

it('accepts a repeated call once, and refuses a different one under its id', async () => {
  await opened(async ({ post, reaches }) => {
    await post('echo', { 'x-call-id': 'twin' }, 'same').expect(202);
    await post('echo', { 'x-call-id': 'twin' }, 'same').expect(202);
    await post('echo', { 'x-call-id': 'twin' }, 'other').expect(409);
    await reaches('twin', 'done');
    expect(runs).toHaveLength(1);
  });
});

it('bounds the queue, and reports the limit', async () => {
  await opened(
    async ({ post, system }) => {
      await post('slow', { 'x-call-id': 'first' }, 'x'.repeat(1_000)).expect(202);
      const full = await post('slow', { 'x-call-id': 'second' }, 'x'.repeat(4_000));
      expect([full.status, full.headers['retry-after']]).toEqual([429, '30']);
      expect(full.text).toContain('the queue holds as much as it may');
      await system('get', '/second').expect(404);
      release();
    },
    { queueMore: { waitingBytesMax: 6_000 } },
  );
});

it('drops the oldest dead letters when there are too many', async () => {
  statuses = Array.from({ length: 6 }, () => 500);
  await opened(
    async ({ post, system, reaches }) => {
      for (let i = 0; i < 6; i += 1) {
        await post('wobbly', { 'x-call-id': `dead-${i}` }, 'x'.repeat(1_000));
        await reaches(`dead-${i}`, 'dead');
      }
      const ids = (await system('get', '?state=dead')).body.map((one: Status) => one.callId);
      expect(ids).toContain('dead-5');
      expect(ids).not.toContain('dead-0');
      await until(() => lines.join().includes('dead-letter-dropped'));
    },
    { queueMore: { deadBytesMax: 9_000 } },
  );
});

it('names the limit that a body is over', async () => {
  await opened(async ({ post }) => {
    const answer = await post('echo', {}, 'x'.repeat(300_000));
    expect(answer.status).toBe(413);
    expect(answer.text).toBe(
      'Error queuing request: request body too large (300000 bytes), maximum: 256000 bytes\n',
    );
  });
});

it('refuses a state or a number it does not know', async () => {
  await opened(async ({ system }) => {
    expect((await system('get', '?state=lost')).status).toBe(400);
    expect((await system('get', '?limit=0')).status).toBe(400);
  });
});

it('reports which annotation it ignores', async () => {
  await opened(async ({ post, reaches }) => {
    await post('odd', { 'x-call-id': 'odd' });
    expect(await reaches('odd', 'done')).toMatchObject({ attemptsMax: 5 });
    const said = lines.filter((line) => line.includes('async-annotation-ignored'));
    expect(said).toHaveLength(1);
    expect(said[0]).toContain('arduino-trader/async-attempts');
  });
});

it('answers 503 while Redis is away, and runs what it had taken when Redis is back', async () => {
  await opened(async ({ post, reaches }) => {
    await post('echo', { 'x-call-id': 'warm' });
    await reaches('warm', 'done');
    redis.process.kill('SIGSTOP');
    const answer = await post('echo', { 'x-call-id': 'late' });
    redis.process.kill('SIGCONT');
    expect([answer.status, answer.text]).toEqual([
      503,
      'Error queuing request: Redis does not answer\n',
    ]);
    await reaches('late', 'done');
  });
});

describe('a packed service', () => {
  it('has a queue for each of its operations, each with its own access rule', async () => {
    const tokens = { write: 'w'.repeat(32), trade: 't'.repeat(32) };
    await opened(
      async ({ post, system, reaches }) => {
        const write = '/create-plan';
        for (const query of ['', '?a=1', '/?b=/get-plan'])
          await post(`planning${write}${query}`).expect(401);
        await post('planning/get-plan', { 'x-call-id': 'read' }).expect(202);
        const authorization = `Bearer ${tokens.write}`;
        await post(`planning${write}?a=1`, { 'x-call-id': 'write', authorization }).expect(202);
        await reaches('write', 'done');
        await reaches('read', 'done');
        expect(runs.toSorted()).toEqual(['/create-plan', '/get-plan']);
        const listed = await system('get', '?function=planning/create-plan');
        expect(listed.body).toMatchObject([{ callId: 'write', function: 'planning-create-plan' }]);
      },
      { tokens },
    );
  });

  it('takes over calls that were queued for its operations', async () => {
    const planning = fixtures['planning'] as Fixture;
    const queue = { redisUrl: redis.url, prefix: 'cut-anew' };
    const never: Fixture = { handler: () => new Promise(() => undefined) };
    const before = await openFixtures({ 'planning-list-plans': never }, { queue });
    await request(before.url).post('/async-function/planning-list-plans').expect(202);
    await before.close(50);
    const packed = await openFixtures({ planning }, { queue });
    await until(() => runs.length > 0);
    await packed.close(200);
    expect(runs).toEqual(['/list-plans']);
  });
});

describe('tokens', () => {
  const tokens = { read: 'r'.repeat(32), write: 'w'.repeat(32), trade: 't'.repeat(32) };
  const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

  it('of the caller are not stored, and a third-party function receives none', async () => {
    await opened(
      async ({ post, reaches }) => {
        const mine = { ...bearer('my-own-token'), cookie: 'session=mine' };
        await post('echo', { ...mine, 'x-call-id': 'own' });
        await reaches('own', 'done');
        expect(runs[0]).not.toMatch(/authorization|cookie|my-own-token|tttt/);
        await everythingInRedis().then((all) =>
          expect(all).not.toMatch(/my-own-token|session=mine/),
        );
      },
      { tokens },
    );
  });

  it('are the smallest sufficient for the operation', async () => {
    await opened(
      async ({ post, reaches }) => {
        await post('planning-get-plan').expect(401);
        await post('trading-execute-trade', bearer(tokens.write)).expect(403);
        await post('planning-get-plan', { ...bearer(tokens.trade), 'x-call-id': 'r' }).expect(202);
        await reaches('r', 'done');
        await post('trading-execute-trade', { ...bearer(tokens.trade), 'x-call-id': 't' });
        await reaches('t', 'done');
        expect(runs).toEqual([`Bearer ${tokens.read}`, `Bearer ${tokens.trade}`]);
      },
      { tokens, readAccess: 'token' },
    );
  });
});

async function everythingInRedis(): Promise<string> {
  const connection = connectQueueRedis(redis.url, 'any');
  const texts = await Promise.all(
    (await connection.keys('*')).map(async (key) =>
      (await connection.type(key)) === 'hash' ? JSON.stringify(await connection.hgetall(key)) : '',
    ),
  );
  connection.disconnect();
  return texts.join('\n');
}
