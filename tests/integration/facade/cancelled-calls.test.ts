/** A caller that cancels stops the work behind it; one that goes away otherwise does not. */
import type { Server } from 'node:http';
import { spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { status, type ClientReadableStream } from '@grpc/grpc-js';
import { openConnector } from '#gateway/connector/connector.ts';
import { openFacade, type Facade } from '#gateway/facade/facade.ts';
import { GetTradeHistoryRequest, TradingServiceClient } from '#protos/gen/trading.ts';
import {
  GatewayServiceClient,
  TriggerTradingCycleRequest,
  type TradingCycleUpdate,
} from '#protos/gen/gateway.ts';
import { CreatePlanRequest, PlanningServiceClient } from '#protos/gen/planning.ts';
import {
  FunctionsClient,
  type FunctionCall,
  type Transport,
} from '#shared/clients/functions-client.ts';
import { httpTransport } from '#shared/clients/http-transport.ts';
import { CycleStore } from '#shared/gateway/cycle-store.ts';
import { cycleIdOf } from '#shared/gateway/cycle/cycle-run.ts';
import { gateway as gatewayRows } from '#shared/contract/gateway.ts';
import { planning as planningRows } from '#shared/contract/planning.ts';
import { PlanStore } from '#shared/planning/plan-store.ts';
import type { PlanId } from '#shared/kernel/identifiers.ts';
import { keys } from '#shared/redis/keys.ts';
import type { Dependencies } from '#shared/runtime/context.ts';
import { silentLog } from '#shared/process/log.ts';
import type { FunctionHandler } from '#template/function.ts';
import createPlan from '../../../functions/planning/create-plan/handler.ts';
import getPlan from '../../../functions/planning/get-plan/handler.ts';
import cycle from '../../../functions/gateway/trigger-trading-cycle/handler.ts';
import { gatewayOf } from '../../support/endpoints/test-gateway.ts';
import { all, metadataOf, plain, unary } from '../../support/endpoints/grpc.ts';
import { inProcess, listen } from '../../support/host.ts';
import { seedMarket } from '../../support/markets/seed-market.ts';
import {
  openTestDependencies,
  startTestRedis,
  steppingClock,
  type TestRedis,
} from '../../support/dependencies.ts';
import { until } from '../../support/until.ts';
import { present } from '#shared/kernel/assert.ts';

let redis: TestRedis;
let dependencies: Dependencies;
let server: Server;
let connector: { close(): Promise<void> };
let facade: Facade;
let planning: PlanningServiceClient;
let gateway: GatewayServiceClient;
let trading: TradingServiceClient;
/** Stands in front of the functions that functions call. */
let intercept: (call: FunctionCall, go: Transport) => ReturnType<Transport>;

/** The function as the connector calls it is a stand-in; as callers reach it, it is the real one. */
const carried = (real: FunctionHandler, standIn: FunctionHandler): FunctionHandler => {
  return (event, context) =>
    event.headers['x-run-id'] === undefined ? real(event, context) : standIn(event, context);
};

/** What the stand-in for a planner has gone through. */
interface Planner {
  begun: number;
  aborted: number;
  finished: number;
}
let planner: Planner;
let stepMs: number;
const STEPS = 10;

const slowPlanner: FunctionHandler = (_event, { signal }) => {
  planner.begun += 1;
  const [mine, ownStepMs] = [planner, stepMs];
  return {
    body: (async function* () {
      try {
        for (let step = 1; step <= STEPS; step += 1) {
          await sleep(ownStepMs, undefined, { signal });
          const progressPct = (100 * step) / STEPS;
          yield `${JSON.stringify({ progressPct, complete: step === STEPS })}\n`;
        }
        mine.finished += 1;
      } catch {
        mine.aborted += 1;
      }
    })(),
  };
};

beforeAll(async () => {
  redis = await startTestRedis();
  const inside = inProcess();
  const transport: Transport = (call) => intercept(call, inside.transport);
  intercept = (call, go) => go(call);
  const clock = steppingClock('2024-06-27T09:00:00Z');
  dependencies = await openTestDependencies(
    redis,
    { PLAN_DEPTH: '2', PLAN_ORDERS_MAX: '5' },
    { now: clock.now, transport },
  );
  inside.into(dependencies);
  await seedMarket(dependencies, 4, (_listed, index) => index < 12);
  const { default: history } =
    await import('../../../functions/trading/get-trade-history/handler.ts');
  const listening = await listen(
    gatewayOf(
      {
        [planningRows.createPlan.name]: carried(createPlan, slowPlanner),
        [planningRows.getPlan.name]: getPlan,
        [gatewayRows.triggerTradingCycle.name]: cycle,
        'trading-get-trade-history': history,
      },
      () => dependencies,
    ),
  );
  server = listening.server;
  connector = await openConnector({
    redisUrl: redis.url,
    keyPrefix: dependencies.settings.redisKeyPrefix,
    gatewayUrl: listening.url,
    token: '',
    log: silentLog,
  });
  const functions = new FunctionsClient(httpTransport(listening.url, ''));
  facade = await openFacade({ portBase: 0, access: null, functions, log: silentLog });
  planning = new PlanningServiceClient(`127.0.0.1:${facade.ports.planning}`, plain);
  gateway = new GatewayServiceClient(`127.0.0.1:${facade.ports.gateway}`, plain);
  trading = new TradingServiceClient(`127.0.0.1:${facade.ports.trading}`, plain);
});
afterAll(async () => {
  for (const client of [planning, gateway, trading]) client.close();
  await facade.close();
  await connector.close();
  await dependencies.close();
  server.closeAllConnections();
  server.close();
  await redis.stop();
});
beforeEach(() => {
  planner = { begun: 0, aborted: 0, finished: 0 };
  stepMs = 150;
  intercept = (call, go) => go(call);
});

const request = (portfolioHash: string) => CreatePlanRequest.fromJSON({ portfolioHash });

function follow(hash: string, headers: Record<string, string> = {}, deadlineMs?: number) {
  const options = deadlineMs === undefined ? {} : { deadline: Date.now() + deadlineMs };
  const stream = planning.createPlan(request(hash), metadataOf(headers), options);
  const first = new Promise((resolve) => stream.once('data', resolve));
  const ended = new Promise<number>((resolve) => {
    stream.once('error', (error: { code: number }) => resolve(error.code));
    stream.once('end', () => resolve(status.OK));
  });
  stream.on('data', () => undefined);
  return { stream, first, ended };
}

/** Cancels the only subscription of a run, which may not have stopped yet when this returns. */
async function cancelOnly({ stream }: ReturnType<typeof follow>): Promise<void> {
  const [pending] = await dependencies.runs.pending(planningRows.createPlan);
  const { run } = present(pending, 'it runs');
  stream.cancel();
  await until(() => dependencies.runs.cancelled(run));
}

const queue = () => dependencies.runs.queueOf(planningRows.createPlan.topic);
const idle = async (): Promise<boolean> =>
  (await dependencies.runs.pending(planningRows.createPlan)).length === 0;

describe('a call that is answered directly', () => {
  test('stops its function when the caller cancels', async () => {
    let [hasArrived, aborted] = [false, false];
    const held = new FunctionsClient(async ({ signal }) => {
      hasArrived = true;
      await sleep(30_000, undefined, { signal }).catch(() => (aborted = true));
      return signal.throwIfAborted() as never;
    });
    const other = await openFacade({ portBase: 0, access: null, functions: held, log: silentLog });
    const client = new PlanningServiceClient(`127.0.0.1:${other.ports.planning}`, plain);
    const call = client.getPlan({ planId: 'p' }, () => undefined);
    await until(() => hasArrived);
    call.cancel();
    await until(() => aborted);
    client.close();
    await other.close();
  });
});

describe('a run in the queue', () => {
  test('stops when its only caller cancels, and ends as CANCELLED', async () => {
    const { stream, first, ended } = follow('alone', { 'idempotency-key': 'alone' });
    await first;
    stream.cancel();
    expect(await ended).toBe(status.CANCELLED);
    await until(() => planner.aborted === 1);
    await until(idle);
    const failed = await (await queue()).getFailed(0, 0);
    const run = failed[0]?.data.run ?? '';
    expect(await dependencies.runs.outcome(run)).toMatchObject({
      kind: 'failed',
      failure: { code: 'CANCELLED' },
    });
    expect(planner).toEqual({ begun: 1, aborted: 1, finished: 0 });
  });

  test('that was cancelled begins again under the same key', async () => {
    const before = follow('again', { 'idempotency-key': 'again' });
    await before.first;
    await cancelOnly(before);
    stepMs = 10;
    const again = follow('again', { 'idempotency-key': 'again' });
    expect(await again.ended).toBe(status.OK);
    expect(planner).toEqual({ begun: 2, aborted: 1, finished: 1 });
  });

  test('continues while one of two callers is subscribed, and stops with the last', async () => {
    // Long enough that it does not end before both have cancelled, however late this process gets on.
    stepMs = 1_000;
    const one = follow('two');
    await one.first;
    const two = follow('two');
    await two.first;
    one.stream.cancel();
    await one.ended;
    await sleep(500);
    expect(planner).toMatchObject({ begun: 1, aborted: 0 });
    two.stream.cancel();
    await until(() => planner.aborted === 1);
    expect(planner.finished).toBe(0);
    await until(idle);
  });

  test('is completed for the remaining caller', async () => {
    stepMs = 60;
    const one = follow('stays');
    await one.first;
    const two = follow('stays');
    await two.first;
    one.stream.cancel();
    expect(await two.ended).toBe(status.OK);
    expect(planner).toEqual({ begun: 1, aborted: 0, finished: 1 });
  });

  test("continues when its caller's deadline passes", async () => {
    stepMs = 300;
    const { ended } = follow('late', {}, 2_000);
    expect(await ended).toBe(status.DEADLINE_EXCEEDED);
    await until(() => planner.finished === 1);
    expect(planner.aborted).toBe(0);
  });

  test('is not stopped by another caller while one whose deadline passed is subscribed', async () => {
    stepMs = 300;
    const late = follow('wanted', {}, 2_000);
    await late.first;
    const other = follow('wanted');
    await other.first;
    await late.ended;
    other.stream.cancel();
    await until(() => planner.finished === 1);
    expect(planner).toEqual({ begun: 1, aborted: 0, finished: 1 });
  });

  test("continues when its caller's connection breaks", async () => {
    stepMs = 80;
    const script = `
      const { credentials, Client } = require('@grpc/grpc-js');
      const same = (bytes) => bytes;
      const client = new Client('127.0.0.1:${facade.ports.planning}', credentials.createInsecure());
      const request = Buffer.from([0x0a, 3, 0x62, 0x72, 0x6b]);
      const path = '/arduino_trader.planning.PlanningService/CreatePlan';
      const stream = client.makeServerStreamRequest(path, same, same, request);
      stream.once('data', () => console.log('first'));`;
    const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
    await new Promise((resolve) => child.stdout.once('data', resolve));
    child.kill('SIGKILL');
    await until(() => planner.finished === 1);
    expect(planner).toEqual({ begun: 1, aborted: 0, finished: 1 });
  });

  test('is removed when it is still waiting', async () => {
    // They are cancelled before they end.
    stepMs = 1_000;
    const concurrency = planningRows.createPlan.queue?.concurrency ?? 1;
    const busy = Array.from({ length: concurrency }, (_, i) => follow(`busy-${i}`));
    await Promise.all(busy.map(({ first }) => first));
    const waiting = follow('waits');
    await until(async () => (await (await queue()).getWaitingCount()) === 1);
    waiting.stream.cancel();
    await until(async () => (await (await queue()).getWaitingCount()) === 0);
    for (const { stream } of busy) stream.cancel();
    await until(idle);
    expect(planner.begun).toBe(concurrency);
  });

  test('a new caller does not get the run of a cancelled one', async () => {
    const gone = follow('fresh');
    await gone.first;
    await cancelOnly(gone);
    stepMs = 10;
    const next = follow('fresh');
    expect(await next.ended).toBe(status.OK);
    expect(planner).toEqual({ begun: 2, aborted: 1, finished: 1 });
  });
});

describe('a trading cycle whose caller cancels', () => {
  interface Order {
    readonly aborted: () => boolean;
    ended: boolean;
  }
  let orders: Order[];

  /** Holds each order, and the fetching of prices, for a while. */
  function watchOrders(holdMs: number): void {
    orders = [];
    intercept = async (call, go) => {
      if (call.name === 'universe-sync-prices') await sleep(700);
      if (call.name !== 'trading-execute-trade') return go(call);
      const order: Order = { aborted: () => call.signal.aborted, ended: false };
      orders.push(order);
      await sleep(holdMs);
      const answer = await go(call);
      order.ended = !order.aborted();
      return answer;
    };
  }

  /** @returns the run */
  async function cancelAt(
    stream: ClientReadableStream<TradingCycleUpdate>,
    when: (update: TradingCycleUpdate) => boolean,
  ): Promise<string> {
    await new Promise<void>((resolve) => {
      stream.on('error', () => undefined);
      stream.on('data', (update: TradingCycleUpdate) => when(update) && resolve());
    });
    const [pending] = await dependencies.runs.pending(gatewayRows.triggerTradingCycle);
    stream.cancel();
    const running = keys.gateway.runningCycle();
    await until(async () => (await dependencies.database.redis.exists(running)) === 0);
    return present(pending, 'it runs').run;
  }

  test('sends no order before its order step', async () => {
    watchOrders(100);
    const stream = gateway.triggerTradingCycle(TriggerTradingCycleRequest.fromJSON({}));
    const run = await cancelAt(stream, ({ step }) => step === 'sync-prices');
    await until(async () => (await dependencies.runs.outcome(run)) !== undefined);
    expect(await dependencies.runs.outcome(run)).toMatchObject({ failure: { code: 'CANCELLED' } });
    expect(orders).toEqual([]);
  });

  test('finishes the current order, sends no other, and books what was sent', async () => {
    watchOrders(700);
    const key = { 'idempotency-key': 'cancelled-cycle' };
    const body = TriggerTradingCycleRequest.fromJSON({});
    const stream = gateway.triggerTradingCycle(body, metadataOf(key));
    const run = await cancelAt(
      stream,
      ({ step, message }) => step === 'execute' && /Bought/.test(message),
    );
    await until(async () => (await dependencies.runs.outcome(run)) !== undefined);
    const outcome = await dependencies.runs.outcome(run);
    const record = await new CycleStore(dependencies.database).find(cycleIdOf(run));
    const plan = await new PlanStore(dependencies.database).recover(record?.planId as PlanId);
    const all_ = plan?.actions.length ?? 0;
    expect(orders.every(({ ended }) => ended)).toBe(true);
    expect(orders.length).toBeGreaterThan(0);
    expect(orders.length).toBeLessThan(all_);
    expect(outcome).toMatchObject({
      kind: 'failed',
      failure: { code: 'CANCELLED', ordersSent: orders.length, ordersLeft: all_ - orders.length },
    });
    expect(plan?.status).toBe('CANCELLED');
    expect(record).toMatchObject({ cancelled: true });
    expect(record?.stepsDone).toContain('book');
    const { response } = await unary(
      trading,
      trading.getTradeHistory,
      GetTradeHistoryRequest.fromJSON({}),
    );
    expect(response.executions).toHaveLength(orders.length);

    const again = gateway.triggerTradingCycle(body, metadataOf(key));
    await expect(all(again)).rejects.toMatchObject({
      code: status.FAILED_PRECONDITION,
      details: expect.stringMatching(/was cancelled; ask for a new one/),
    });
  });
});
