/** What a call means stays what it means: ids, time, failures, and what cannot be read. */
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { Client, status, type ServiceError } from '@grpc/grpc-js';
import { openFacade, type Facade } from '#gateway/facade/facade.ts';
import { GatewayServiceClient } from '#protos/gen/gateway.ts';
import { OptimizationServiceClient } from '#protos/gen/optimization.ts';
import {
  CreatePlanRequest,
  ListPlansRequest,
  PlanningServiceClient,
} from '#protos/gen/planning.ts';
import { ExecuteTradeRequest, TradingServiceClient } from '#protos/gen/trading.ts';
import { UniverseServiceClient } from '#protos/gen/universe.ts';
import { FunctionsClient } from '#shared/clients/functions-client.ts';
import { httpTransport } from '#shared/clients/http-transport.ts';
import { failureTable, type FailureCode } from '#shared/kernel/failure.ts';
import { silentLog } from '#shared/process/log.ts';
import { handle } from '#shared/runtime/handle.ts';
import { planning as planningRows } from '#shared/contract/planning.ts';
import { trading as tradingRows } from '#shared/contract/trading.ts';
import type { Dependencies } from '#shared/runtime/context.ts';
import type { FunctionEvent, FunctionHandler } from '#template/function.ts';
import { detailsOf } from '../../support/endpoints/read-error-details.ts';
import { gatewayOf } from '../../support/endpoints/test-gateway.ts';
import { all, metadataOf, plain, unary } from '../../support/endpoints/grpc.ts';
import { listen } from '../../support/host.ts';
import {
  openTestDependencies,
  startTestRedis,
  type TestRedis,
} from '../../support/dependencies.ts';
import { until } from '../../support/until.ts';

const TRACE = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';

let redis: TestRedis;
let dependencies: Dependencies;
let facade: Facade;
let closeGateway: () => void;
let planning: PlanningServiceClient;
let trading: TradingServiceClient;
let optimization: OptimizationServiceClient;
let universe: UniverseServiceClient;
let gateway: GatewayServiceClient;
let calls: FunctionEvent[] = [];
/** Stand-ins for functions, by name; reached over HTTP as on another board. */
const functions: Record<string, FunctionHandler> = {};

function serve(name: string, answer: FunctionHandler): void {
  functions[name] = (event, context) => {
    calls.push(event);
    return answer(event, context);
  };
}

beforeAll(async () => {
  redis = await startTestRedis();
  dependencies = await openTestDependencies(redis);
  const { server, url } = await listen(gatewayOf(functions, () => dependencies));
  closeGateway = () => {
    server.closeAllConnections();
    server.close();
  };
  const reached = new FunctionsClient(httpTransport(url, ''));
  facade = await openFacade({ portBase: 0, access: null, functions: reached, log: silentLog });
  const at = (port: number): string => `127.0.0.1:${port}`;
  planning = new PlanningServiceClient(at(facade.ports.planning), plain);
  trading = new TradingServiceClient(at(facade.ports.trading), plain);
  optimization = new OptimizationServiceClient(at(facade.ports.optimization), plain);
  universe = new UniverseServiceClient(at(facade.ports.universe), plain);
  gateway = new GatewayServiceClient(at(facade.ports.gateway), plain);
});
afterAll(async () => {
  for (const client of [planning, trading, optimization, universe, gateway]) client.close();
  await facade.close();
  closeGateway();
  await dependencies.close();
  await redis.stop();
});
beforeEach(() => {
  calls = [];
});

const order = { isin: 'US0378331005', side: 'BUY', quantity: 1, orderType: 'MARKET' } as const;
const tradeOf = (more: object = {}): ExecuteTradeRequest =>
  ExecuteTradeRequest.fromJSON({ ...order, timeInForce: 'DAY', ...more });

async function refusal(call: Promise<unknown>): Promise<ServiceError> {
  return call.then(
    () => {
      throw new Error('the call was answered');
    },
    (error: unknown) => error as ServiceError,
  );
}

