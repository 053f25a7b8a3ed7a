import { createHash, randomBytes } from 'node:crypto';
import { request as httpRequest } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { once } from 'node:events';
import request from 'supertest';
import { BODY_BYTES_MAX } from '#template/server.ts';
import { openFixtures } from './fixtures.ts';
import { until } from '../../support/until.ts';

type Gateway = Awaited<ReturnType<typeof openFixtures>>;

let gateway: Gateway;
let aborted = 0;
let release: () => void = () => undefined;
/** Calls of `single` that have come to wait. */
let entered = 0;
/** Lets a stream of `chunks` go on. */
let goOn: () => void = () => undefined;

beforeAll(async () => {
  gateway = await openFixtures({
    echo: {
      handler: (event) => ({
        status: Number(event.query.get('status') ?? 200),
        body: {
          method: event.method,
          path: event.path,
          query: event.query.toString(),
          headers: event.headers,
          sha256: createHash('sha256').update(event.body).digest('hex'),
        },
      }),
    },
    throws: {
      handler: () => {
        throw new Error('a secret detail');
      },
    },
    slow: {
      spec: { environment: { exec_timeout: '80ms' } },
      handler: async (_event, { signal }) => {
        signal.addEventListener('abort', () => (aborted += 1));
        await sleep(5_000, undefined, { ref: false });
        return {};
      },
    },
    single: {
      spec: { environment: { max_inflight: '1' } },
      handler: async () => {
        await new Promise<void>((resolve) => {
          release = resolve;
          entered += 1;
        });
        return { body: 'through' };
      },
    },
    chunks: {
      spec: { labels: { max_inflight: '1' } },
      handler: () => ({
        headers: { 'content-type': 'text/event-stream' },
        body: (async function* () {
          yield 'one\n';
          await new Promise<void>((resolve) => (goOn = resolve));
          yield 'two\n';
        })(),
      }),
    },
    missing: { spec: { handler: 'functions/nowhere' }, handler: () => ({}) },
    moved: { handler: () => ({ status: 302, headers: { location: '/elsewhere' } }) },
  });
});

afterAll(() => gateway.close(100));

const at = () => request(gateway.url);

describe('calling a function', () => {
  test.each(['get', 'post', 'put', 'patch', 'delete', 'options'] as const)(
    'passes %s through',
    async (method) => {
      const answer = await at()[method]('/function/echo');
      expect(answer.status).toBe(200);
      expect(answer.body.method).toBe(method.toUpperCase());
    },
  );

  it('answers HEAD without a body', async () => {
    await at().head('/function/echo').expect(200);
  });

  it('refuses methods that OpenFaaS does not pass on', async () => {
    await at().trace('/function/echo').expect(405);
  });

  it('takes the name with the namespace the CLI always adds', async () => {
    await at().post('/function/echo.openfaas-fn').send('hi').expect(200);
    await at().post('/function/echo.elsewhere').send('hi').expect(404);
  });

  it('passes path and query on as they were written', async () => {
    const { body } = await at().get('/function/echo/a%2Fb%3Fc%2541?x=1&x=2');
    expect(body.path).toBe('/a%2Fb%3Fc%2541');
    expect(body.query).toBe('x=1&x=2');
  });

  it('sends a path with // or .. in it to the path it means, never to another host', async () => {
    const doubled = await at().post('/function/echo//other.host/x?u=a//b').send('x');
    expect([doubled.status, doubled.headers['location']]).toEqual([
      301,
      '/function/echo/other.host/x?u=a//b',
    ]);
  });

  it('calls the function at its bare name with the path /', async () => {
    expect((await at().get('/function/echo')).body.path).toBe('/');
    expect((await at().get('/function/echo?a=b')).body).toMatchObject({ path: '/', query: 'a=b' });
  });

  it('answers the status of the function, whatever it is', async () => {
    for (const status of [201, 418, 500])
      await at().get(`/function/echo?status=${status}`).expect(status);
  });

  it('passes redirects on and does not follow them', async () => {
    const answer = await at().get('/function/moved').redirects(0);
    expect(answer.status).toBe(302);
    expect(answer.headers['location']).toBe('/elsewhere');
  });

  it('carries binary bodies unchanged', async () => {
    const bytes = randomBytes(2_000_000);
    const answer = await at().post('/function/echo').type('application/octet-stream').send(bytes);
    expect(answer.body.sha256).toBe(createHash('sha256').update(bytes).digest('hex'));
  });

  it('refuses a body over the limit with 413', async () => {
    const answer = await at()
      .post('/function/echo')
      .send('x'.repeat(BODY_BYTES_MAX + 1));
    expect(answer.status).toBe(413);
  });

  it('names a function that does not exist, as OpenFaaS does', async () => {
    const answer = await at().get('/function/nope');
    expect(answer.status).toBe(404);
    expect(answer.text).toMatch(
      /^error finding function nope\.openfaas-fn: server returned non-200/,
    );
    expect(answer.headers['x-openfaas-internal']).toBe('proxy');
  });

  it.each(['/function', '/function/', '/nowhere'])(
    'answers 404 page not found at %s',
    async (path) => {
      const answer = await at().get(path);
      expect([answer.status, answer.text]).toEqual([404, '404 page not found\n']);
    },
  );

  it('loads a handler at its first call and never again', async () => {
    await at().get('/function/echo');
    await at().get('/function/echo');
    expect(gateway.loaded.filter((folder) => folder === 'functions/echo')).toHaveLength(1);
  });
});

