import { Readable } from 'node:stream';
import request from 'supertest';
import { SyncPricesUpdate } from '#protos/gen/universe.ts';
import { framesIn, STREAM_TYPE, type Frame } from '#shared/contract/message-frames.ts';
import { planning } from '#shared/contract/planning.ts';
import { portfolio } from '#shared/contract/portfolio.ts';
import { trading } from '#shared/contract/trading.ts';
import { LINES_TYPE, OBJECTS_TYPE } from '#shared/clients/functions-client.ts';
import { universe } from '#shared/contract/universe.ts';
import { notFound } from '#shared/kernel/failure.ts';
import { Decimal } from '#shared/kernel/decimal.ts';
import { keys } from '#shared/redis/keys.ts';
import type { Context, Dependencies } from '#shared/runtime/context.ts';
import { handle } from '#shared/runtime/handle.ts';
import { BODY_BYTES_MAX } from '#template/server.ts';
import { GetPlanRequest, GetPlanResponse } from '#protos/gen/planning.ts';
import { endpointOf } from '../../support/host.ts';
import {
  openTestDependencies,
  startTestRedis,
  type TestRedis,
} from '../../support/dependencies.ts';

let redis: TestRedis;
let dependencies: Dependencies;

beforeAll(async () => {
  redis = await startTestRedis();
  dependencies = await openTestDependencies(redis);
});
afterAll(async () => {
  await dependencies.close();
  await redis.stop();
});

const found = handle(planning.getPlan, async ({ planId }) => {
  if (planId === 'absent') throw notFound('plan', planId);
  if (planId === 'bug') throw new Error('secret inside');
  return { found: planId === 'there', plan: undefined };
});

const ISIN = 'US0378331005';
let removals = 0;
const remove = handle(universe.removeSecurity, async ({ reason }, context) => {
  removals += 1;
  if (reason === 'slow') await new Promise((resolve) => setTimeout(resolve, 200));
  if (reason === 'refuse') throw notFound('security', ISIN);
  return { success: true, message: `${removals} ${context.idempotencyKey}` };
});

const bytes = (response: request.Response): Buffer => response.body as Buffer;

