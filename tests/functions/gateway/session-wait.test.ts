/** Orders of a plan go out when the exchange of their security is open, and wait for it otherwise. */
import supertest from 'supertest';
import type { TradingCycleUpdate } from '#protos/gen/gateway.ts';
import { sessionAt } from '#shared/clients/market-data/live/exchange-session.ts';
import { HOUR_MS } from '#shared/kernel/instant.ts';
import { keys } from '#shared/redis/keys.ts';
import type { Dependencies } from '#shared/runtime/context.ts';
import cycle from '../../../functions/gateway/trigger-trading-cycle/handler.ts';
import getHistory from '../../../functions/trading/get-trade-history/handler.ts';
import {
  openTestDependencies,
  startTestRedis,
  steppingClock,
  type TestRedis,
} from '../../support/dependencies.ts';
import { endpointOf, inProcess } from '../../support/host.ts';
import { seedMarket } from '../../support/markets/seed-market.ts';

let redis: TestRedis;
let dependencies: Dependencies;
let clock: ReturnType<typeof steppingClock>;

beforeAll(async () => {
  redis = await startTestRedis();
});
afterAll(() => redis.stop());
beforeEach(async () => {
  clock = steppingClock('2024-06-27T06:00:00Z');
  const inside = inProcess();
  const env = { PLAN_ORDERS_MAX: '5' };
  dependencies = await openTestDependencies(redis, env, {
    now: clock.now,
    transport: inside.transport,
  });
  inside.into(dependencies);
  const { marketData } = dependencies;
  const sample = marketData.session.bind(marketData);
  marketData.session = (exchange, now) => {
    const { open, reason } = sessionAt(exchange, now);
    return { ...sample(exchange, now), open, reason };
  };
  await seedMarket(dependencies, 4, ({ exchange }) => exchange in exchanges);
});
afterEach(() => dependencies.close());

/** Opening times on 27 June 2024, in UTC hours. */
const exchanges: Record<string, number> = { XETR: 7, XNAS: 13.5, XNYS: 13.5, XLON: 7, XAMS: 7 };

interface Outcome {
  readonly result: TradingCycleUpdate['result'];
  readonly failure:
    { code: string; message: string; facts?: { resumeAfterMs?: number } } | undefined;
}

async function run(id: string): Promise<Outcome> {
  const response = await supertest(endpointOf(cycle, dependencies))
    .post('/')
    .set({ accept: 'application/x-ndjson', 'x-run-id': id })
    .buffer(true)
    .parse((stream, done) => {
      let text = '';
      stream.on('data', (chunk: Buffer) => (text += String(chunk)));
      stream.on('end', () => done(null, text));
    })
    .send({});
  const lines = String(response.body).trim().split('\n');
  const last = JSON.parse(lines.at(-1) ?? '') as TradingCycleUpdate & Outcome;
  return { result: last.result, failure: last.failure };
}

async function ordersAt(): Promise<string[]> {
  const { body } = await supertest(endpointOf(getHistory, dependencies))
    .post('/')
    .send({ limit: 50 });
  const { executions = [] } = body as { executions?: { isin: string; state: string }[] };
  const securities = await dependencies.marketData.listing(new AbortController().signal);
  return executions
    .filter(({ state }) => state === 'FILLED')
    .map(({ isin }) => securities.find((one) => one.isin === isin)?.exchange ?? '');
}

it('waits for each exchange, and goes on with the same plan', async () => {
  const early = await run('run-1');
  expect(early.failure).toMatchObject({ code: 'UNAVAILABLE' });
  expect(early.failure?.message).toMatch(
    /orders? waits? for the session of .*goes on at 2024-06-27T07:00:05/,
  );
  expect(await ordersAt()).toEqual([]);

  clock.advance(1.1 * HOUR_MS);
  const european = await run('run-1');
  const sent = await ordersAt();
  expect(sent.length).toBeGreaterThan(0);
  for (const exchange of sent) expect(exchanges[exchange]).toBe(7);
  expect(european.failure?.message).toMatch(/goes on at 2024-06-27T13:30:05/);

  clock.advance(6.5 * HOUR_MS);
  const all = await run('run-1');
  expect(all.failure).toBeUndefined();
  const after = await ordersAt();
  expect(after.length).toBeGreaterThan(sent.length);
  expect(after.length).toBe(all.result?.tradesExecuted);
  // Nothing is left to do, and nothing is sent twice.
  await run('run-1');
  expect(await ordersAt()).toEqual(after);
});

it('gives the rest up by name once another cycle has begun to trade', async () => {
  await run('run-1');
  clock.advance(1.1 * HOUR_MS);
  await run('run-1');
  const sent = await ordersAt();
  await dependencies.database.redis.set(keys.gateway.executingCycle(), 'cycle-other');
  clock.advance(6.5 * HOUR_MS);
  await run('run-1');
  expect(await ordersAt()).toEqual(sent);
});

it('gives up what its exchange did not open for in time', async () => {
  await run('run-1');
  clock.advance(30 * HOUR_MS);
  const late = await run('run-1');
  expect(late.failure === undefined || /goes on at/.test(late.failure.message)).toBe(true);
});