describe('the ids of a call', () => {
  test('reaches the function and comes back', async () => {
    serve('planning-get-plan', () => ({ body: { found: false } }));
    const headers = { 'x-request-id': 'r-1', 'idempotency-key': 'k-1', traceparent: TRACE };
    const { metadata } = await unary(planning, planning.getPlan, { planId: 'p' }, headers);
    expect(calls[0]?.headers).toMatchObject(headers);
    expect(metadata.getMap()).toMatchObject(headers);
  });

  test('is generated where it is missing or malformed; a malformed trace is dropped', async () => {
    serve('planning-get-plan', () => ({ body: { found: false } }));
    const headers = { 'x-request-id': 'a b', traceparent: `${TRACE}-x` };
    const { metadata } = await unary(planning, planning.getPlan, { planId: 'p' }, headers);
    expect(metadata.get('x-request-id')[0]).toMatch(/^[0-9a-f-]{36}$/);
    expect(calls[0]?.headers['x-request-id']).toBe(metadata.get('x-request-id')[0]);
    expect(calls[0]?.headers['traceparent']).toBeUndefined();
    expect(metadata.get('traceparent')).toEqual([]);
  });

  test('is passed on to the functions that a function calls', async () => {
    serve(
      'planning-get-plan',
      handle(planningRows.getPlan, async (_request, context) => {
        expect(context.callOptions().traceparent).toBe(TRACE);
        return { found: false, plan: undefined };
      }),
    );
    await unary(planning, planning.getPlan, { planId: 'p' }, { traceparent: TRACE });
  });

  test('an invalid idempotency key is refused, not ignored', async () => {
    const call = unary(planning, planning.getPlan, { planId: 'p' }, { 'idempotency-key': 'a b' });
    const error = await refusal(call);
    expect(error.code).toBe(status.INVALID_ARGUMENT);
    expect(error.details).toMatch(/idempotency-key/);
    expect(calls).toEqual([]);
  });

  test('metadata beyond its limit is RESOURCE_EXHAUSTED', async () => {
    const call = unary(planning, planning.getPlan, { planId: 'p' }, { much: 'x'.repeat(20_000) });
    expect((await refusal(call)).code).toBe(status.RESOURCE_EXHAUSTED);
  });
});

describe('the time of a call', () => {
  test('reaches the function less a margin, and ends its work', async () => {
    let ended = false;
    serve(
      'planning-get-plan',
      handle(planningRows.getPlan, async (_request, { signal }) => {
        await sleep(10_000, undefined, { signal }).catch(() => (ended = true));
        return { found: false, plan: undefined };
      }),
    );
    const deadline = Date.now() + 4_000;
    const error = await refusal(
      unary(planning, planning.getPlan, { planId: 'p' }, {}, { deadline }),
    );
    const granted = Number(calls[0]?.headers['x-timeout-ms']);
    expect(granted).toBeGreaterThan(1_000);
    expect(granted).toBeLessThan(3_950);
    // Our own words, and not the client's: the answer came before the client gave up.
    expect(error).toMatchObject({ code: status.DEADLINE_EXCEEDED });
    expect(error.details).toBe('The time limit of this call was exceeded. Nothing was changed.');
    await until(() => ended);
  });

  test('is not set where the caller sets none', async () => {
    serve('planning-get-plan', () => ({ body: { found: false } }));
    await unary(planning, planning.getPlan, { planId: 'p' });
    expect(calls[0]?.headers['x-timeout-ms']).toBeUndefined();
  });

  test.each([
    ['its key', { 'idempotency-key': 'my-key', 'x-request-id': 'r-9' }, 'my-key'],
    ['its request id where it has no key', { 'x-request-id': 'r-9' }, 'r-9'],
  ])('that passes on an order reports an unknown outcome, and %s', async (_name, headers, key) => {
    serve(
      'trading-execute-trade',
      handle(tradingRows.executeTrade, async (_request, context) => {
        expect(context.idempotencyKey).toBe(key);
        return sleep(10_000, undefined, { signal: context.signal }) as never;
      }),
    );
    const deadline = Date.now() + 2_500;
    const error = await refusal(
      unary(trading, trading.executeTrade, tradeOf(), headers, { deadline }),
    );
    expect(error.code).toBe(status.DEADLINE_EXCEEDED);
    expect(error.details).toContain('Whether it took effect is unknown');
    expect(error.details).toContain(`repeat the same request with the idempotency key ${key}`);
    expect(detailsOf(error).details['ErrorInfo']).toMatchObject({
      reason: 'OUTCOME_UNKNOWN',
      metadata: { requestId: 'r-9', idempotencyKey: key, cause: 'DEADLINE' },
    });
  });

  test('that passes reports it too where the function does not answer at all', async () => {
    serve('trading-execute-trade', () => new Promise(() => undefined));
    const deadline = Date.now() + 2_500;
    const error = await refusal(
      unary(
        trading,
        trading.executeTrade,
        tradeOf(),
        { 'idempotency-key': 'my-key' },
        { deadline },
      ),
    );
    expect(error.details).toContain('repeat the same request with the idempotency key my-key');
  });

  test('that passes during a subscription names the run', async () => {
    serve('planning-create-plan', (event, context) => createPlan(event, context));
    const stream = planning.createPlan(
      CreatePlanRequest.fromJSON({}),
      metadataOf({ 'idempotency-key': 'plan-key' }),
      { deadline: Date.now() + 2_500 },
    );
    const error = await refusal(all(stream));
    expect(error.code).toBe(status.DEADLINE_EXCEEDED);
    expect(error.details).toMatch(/the run planning-create-plan-[0-9a-z]+ may go on/);
    expect(error.details).toContain('the idempotency key plan-key');
  });
});