describe('the endpoint of a unary operation', () => {
  const endpoint = () => request(endpointOf(found, dependencies));

  test('answers proto3 JSON and the request id', async () => {
    const answer = await endpoint()
      .post('/')
      .set('x-request-id', 'mine-1')
      .send({ planId: 'there' });
    expect(answer.status).toBe(200);
    expect(answer.body).toEqual({ found: true });
    expect(answer.headers['content-type']).toBe('application/json');
    expect(answer.headers['x-request-id']).toBe('mine-1');
  });

  test('replaces a malformed request id', async () => {
    const answer = await endpoint().post('/').set('x-request-id', 'a b').send({ planId: 'there' });
    expect(answer.headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/);
  });

  test('answers protobuf to protobuf requests', async () => {
    const answer = await endpoint()
      .post('/')
      .set('content-type', 'application/x-protobuf')
      .responseType('blob')
      .send(Buffer.from(GetPlanRequest.encode({ planId: 'there' }).finish()));
    expect(answer.headers['content-type']).toBe('application/x-protobuf');
    expect(GetPlanResponse.decode(bytes(answer))).toEqual({ found: true, plan: undefined });
  });

  test('answers protobuf to who accepts it', async () => {
    const answer = await endpoint()
      .post('/')
      .set('accept', 'application/x-protobuf, application/json')
      .responseType('blob')
      .send({ planId: 'there' });
    expect(answer.headers['content-type']).toBe('application/x-protobuf');
    expect(GetPlanResponse.decode(bytes(answer))).toEqual({ found: true, plan: undefined });
  });

  test('says what it takes where it refuses a request', async () => {
    const answer = await endpoint().post('/').send({ planId: 7 });
    expect(answer.status).toBe(400);
    expect(answer.headers['accept-post']).toBe('application/json, application/x-protobuf');
  });

  test.each([
    ['{"planId": 7}', 'planId'],
    ['{}', 'planId'],
    ['{"planId": "x", "extra": 1}', 'extra'],
    ['{"planId": "x", "__proto__": {"a": 1}}', '__proto__'],
    [String.raw`{"planId": "x", "map": {"\u005f_proto__": 1}}`, '__proto__'],
    ['{"planId": "x", "planId": "y"}', 'planId'],
    [String.raw`{"planId": "x", "\u0070lanId": "x"}`, 'planId'],
    ['[]', 'body'],
    ['null', 'body'],
    ['"text"', 'body'],
    ['{"planId": ', 'body'],
    ['\ufeff{"planId": "x"}', 'planId'],
    [`${'['.repeat(50_000)}${']'.repeat(50_000)}`, 'body'],
  ])('refuses hostile body %# and names the field', async (body, field) => {
    const answer = await endpoint().post('/').set('content-type', 'application/json').send(body);
    if (body.startsWith('\ufeff')) return expect(answer.status).toBe(200);
    expect(answer.status).toBe(400);
    expect(answer.body).toMatchObject({ code: 'INVALID_REQUEST', field });
    return expect(Object.prototype).not.toHaveProperty('a');
  });

  test.each(['', '\n', '\r\n'])(
    'takes the line without text %j as an empty request',
    async (body) => {
      const answer = await endpoint().post('/').set('content-type', 'text/plain').send(body);
      expect(answer.status).toBe(400);
      expect(answer.body.field).toBe('planId');
    },
  );

  test.each(['\r', ' ', '\t', '\n\n', ' \n'])('refuses %j, which is no JSON', async (body) => {
    const answer = await endpoint().post('/').set('content-type', 'application/json').send(body);
    expect(answer.status).toBe(400);
    expect(answer.body.field).toBe('body');
  });

  test('refuses bytes that are not UTF-8', async () => {
    const answer = await endpoint()
      .post('/')
      .set('content-type', 'application/json')
      .send(Buffer.from([0x7b, 0xff, 0x7d]).toString('latin1'))
      .serialize((text: string) => text);
    expect(answer.status).toBe(400);
  });

  test('refuses truncated protobuf', async () => {
    const answer = await endpoint()
      .post('/')
      .set('content-type', 'application/x-protobuf')
      .send(Buffer.from([0x0a, 0x7f, 0x01]));
    expect(answer.status).toBe(400);
  });

  test('refuses a body over the limit', async () => {
    const answer = await endpoint()
      .post('/')
      .set('content-type', 'application/json')
      .send(`"${'x'.repeat(BODY_BYTES_MAX)}"`);
    expect(answer.status).toBe(413);
    expect(answer.body).toMatchObject({ code: 'TOO_LARGE' });
  });

  test('answers a failure by the failure table', async () => {
    const answer = await endpoint().post('/').send({ planId: 'absent' });
    expect(answer.status).toBe(404);
    expect(answer.body).toMatchObject({ code: 'NOT_FOUND', kind: 'plan', id: 'absent' });
    expect(answer.body.requestId).toBe(answer.headers['x-request-id']);
  });

  test('keeps the text of a bug inside', async () => {
    const answer = await endpoint().post('/').send({ planId: 'bug' });
    expect(answer.status).toBe(500);
    expect(answer.text).not.toContain('secret');
  });

  test('ends a call whose time is up', async () => {
    const slow = handle(planning.getPlan, () => new Promise(() => undefined));
    const answer = await request(endpointOf(slow, dependencies))
      .post('/')
      .set('x-timeout-ms', '30')
      .send({ planId: 'x' });
    expect(answer.status).toBe(504);
    expect(answer.body).toMatchObject({ code: 'DEADLINE' });
  });

  test('never sends a number that is not finite', async () => {
    const broken = handle(portfolio.getPositions, async () => ({
      positions: [],
      totalPositions: Number.NaN,
      ...{ totalValue: undefined, rates: [], warnings: [] },
    }));
    const answer = await request(endpointOf(broken, dependencies)).post('/').send({});
    expect(answer.status).toBe(500);
  });

  test('answers its readiness', async () => {
    expect((await endpoint().get('/_/health')).text).toBe('OK');
    expect((await endpoint().get('/_/ready')).text).toBe('OK');
  });
});

describe('an idempotency key', () => {
  const send = (key: string | undefined, reason: string) => {
    const post = request(endpointOf(remove, dependencies)).post('/');
    return (key === undefined ? post : post.set('idempotency-key', key)).send({
      isin: ISIN,
      reason,
    });
  };

  test('gives the same answer for the same body, and does the work once', async () => {
    const before = removals;
    const [first, second] = [await send('k1', 'sold'), await send('k1', 'sold')];
    expect(first.status).toBe(200);
    expect(second.body).toEqual(first.body);
    expect(removals).toBe(before + 1);
  });

  test('is refused with another body', async () => {
    await send('k2', 'sold');
    expect((await send('k2', 'merged')).body).toMatchObject({ code: 'KEY_REUSED' });
  });

  test('does the work once for two calls at the same time', async () => {
    const before = removals;
    const answers = await Promise.all([send('k3', 'slow'), send('k3', 'slow')]);
    expect(removals).toBe(before + 1);
    expect(answers.map((answer) => answer.status)).toEqual([200, 200]);
    expect(answers[1]?.body).toEqual(answers[0]?.body);
  });

  test('of a dead process is free again when its claim has expired', async () => {
    const claim = keys.runtime.claim('universe-remove-security', 'k5');
    await dependencies.database.redis.set(claim, 'somebody who died', 'PX', 300);
    const before = removals;
    expect((await send('k5', 'sold')).status).toBe(200);
    expect(removals).toBe(before + 1);
  });

  test('may be used again after a failure', async () => {
    const before = removals;
    expect((await send('k4', 'refuse')).status).toBe(404);
    expect((await send('k4', 'refuse')).status).toBe(404);
    expect(removals).toBe(before + 2);
  });

  test.each(['a b', '{x}', 'x'.repeat(129)])(
    'is refused when it is malformed (%#)',
    async (key) => {
      expect((await send(key, 'sold')).body).toMatchObject({ field: 'Idempotency-Key' });
    },
  );

  test('that is not given makes each call separate', async () => {
    const before = removals;
    await send(undefined, 'sold');
    await send(undefined, 'sold');
    expect(removals).toBe(before + 2);
  });
});

