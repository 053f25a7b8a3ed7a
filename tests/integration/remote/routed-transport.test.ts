import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  FunctionsClient,
  cancelled,
  type CallOptions,
  type FunctionCall,
} from '#shared/clients/functions-client.ts';
import { openRoutes, type Routes } from '#shared/clients/open-routes.ts';
import type { Failure } from '#shared/kernel/failure.ts';
import type { ServiceName } from '#shared/contract/names.ts';
import {
  allLocal,
  type Device,
  type Placement,
  type RemotePlace,
} from '#shared/placement/placement.ts';
import { planning } from '#shared/contract/planning.ts';
import { portfolio } from '#shared/contract/portfolio.ts';
import { scoring } from '#shared/contract/scoring.ts';
import { trading } from '#shared/contract/trading.ts';
import { silentLog } from '#shared/process/log.ts';
import {
  openFailingService,
  type FailingService,
} from '../../support/endpoints/failing-service.ts';
import { until } from '../../support/until.ts';

interface Seen {
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

let dir: string;
let server: Server;
let seen: Seen[];
let answerer: (request: Seen, response: ServerResponse) => void;
let facade: FailingService;
let routes: Routes;
let functions: FunctionsClient;
let near: FunctionCall[];

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'trader-routes-'));
  await writeFile(join(dir, 'token'), 'the-trade-token-of-state\n');
  seen = [];
  near = [];
  answerer = (_request, response) => void response.end('{"found":true}');
  server = createServer((request, response) => void receive(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  facade = await openFailingService();
  routes = await openRoutes({
    placement: placement(),
    settings: {},
    log: silentLog,
    local: (call) => {
      near.push(call);
      const body = [JSON.stringify({ found: false })];
      return Promise.resolve({
        status: 200,
        body: (async function* () {
          yield* body;
        })(),
      });
    },
  });
  functions = new FunctionsClient(routes.transport);
});
afterEach(async () => {
  routes.close();
  facade.vanish();
  server.closeAllConnections();
  server.close();
  await rm(dir, { recursive: true, force: true });
});

async function receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
  let body = '';
  for await (const chunk of request) body += String(chunk);
  const one = { url: request.url ?? '', headers: request.headers, body };
  seen.push(one);
  answerer(one, response);
}

/** Portfolio and trading over HTTP, scoring and planning over gRPC, the rest here. */
function placement(): Placement {
  const { port } = server.address() as AddressInfo;
  const gateway = `http://127.0.0.1:${port}`;
  const device: Device = {
    name: 'state',
    roles: ['state'],
    gateway,
    facadePortBase: 0,
    tokenFile: join(dir, 'token'),
  };
  const remote = (service: ServiceName, protocol: 'http' | 'grpc'): RemotePlace => ({
    mode: 'remote',
    service,
    device,
    protocol,
    address: protocol === 'http' ? gateway : facade.addresses[service],
    timeoutMs: 2_000,
    retries: 2,
    healthCheck: { intervalMs: 0, timeoutMs: 100 },
    staleMsMax: 60_000,
  });
  const places = {
    ...allLocal.places,
    portfolio: remote('portfolio', 'http'),
    trading: remote('trading', 'http'),
    scoring: remote('scoring', 'grpc'),
    planning: remote('planning', 'grpc'),
  };
  return { device: 'compute', places, breaker: { failures: 20, pauseMs: 1_000 } };
}

function options(more: Partial<CallOptions> = {}): CallOptions {
  return { signal: new AbortController().signal, requestId: 'call-7', ...more };
}

async function failureOf(work: Promise<unknown>): Promise<Failure> {
  const answer = await work.then(
    () => 'it was answered',
    (thrown: unknown) => thrown,
  );
  expect(answer).toBeInstanceOf(Error);
  return answer as Failure;
}

const sale = { isin: 'US0378331005', side: 'SELL', quantity: 1 } as const;

