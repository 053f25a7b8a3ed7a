/**
 * A trading cycle through the queue, over HTTP, with every real function behind the gateway; as a Redis user
 * that has the rights of the list and no others.
 */
import { Redis } from 'ioredis';
import type { Server } from 'node:http';
import { openConnector } from '#gateway/connector/connector.ts';
import type { ProcessDepositResponse, TradingCycleUpdate } from '#protos/gen/gateway.ts';
import { FunctionsClient, type CallOptions } from '#shared/clients/functions-client.ts';
import { httpTransport } from '#shared/clients/http-transport.ts';
import { gateway } from '#shared/contract/gateway.ts';
import { shortHash } from '#shared/kernel/hash.ts';
import { operations } from '#shared/contract/catalogue.ts';
import type { Dependencies } from '#shared/runtime/context.ts';
import { redisCommands } from '#shared/redis/rights.ts';
import { silentLog } from '#shared/process/log.ts';
import type { FunctionHandler } from '#template/function.ts';
import { gatewayOf } from '../../support/endpoints/test-gateway.ts';
import { listen } from '../../support/host.ts';
import { seedMarket } from '../../support/markets/seed-market.ts';
import { openTestDependencies, steppingClock } from '../../support/dependencies.ts';
import { startTcpRedis, type TcpRedis } from '../../support/tcp-redis.ts';

let redis: TcpRedis;
let dependencies: Dependencies;
let server: Server;
let connector: { close(): Promise<void> };
let functions: FunctionsClient;
const clock = steppingClock('2024-06-27T09:00:00Z');

beforeAll(async () => {
  redis = await startTcpRedis();
  const url = await restricted(redis.url);
  const handlers: Record<string, FunctionHandler> = {};
  for (const { name, folder } of operations)
    handlers[name] = (
      (await import(`../../../${folder}/handler.ts`)) as { default: FunctionHandler }
    ).default;
  const listening = await listen(gatewayOf(handlers, () => dependencies));
  server = listening.server;
  const transport = httpTransport(listening.url, '');
  functions = new FunctionsClient(transport);
  const env = { PLAN_DEPTH: '2', PLAN_ORDERS_MAX: '4' };
  dependencies = await openTestDependencies({ url }, env, { now: clock.now, transport });
  await seedMarket(dependencies, 4, (_listed, index) => index < 10);
  connector = await openConnector({
    redisUrl: url,
    keyPrefix: dependencies.settings.redisKeyPrefix,
    gatewayUrl: listening.url,
    token: 'a-token-of-some-length',
    log: silentLog,
    database: dependencies.database,
  });
});

/** @returns the address with a user of few rights */
async function restricted(url: string): Promise<string> {
  const admin = new Redis(url);
  const rights = redisCommands.map((name) => `+${name}`);
  await admin.call('ACL', 'SETUSER', 'trader', 'reset', 'on', '>secret', '~t*', ...rights);
  admin.disconnect();
  return url.replace('redis://', 'redis://trader:secret@');
}

afterAll(async () => {
  await connector.close();
  await dependencies.close();
  server.closeAllConnections();
  server.close();
  await redis.stop();
});

const options = (idempotencyKey?: string): CallOptions => ({
  signal: new AbortController().signal,
  requestId: 'test',
  idempotencyKey,
});

async function cycle(key: string): Promise<TradingCycleUpdate[]> {
  const updates: TradingCycleUpdate[] = [];
  const stream = functions.stream(gateway.triggerTradingCycle, {}, options(key));
  for await (const update of stream) updates.push(update);
  return updates;
}

it('streams the running cycle to every caller, and ends it once', async () => {
  const [one, two] = await Promise.all([cycle('morning'), cycle('also-morning')]);
  expect(two.at(-1)).toEqual(one.at(-1));
  expect(one.filter(({ complete }) => complete)).toHaveLength(1);
  expect(one.at(-1)?.result).toMatchObject({ success: true });
  expect(one.at(-1)?.result?.tradesExecuted).toBeGreaterThan(0);
});

it('answers the same cycle to the same key, and trades nothing more', async () => {
  const [first, again] = [await cycle('noon'), await cycle('noon')];
  expect(again).toEqual(first);
});

it('invests a deposit in a cycle of its own', async () => {
  const amount = { amount: '5000.00', currency: 'EUR' };
  const answer: ProcessDepositResponse = await functions.call(
    gateway.processDeposit,
    { amount, autoInvest: true },
    options('bonus'),
  );
  const run = `gateway-trigger-trading-cycle-${shortHash(`invest-${answer.transactionId}`)}`;
  const { signal } = options();
  const following = dependencies.runs.follow(gateway.triggerTradingCycle, run, signal);
  let last: TradingCycleUpdate | undefined;
  for await (const message of following) last = JSON.parse(message) as TradingCycleUpdate;
  expect(last).toMatchObject({ complete: true, cycleId: answer.cycleId });
  expect(last?.result?.trades.filter(({ side }) => side === 'SELL')).toEqual([]);
});

it('runs a triggered job, and counts it', async () => {
  const { runId } = await functions.call(
    gateway.triggerJob,
    { jobName: 'performance-snapshot' },
    options(),
  );
  while (!(await dependencies.runs.outcome(runId))) await new Promise((r) => setTimeout(r, 20));
  const { job } = await functions.call(
    gateway.getJobStatus,
    { jobName: 'performance-snapshot' },
    options(),
  );
  expect(job).toMatchObject({ runCount: 1, successCount: 1, lastError: '' });
  expect(Number(job?.nextRun?.seconds)).toBeGreaterThan(Date.now() / 1000);
});