describe('access', () => {
  const tokens = { write: 'w'.repeat(32), trade: 't'.repeat(32) };
  const trade = handle(trading.cancelTrade, async () => ({
    success: true,
    message: '',
    newStatus: 'CANCELLED',
  }));
  const call = (
    handler: typeof trade | typeof remove | typeof found,
    token: string | undefined,
    body: object,
  ) => {
    const post = request(endpointOf(handler, { ...dependencies, tokens })).post('/');
    return (token === undefined ? post : post.set('authorization', token)).send(body);
  };
  const removal = { isin: ISIN, reason: 'x' };

  test.each([
    ['reads', undefined, 200],
    ['writes', undefined, 401],
    ['writes', `Bearer ${tokens.write}`, 200],
    ['writes', `Bearer ${tokens.trade}`, 200],
    ['writes', `Bearer ${tokens.write}x`, 401],
    ['writes', `Basic ${tokens.write}`, 401],
    ['writes', 'Bearer ', 401],
    ['trades', undefined, 401],
    ['trades', `Bearer ${tokens.write}`, 403],
    ['trades', `bearer ${tokens.trade}`, 200],
  ])('to an operation that %s follows the token (%#)', async (effect, token, status) => {
    const answer =
      effect === 'reads'
        ? await call(found, token, { planId: 'there' })
        : effect === 'writes'
          ? await call(remove, token, removal)
          : await call(trade, token, { tradeId: 't' });
    expect(answer.status).toBe(status);
  });
});

describe('the endpoint of a streaming operation', () => {
  const update = {
    progressPct: 0,
    synced: 0,
    failed: 0,
    total: 2,
    currentIsin: '',
    complete: false,
    error: '',
  };
  const none = { problems: [], setAside: [], priceDoubts: [] };
  const extra = { ...none, barsStored: '0', barsSetAside: '0' };
  const sync = handle(universe.syncPrices, async function* ({ isins }) {
    if (isins.length === 1) throw notFound('security', ISIN);
    yield { ...update, ...extra };
    if (isins.length === 2) throw notFound('security', ISIN);
    yield { ...update, ...extra, progressPct: 100, complete: true };
  });
  const run = (isins: string[], accept: string) =>
    request(endpointOf(sync, dependencies))
      .post('/')
      .set('x-run-id', 'run-1')
      .set('accept', accept)
      .buffer(true)
      .parse((response, done) => {
        let text = '';
        response.on('data', (chunk: Buffer) => (text += chunk.toString()));
        response.on('end', () => done(null, text));
      })
      .send({ isins });
  const lines = (answer: request.Response): unknown[] =>
    (answer.body as string)
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown);

  test('answers a line a message to those who ask for lines', async () => {
    const answer = await run([], 'application/x-ndjson');
    expect(answer.headers['content-type']).toBe('application/x-ndjson');
    expect(lines(answer)).toMatchObject([{ progressPct: 0 }, { progressPct: 100 }]);
  });

  test('answers the objects themselves to a caller in its process that gives its request so', async () => {
    const inObjects = async (isins: string[]) => {
      const event = {
        method: 'POST',
        path: '/',
        query: new URLSearchParams(),
        headers: { accept: LINES_TYPE, 'x-run-id': 'run-1' },
        body: Buffer.from(JSON.stringify({ isins })),
        message: { isins },
      };
      const { signal } = new AbortController();
      const own = { env: {}, secret: () => Promise.reject(new Error('has none')) };
      const answer = await sync(event, { callId: 'c', signal, shared: dependencies, ...own });
      const messages: unknown[] = [];
      for await (const message of answer.body as AsyncIterable<unknown>) messages.push(message);
      return { type: answer.headers?.['content-type'], messages };
    };
    expect(await inObjects([])).toMatchObject({
      type: OBJECTS_TYPE,
      messages: [{ progressPct: 0 }, { progressPct: 100, complete: true }],
    });
    const failed = await inObjects([ISIN, ISIN]);
    expect(failed.messages[1]).toMatchObject({ failure: { code: 'NOT_FOUND' } });
  });

  const framed = async (isins: string[]) => {
    const accept = 'application/x-protobuf; encoding=length-prefixed';
    const answer = await request(endpointOf(sync, dependencies))
      .post('/')
      .set({ accept, 'x-run-id': 'run-1' })
      .responseType('blob')
      .send({ isins });
    const frames: Frame[] = [];
    const chunks = Readable.from([bytes(answer)]);
    for await (const frame of framesIn(chunks)) frames.push(frame);
    return { answer, frames };
  };

  test('answers a message behind its length to those who ask for that', async () => {
    const { answer, frames } = await framed([]);
    expect(answer.headers['content-type']).toBe(STREAM_TYPE);
    expect(frames.map(({ isEnd }) => isEnd)).toEqual([false, false, true]);
    const progress = frames
      .slice(0, 2)
      .map(({ bytes }) => SyncPricesUpdate.decode(bytes).progressPct);
    expect(progress).toEqual([0, 100]);
    expect(frames[2]?.bytes).toHaveLength(0);
  });

  test('ends these with the failure when it fails later on', async () => {
    const { frames } = await framed([ISIN, ISIN]);
    expect(frames).toHaveLength(2);
    expect(JSON.parse(String(frames[1]?.bytes))).toMatchObject({ code: 'NOT_FOUND' });
  });

  test('answers the last message to others', async () => {
    expect(lines(await run([], 'application/json'))).toMatchObject([{ complete: true }]);
  });

  test('keeps the status of a refusal before the first message', async () => {
    expect((await run([ISIN], 'application/x-ndjson')).status).toBe(404);
  });

  test('ends with a failure line when it fails later on', async () => {
    const answer = await run([ISIN, ISIN], 'application/x-ndjson');
    expect(lines(answer)[1]).toMatchObject({ failure: { code: 'NOT_FOUND' } });
    expect((await run([ISIN, ISIN], 'application/json')).status).toBe(404);
  });
});