test('a call of a local service stays here', async () => {
  expect(
    await functions.call(
      { ...planning.getPlan, name: 'universe-get-security' },
      { planId: 'x' },
      options(),
    ),
  ).toEqual({ found: false });
  expect(near.map(({ name }) => name)).toEqual(['universe-get-security']);
  expect(seen).toEqual([]);
});

test('an unknown service has no route', async () => {
  const call = { ...planning.getPlan, name: 'dashboard-show' };
  expect(await failureOf(functions.call(call, { planId: 'x' }, options()))).toMatchObject({
    code: 'NOT_FOUND',
  });
});

describe('over HTTP', () => {
  it('a call carries the other board’s token, its id, its key and its time', async () => {
    await functions.call(trading.executeTrade, sale, options({ idempotencyKey: 'key-1' }));
    expect(seen).toHaveLength(1);
    expect(seen[0]).toMatchObject({
      url: '/function/trading-execute-trade',
      body: JSON.stringify(sale),
      headers: {
        authorization: 'Bearer the-trade-token-of-state',
        'x-request-id': 'call-7',
        'idempotency-key': 'key-1',
        'x-timeout-ms': '2000',
      },
    });
  });

  it('a read is repeated when its connection breaks; a write without a key is not', async () => {
    answerer = (_request, response) => {
      if (seen.length < 3) response.destroy();
      else response.end('{"positionCount":3}');
    };
    expect(await functions.call(portfolio.getSummary, {}, options())).toEqual({ positionCount: 3 });
    expect(seen).toHaveLength(3);
    answerer = (_request, response) => void response.destroy();
    expect(await failureOf(functions.call(trading.executeTrade, sale, options()))).toMatchObject({
      code: 'OUTCOME_UNKNOWN',
      message: expect.stringMatching(/^trading on state .* Whether it took effect is unknown\.$/),
      facts: { service: 'trading', device: 'state', sent: 'unknown' },
    });
    expect(seen).toHaveLength(4);
  });

  it('a truncated answer is not an answer', async () => {
    answerer = (_request, response) => {
      if (seen.length > 1) return void response.end('{"positionCount":3}');
      response.writeHead(200, { 'content-length': '100' });
      response.write('{"positionCount":');
      setTimeout(() => response.destroy(), 20);
    };
    expect(await functions.call(portfolio.getSummary, {}, options())).toEqual({ positionCount: 3 });
    expect(seen).toHaveLength(2);
  });

  it('a write without an answer in time is not retried, with or without a key', async () => {
    answerer = () => undefined;
    const call = functions.call(trading.executeTrade, sale, options({ idempotencyKey: 'key-1' }));
    expect(await failureOf(call)).toMatchObject({
      code: 'OUTCOME_UNKNOWN',
      message: expect.stringContaining(
        'Whether it took effect is unknown: repeat the same request',
      ),
      facts: { idempotencyKey: 'key-1' },
    });
    expect(seen).toHaveLength(1);
  });

  it('refusals are passed on unchanged', async () => {
    answerer = (_request, response) => {
      response.writeHead(422, { 'content-type': 'application/json' });
      response.end('{"code":"REFUSED","message":"It is frozen.","rule":"frozen"}');
    };
    const failure = await failureOf(functions.call(trading.executeTrade, sale, options()));
    expect(failure).toMatchObject({ code: 'REFUSED', facts: { rule: 'frozen' } });
  });

  it('a stale answer is used for an unreachable board, for readers that accept one', async () => {
    answerer = (_request, response) => void response.end('{"positionCount":3}');
    await functions.call(portfolio.getSummary, {}, options());
    server.closeAllConnections();
    server.close();
    let staleMs = 0;
    const onStale = (ms: number): void => void (staleMs = ms);
    const old = await functions.call(
      portfolio.getSummary,
      { accountId: null },
      options({ onStale }),
    );
    expect(old).toEqual({ positionCount: 3 });
    expect(staleMs).toBeGreaterThan(0);
    const strict = await failureOf(functions.call(portfolio.getSummary, {}, options()));
    expect(strict).toMatchObject({
      code: 'UNAVAILABLE',
      message: expect.stringMatching(
        /^portfolio on state does not answer at .* Nothing was sent\.$/,
      ),
    });
  });

  it("readiness is the remote function's answer", async () => {
    answerer = (_request, response) => {
      response.statusCode = 503;
      response.end('broker did not answer');
    };
    expect(await functions.ready('trading-execute-trade', options())).toEqual({
      ready: false,
      reason: 'broker did not answer',
    });
    expect(seen[0]?.url).toBe('/function/trading-execute-trade/_/ready');
  });
});