describe('headers of a call', () => {
  it('generates a missing call id, and sends it to both sides', async () => {
    const answer = await at().get('/function/echo');
    expect(answer.headers['x-call-id']).toMatch(/^[0-9a-f-]{36}$/);
    expect(answer.body.headers['x-call-id']).toBe(answer.headers['x-call-id']);
  });

  it('keeps a given call id, and answers it', async () => {
    const answer = await at().get('/function/echo').set('x-call-id', 'abc-1');
    expect(answer.headers['x-call-id']).toBe('abc-1');
    expect(answer.body.headers['x-call-id']).toBe('abc-1');
  });

  it('replaces a call id that could break a log line', async () => {
    const answer = await at().get('/function/echo').set('x-call-id', 'a b "c"');
    expect(answer.headers['x-call-id']).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('says when the call started, once, in nanoseconds', async () => {
    const answer = await at().get('/function/echo').set('x-start-time', '5');
    const startTime = answer.headers['x-start-time'] ?? '';
    expect(Math.abs(Number(startTime) / 1e6 - Date.now())).toBeLessThan(10_000);
    expect(answer.body.headers['x-start-time']).toBe(startTime);
  });

  it('says how long it took and who served it', async () => {
    const { headers } = await at().get('/function/echo');
    expect(headers['x-duration-seconds']).toMatch(/^\d+\.\d{6}$/);
    expect(headers['x-served-by']).toBe('arduino-trader/1.2.3+abcdef');
  });

  it('sets forwarding headers, and drops hop-by-hop headers', async () => {
    const { body } = await at()
      .get('/function/echo')
      .set({ 'x-forwarded-for': '10.1.1.1', 'proxy-authorization': 'x', te: 'trailers' });
    expect(body.headers['x-forwarded-for']).toBe('10.1.1.1, 127.0.0.1');
    expect(body.headers['x-forwarded-host']).toMatch(/^127\.0\.0\.1:\d+$/);
    expect(body.headers).not.toHaveProperty('proxy-authorization');
    expect(body.headers).not.toHaveProperty('te');
  });
});

describe('a function that misbehaves', () => {
  it('that throws is a 500 without details, and the next call works', async () => {
    const answer = await at().post('/function/throws');
    expect(answer.status).toBe(500);
    expect(answer.text).not.toContain('secret');
    await at().get('/function/echo').expect(200);
  });

  it('that exceeds its time limit is a 504 of the platform, and is aborted', async () => {
    const answer = await at().post('/function/slow');
    expect(answer.status).toBe(504);
    expect(answer.headers['x-openfaas-internal']).toBe('of-watchdog');
    expect(aborted).toBe(1);
  });

  it('that cannot be loaded is a 500 of the platform', async () => {
    const answer = await at().post('/function/missing');
    expect([answer.status, answer.text]).toEqual([500, "Can't reach service for: missing.\n"]);
    expect(answer.headers['x-openfaas-internal']).toBe('proxy');
  });

  it('at its limit answers 429, and accepts calls again afterwards', async () => {
    entered = 0;
    const first = at()
      .post('/function/single')
      .then((answer) => answer.status);
    await until(() => entered === 1);
    const second = await at().post('/function/single');
    expect(second.status).toBe(429);
    expect(second.text).toBe('Concurrent request limit exceeded. Max concurrent requests: 1\n');
    expect(second.headers['x-openfaas-internal']).toBe('faas-middleware');
    release();
    expect(await first).toBe(200);
    const third = at()
      .post('/function/single')
      .then((answer) => answer.status);
    await until(() => entered === 2);
    release();
    expect(await third).toBe(200);
  });
});

describe('a streamed answer', () => {
  /** Its chunks, as they arrive. */
  function stream(arrivals: string[]) {
    return new Promise<void>((resolve) => {
      httpRequest(`${gateway.url}/function/chunks`, { method: 'POST' }, (response) => {
        response.on('data', (chunk: Buffer) => arrivals.push(String(chunk)));
        response.on('end', resolve);
      }).end();
    });
  }

  it('is sent chunk by chunk, and holds its slot until the last', async () => {
    const arrivals: string[] = [];
    const answered = stream(arrivals);
    // The second chunk does not exist before the first one has arrived.
    await until(() => arrivals.length === 1);
    await at().post('/function/chunks').expect(429);
    goOn();
    await answered;
    expect(arrivals).toEqual(['one\n', 'two\n']);
    const again: string[] = [];
    const next = stream(again);
    await until(() => again.length === 1);
    goOn();
    await next;
  });

  it('releases its slot when the caller leaves before the end', async () => {
    const left = httpRequest(`${gateway.url}/function/chunks`, { method: 'POST' }, (response) =>
      response.once('data', () => left.destroy()),
    );
    left.on('error', () => undefined);
    await once(left.end(), 'close');
    const arrivals: string[] = [];
    await until(async () => {
      arrivals.splice(0);
      void stream(arrivals);
      await until(() => arrivals.length === 1);
      return arrivals[0] === 'one\n';
    });
    goOn();
  });
});