/** The real row with dependencies without a connector: its runs wait for ever. */
const createPlan = handle(planningRows.createPlan, async function* () {});

describe('a failure', () => {
  test.each(Object.keys(failureTable) as FailureCode[])('%s keeps its status', async (code) => {
    const { http, grpc, retry } = failureTable[code];
    const failure = { code, message: 'It is so.', thing: 'x', count: 3 };
    serve('planning-get-plan', () => ({ status: http, body: failure }));
    const call = unary(planning, planning.getPlan, { planId: 'p' }, { 'x-request-id': 'r-2' });
    const error = await refusal(call);
    expect(error).toMatchObject({ code: grpc, details: 'It is so.' });
    expect(error.metadata.get('failure-code')).toEqual([code]);
    const { details, ...head } = detailsOf(error);
    expect(head).toMatchObject({ code: grpc, message: 'It is so.' });
    expect(details['ErrorInfo']).toEqual({
      reason: code,
      domain: 'arduino_trader',
      metadata: { code, requestId: 'r-2', thing: 'x', count: '3' },
    });
    expect('RetryInfo' in details).toBe(retry === 'later');
  });

  test('names the violated rule, and when to retry', async () => {
    const refused = { code: 'REFUSED', message: 'No.', rule: 'market-closed' };
    serve('planning-get-plan', () => ({ status: 422, body: refused }));
    const no = detailsOf(await refusal(unary(planning, planning.getPlan, { planId: 'p' })));
    expect(no.details['ErrorInfo']).toMatchObject({
      reason: 'MARKET_CLOSED',
      metadata: { rule: 'market-closed' },
    });
    const busy = { code: 'TOO_BUSY', message: 'Later.', retryAfterMs: 2_500 };
    serve('planning-get-plan', () => ({ status: 429, body: busy }));
    const later = detailsOf(await refusal(unary(planning, planning.getPlan, { planId: 'p' })));
    expect(later.details['RetryInfo']).toEqual({ retryDelay: { seconds: 2, nanos: 500_000_000 } });
  });

  test('with many violations still fits into an answer', async () => {
    const violations = Array.from({ length: 1_000 }, (_, i) => ({
      field: `trades[${i}].isin`,
      message: 'is not an ISIN'.repeat(20),
    }));
    const message = violations.map(({ message }) => message).join('; ');
    const body = { code: 'INVALID_REQUEST', message, field: 'x', violations };
    serve('planning-get-plan', () => ({ status: 400, body }));
    const error = await refusal(unary(planning, planning.getPlan, { planId: 'p' }));
    expect(error.code).toBe(status.INVALID_ARGUMENT);
  });

  test('of an unreachable function is UNAVAILABLE', async () => {
    delete functions['planning-list-plans'];
    const call = unary(planning, planning.listPlans, ListPlansRequest.fromJSON({}));
    expect([status.UNAVAILABLE, status.NOT_FOUND]).toContain((await refusal(call)).code);
  });

  test('of a malformed answer is distinguished from the caller’s errors', async () => {
    serve('planning-get-plan', () => ({ body: { found: true, plan: { status: 'NO_SUCH' } } }));
    const error = await refusal(unary(planning, planning.getPlan, { planId: 'p' }));
    expect(error.code).toBe(status.INTERNAL);
    expect(error.details).toBe('Something went wrong inside; the log has the details.');
  });
});