describe('losing Redis', () => {
  test('is UNAVAILABLE until it is back', async () => {
    const own = await startTestRedis();
    const lonely = await openTestDependencies(own);
    const handler = handle(planning.getPlan, async (_request, context) => {
      await context.database.redis.ping();
      return { found: false, plan: undefined };
    });
    await own.stop();
    const answer = await request(endpointOf(handler, lonely)).post('/').send({ planId: 'x' });
    expect(answer.status).toBe(503);
    expect((await request(endpointOf(handler, lonely)).get('/_/ready')).status).toBe(503);
    await lonely.close();
  });
});

test('exact quantities survive the endpoint', async () => {
  const echo = handle(trading.validateTrade, async ({ quantity }) => ({
    valid: quantity.equals(Decimal.parse('0.1')),
    errors: [],
    warnings: [],
    estimatedCost: undefined,
    availableCash: undefined,
  }));
  const body = { isin: ISIN, side: 'BUY', quantity: 0.1 };
  expect((await request(endpointOf(echo, dependencies)).post('/').send(body)).body.valid).toBe(
    true,
  );
});

describe('an operation that is given a stale answer', () => {
  const summaryOf = async (context: Context) => {
    const { portfolioHash = '' } = (await context.functions.call(
      portfolio.getSummary,
      {},
      context.callOptions(),
    )) as { portfolioHash?: string };
    return portfolioHash;
  };
  const reads = handle(planning.getPlan, async (_request, context) => {
    await summaryOf(context);
    return { found: true, plan: undefined };
  });
  const writes = handle(universe.removeSecurity, async (_request, context) => ({
    success: true,
    message: await summaryOf(context),
  }));
  let old: Dependencies;

  beforeAll(async () => {
    const body = async function* () {
      yield '{"portfolioHash":"yesterday"}';
    };
    const transport = async () => ({ status: 200, body: body(), staleMs: 4_200 });
    old = await openTestDependencies(redis, {}, { transport });
  });
  afterAll(() => old.close());

  test('passes its age on, when it reads', async () => {
    const answer = await request(endpointOf(reads, old)).post('/').send({ planId: 'x' });
    expect(answer.status).toBe(200);
    expect(answer.headers['x-stale-ms']).toBe('4200');
  });

  test('does not act on it, when it changes something', async () => {
    const removal = { isin: ISIN, reason: 'a test' };
    const answer = await request(endpointOf(writes, old)).post('/').send(removal);
    expect(answer.status).toBe(503);
    expect(answer.body).toMatchObject({ code: 'UNAVAILABLE', staleMs: 4_200 });
  });
});