describe('over gRPC', () => {
  it('JSON becomes the message of the contract, and back', async () => {
    facade.script({ message: { scores: [], totalScored: 2, failed: 1, failures: { X: 'no' } } });
    const answer = await functions.call(
      scoring.batchScoreSecurities,
      { isins: ['US0378331005'], filters: { sector: 'Energy' } },
      options({ idempotencyKey: 'key-1' }),
    );
    expect(answer).toEqual({ scores: [], totalScored: 2, failed: 1, failures: { X: 'no' } });
    const [call] = facade.calls;
    expect(call?.request).toEqual({ isins: ['US0378331005'], filters: { sector: 'Energy' } });
    expect(call?.metadata.getMap()).toMatchObject({
      'x-forwarded-by': 'compute',
      'x-request-id': 'call-7',
      'idempotency-key': 'key-1',
      authorization: 'Bearer the-trade-token-of-state',
    });
  });

  it('a stream comes message by message, or as its last one', async () => {
    facade.streams((call) => {
      for (const progressPct of [10, 100])
        call.write({ planId: 'p', progressPct, complete: progressPct === 100 });
      call.end();
    });
    const seenPct: number[] = [];
    for await (const { progressPct } of functions.stream(planning.createPlan, {}, options()))
      seenPct.push(progressPct);
    expect(seenPct).toEqual([10, 100]);
    const last = await functions.call(planning.createPlan, {}, options());
    expect(last).toMatchObject({ planId: 'p', progressPct: 100 });
  });

  it('a reader that disconnects leaves the run; one that cancels stops it', async () => {
    const ends: string[] = [];
    facade.streams((call) => {
      call.once('cancelled', () => ends.push('cancelled'));
      call.write({ planId: 'p', progressPct: 10 });
      setTimeout(() => {
        ends.push('ran on');
        call.end();
      }, 1_000);
    });
    const firstEnd = async (reason: Failure | Error): Promise<string | undefined> => {
      ends.length = 0;
      const left = new AbortController();
      const messages = functions.stream(planning.createPlan, {}, options({ signal: left.signal }));
      await messages.next();
      left.abort(reason);
      await messages.next().catch(() => undefined);
      await until(() => ends.length > 0);
      return ends[0];
    };
    const stopped = new DOMException('The host stops.', 'AbortError');
    expect(await firstEnd(stopped)).toBe('ran on');
    expect(await firstEnd(cancelled())).toBe('cancelled');
  });

  it('the readiness of all functions of a service takes one call', async () => {
    facade.script({ message: { healthy: false, status: 'redis did not answer' } });
    const names = ['planning-create-plan', 'planning-get-plan', 'planning-list-plans'];
    const answers = await Promise.all(names.map((name) => functions.ready(name, options())));
    expect(answers.map(({ ready }) => ready)).toEqual([false, false, false]);
    expect(answers[0]?.reason).toContain('redis did not answer');
    expect(facade.calls).toHaveLength(1);
  });
});

test('a forwarded call is not forwarded again', async () => {
  const call = functions.call(portfolio.getSummary, {}, options({ forwardedBy: 'state' }));
  expect(await failureOf(call)).toMatchObject({
    code: 'REFUSED',
    message: expect.stringMatching(/^state sent this call to compute, .* disagree\.$/),
    facts: { rule: 'service-not-here' },
  });
  expect(seen).toEqual([]);
});