describe('a request', () => {
  const raw = (path: string, bytes: Buffer, port: number): Promise<unknown> => {
    const client = new Client(`127.0.0.1:${port}`, plain);
    const same = (message: Buffer): Buffer => message;
    return new Promise((resolve, reject) => {
      client.makeUnaryRequest(path, same, same, bytes, (error, answer) => {
        client.close();
        if (error) reject(error);
        else resolve(answer);
      });
    });
  };
  const getPlan = (bytes: Buffer): Promise<unknown> =>
    raw('/arduino_trader.planning.PlanningService/GetPlan', bytes, facade.ports.planning);

  test.each([
    ['ends in the middle', Buffer.from([0x0a, 0x20, 0x41])],
    ['has a length that lies', Buffer.from([0x0a, 0xff, 0xff, 0xff, 0xff, 0x0f])],
    ['is nothing of the kind', Buffer.from(gzipSync('nothing of the kind'))],
  ])('that %s is INVALID_ARGUMENT', async (_name, bytes) => {
    const error = await refusal(getPlan(bytes));
    expect(error.code).toBe(status.INVALID_ARGUMENT);
    expect(detailsOf(error).details['BadRequest']).toEqual({
      fieldViolations: [{ field: 'body', description: 'is not the message of this rpc' }],
    });
  });

  test('that is not UTF-8 names the field', async () => {
    const error = await refusal(getPlan(Buffer.from([0x0a, 0x02, 0xc3, 0x28])));
    expect(error.code).toBe(status.INVALID_ARGUMENT);
    expect(detailsOf(error).details['BadRequest']).toEqual({
      fieldViolations: [{ field: 'planId', description: 'is not UTF-8' }],
    });
  });

  test('over 4 MiB is RESOURCE_EXHAUSTED', async () => {
    const call = unary(planning, planning.getPlan, { planId: 'x'.repeat(4 * 1024 * 1024) });
    expect((await refusal(call)).code).toBe(status.RESOURCE_EXHAUSTED);
  });

  test('with an unknown enum number names the field', async () => {
    const path = '/arduino_trader.optimization.OptimizationService/OptimizeAllocation';
    // Field 6, objective, as 99.
    const error = await refusal(raw(path, Buffer.from([0x30, 99]), facade.ports.optimization));
    expect(error.code).toBe(status.INVALID_ARGUMENT);
    const violations = (
      detailsOf(error).details['BadRequest'] as {
        fieldViolations: { field: string; description: string }[];
      }
    ).fieldViolations;
    expect(violations).toHaveLength(1);
    expect(violations[0]?.field).toBe('objective');
    expect(violations[0]?.description).toMatch(/^99 is none of OBJECTIVE_UNSPECIFIED/);
  });

  test('with NaN is refused by the field that has it', async () => {
    serve('trading-execute-trade', (event, context) => executeTrade(event, context));
    const error = await refusal(
      unary(trading, trading.executeTrade, { ...tradeOf(), quantity: NaN }),
    );
    expect(error.code).toBe(status.INVALID_ARGUMENT);
    expect(detailsOf(error).details['BadRequest']).toMatchObject({
      fieldViolations: [{ field: 'quantity' }],
    });
  });

  const executeTrade = handle(tradingRows.executeTrade, () => sleep(1) as never);
});

describe('a slow reader', () => {
  test('applies back-pressure to the function instead of filling memory', async () => {
    const COUNT = 5_000;
    let sent = 0;
    const line = (progressPct: number): string =>
      `${JSON.stringify({ progressPct, currentStep: 'x'.repeat(10_000) })}\n`;
    serve('planning-create-plan', () => ({
      headers: { 'content-type': 'application/x-ndjson' },
      body: (async function* () {
        for (; sent < COUNT; sent += 1) yield line(1);
      })(),
    }));
    const stream = planning.createPlan(CreatePlanRequest.fromJSON({}));
    await new Promise((resolve) => stream.once('data', resolve));
    stream.pause();
    let before = -1;
    while (before !== sent) {
      before = sent;
      await sleep(300);
    }
    expect(sent).toBeLessThan(COUNT / 3);
    let received = 1;
    for await (const message of stream) received += message ? 1 : 0;
    expect(received).toBe(COUNT);
  });
});
