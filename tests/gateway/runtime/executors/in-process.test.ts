import { textOf } from '#shared/clients/answer-body.ts';
import { FunctionsClient } from '#shared/clients/functions-client.ts';
import { httpTransport } from '#shared/clients/http-transport.ts';
import { inProcessTransport } from '#gateway/runtime/executors/in-process-transport.ts';
import { scoring } from '#shared/contract/scoring.ts';
import { universe } from '#shared/contract/universe.ts';
import type { FunctionEvent } from '#template/function.ts';
import { openFixtures } from '../fixtures.ts';

type Gateway = Awaited<ReturnType<typeof openFixtures>>;

const seen: FunctionEvent[] = [];
let gateway: Gateway;

beforeAll(async () => {
  gateway = await openFixtures({
    'universe-get-security': {
      handler: Object.assign(
        (event: FunctionEvent) => {
          seen.push(event);
          return { headers: { 'content-type': 'application/json' }, body: '{"found":false}' };
        },
        { ready: () => Promise.reject(new Error('redis did not answer')) },
      ),
    },
    'universe-sync-prices': {
      handler: (event) => {
        seen.push(event);
        return {
          body: (async function* () {
            yield '{"current":1}\n{"cur';
            yield 'rent":2}\n';
          })(),
        };
      },
    },
    'universe-sync-fundamentals': {
      handler: () => ({
        body: (async function* () {
          yield '{"current":1,"complete":true}\n';
          throw new Error('the thread was lost');
        })(),
      }),
    },
    'universe-get-universe': {
      spec: { environment: { exec_timeout: '50ms' } },
      handler: () => new Promise(() => undefined),
    },
  });
});
beforeEach(() => void seen.splice(0));
afterAll(() => gateway.close(100));

const transports = {
  'in the process': () => inProcessTransport(gateway.host, { token: 'a-token' }),
  'over HTTP': () => httpTransport(gateway.url, 'a-token'),
};

describe.each(Object.keys(transports) as (keyof typeof transports)[])('a call %s', (way) => {
  const client = () => new FunctionsClient(transports[way]());
  const options = {
    signal: new AbortController().signal,
    requestId: 'request-1',
    idempotencyKey: 'key-1',
  };

  it('passes request, token, id and key', async () => {
    const answer = await client().call(universe.getSecurity, { symbol: 'ABC' }, options);
    expect(answer).toEqual({ found: false });
    expect(seen[0]).toMatchObject({
      method: 'POST',
      path: '/',
      headers: {
        authorization: 'Bearer a-token',
        'content-type': 'application/json',
        'x-request-id': 'request-1',
        'idempotency-key': 'key-1',
      },
    });
    expect(seen[0]?.body.toString()).toBe('{"symbol":"ABC"}');
    expect(seen[0]?.headers).not.toHaveProperty('x-run-id');
  });

  it('streams message by message', async () => {
    const messages: unknown[] = [];
    for await (const message of client().stream(universe.syncPrices, {}, options))
      messages.push(message);
    expect(messages).toEqual([{ current: 1 }, { current: 2 }]);
  });

  it('has an unknown outcome where the function breaks off', async () => {
    const transport = transports[way]();
    const { signal, requestId } = options;
    const accept = 'application/x-ndjson';
    const name = 'universe-sync-fundamentals';
    const { body } = await transport({ name, body: '{}', accept, signal, requestId });
    await expect(textOf(body)).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      facts: { sent: 'unknown' },
    });
  });

  it('answers readiness with what is missing', async () => {
    expect(await client().ready('universe-get-security', options)).toEqual({
      ready: false,
      reason: 'redis did not answer',
    });
  });

  // A gateway answers the same while its provider is away; the operation itself would say NOT_FOUND in JSON.
  it('fails as UNAVAILABLE where there is no such function', async () => {
    const call = client().call(scoring.getScoreHistory, {}, options);
    await expect(call).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  });

  it('fails as DEADLINE where the platform aborted the function', async () => {
    const call = client().call(universe.getUniverse, {}, options);
    await expect(call).rejects.toMatchObject({ code: 'DEADLINE' });
  });
});

it('runs long operations directly where there is no queue worker', async () => {
  const transport = inProcessTransport(gateway.host, { token: 't', withoutQueue: true });
  const client = new FunctionsClient(transport);
  const signal = new AbortController().signal;
  await client.call(universe.getSecurity, {}, { signal, requestId: 'request-1' });
  expect(seen[0]?.headers['x-run-id']).toBe('request-1');
});
