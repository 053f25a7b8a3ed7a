/**
 * A board is killed among the orders of a plan: the report of the cycle and the book afterwards.
 */
import { Redis } from 'ioredis';
import type { TradingCycleUpdate } from '#protos/gen/gateway.ts';
import { present } from '#shared/kernel/assert.ts';
import { processAlerts } from '#shared/gateway/observe/process-alerts.ts';
import { openBoards, type Board, type Boards } from '../support/deployment/board-processes.ts';
import { startTestRedis, type TestRedis } from '../support/dependencies.ts';
import { buildProgram, type Program } from './program.ts';
import { RunbookReader } from './runbook.ts';
import { until } from '../support/until.ts';

const PREFIX = 'board-killed';

let program: Program;
let redis: TestRedis;
let boards: Boards;
let compute: Board;
let state: Board;
let client: Redis;

beforeAll(async () => {
  program = buildProgram('board-killed');
  redis = await startTestRedis();
  client = new Redis(redis.url.replace('unix://', ''));
  boards = await openBoards(
    program,
    {
      boards: [
        { name: 'compute', has: ['planning', 'scoring', 'optimization', 'gateway'] },
        { name: 'state', has: ['portfolio', 'trading', 'universe'] },
      ],
      protocol: 'grpc',
      service: { retries: 1, healthCheck: { intervalMs: 300, timeoutMs: 500 } },
      breaker: { failures: 3, pauseMs: 600 },
      env: { PLAN_DEPTH: '2', PLAN_ORDERS_MAX: '10' },
    },
    { url: redis.url, prefix: PREFIX },
  );
  [compute, state] = boards.boards as [Board, Board];
  await Promise.all([compute.ready(), state.ready()]);
});
afterAll(async () => {
  await boards.close();
  client.disconnect();
  await redis.stop();
  await program.remove();
});

/** Orders that are stored so far. */
const stored = (): Promise<number> => client.zcard(`${PREFIX}:{orders:default}:by-time`);

async function lastOf(messages: AsyncIterable<TradingCycleUpdate>): Promise<TradingCycleUpdate> {
  let last: TradingCycleUpdate | undefined;
  for await (const message of messages) last = message;
  return present(last, 'a cycle has messages');
}

it('sends each order of the plan once, and reports what the book says', async () => {
  const { gateway, trading } = compute.clients({ retries: 0 });
  const cycle = lastOf(gateway.triggerTradingCycle({}, { idempotencyKey: 'cycle-1' }));
  cycle.catch(() => undefined);
  await until(async () => (await stored()) >= 2, 5);
  await state.end('SIGKILL');
  const before = await stored();
  await compute.run().says('"event":"board-lost"');
  state.start();
  await state.ready();

  const { result, error } = await cycle;
  const { plan, trades, tradesExecuted } = present(result, 'it ends with a result');
  const planned = present(plan, 'it had a plan').actions;
  expect(error).toBe('');
  // It was killed in the middle: some orders had not been stored.
  expect(planned.length).toBeGreaterThan(before);
  expect(trades).toHaveLength(planned.length);
  const { executions } = await trading.getTradeHistory({});
  expect(executions).toHaveLength(await stored());
  for (const action of planned) {
    const orders = executions.filter(({ isin }) => isin === action.isin);
    expect(orders.length).toBeLessThanOrEqual(1);
    const outcome = present(
      trades.find(({ symbol }) => symbol === action.symbol),
      'each order of the plan is in the report',
    );
    const isFilled = (orders[0]?.quantityFilled ?? 0) > 0;
    expect({ symbol: action.symbol, success: outcome.success }).toEqual({
      ...{ symbol: action.symbol, success: isFilled },
    });
    // Unsent orders are reported with their names and reasons.
    if (!outcome.success) expect(outcome.error).not.toBe('');
  }
  expect(tradesExecuted).toBe(executions.filter(({ quantityFilled }) => quantityFilled > 0).length);
  expect(tradesExecuted).toBeGreaterThan(before);
}, 240_000);

it('board away: the runbook names the services that are away, and the alert ends with their board', async () => {
  const here = 'tests/e2e/board-killed.test.ts';
  const reader = new RunbookReader({ url: compute.gatewayUrl, dataDir: compute.dataDir, here });
  expect(await reader.firing()).not.toContain('TraderServiceUnhealthy');
  const metricsOf = (board: Board) => /metrics at (\S+?)\)/.exec(board.run().stdout())?.[1] ?? '';
  const isAway = () =>
    fetch(metricsOf(state)).then(
      () => false,
      () => true,
    );
  expect(await isAway()).toBe(false);
  await state.end('SIGKILL');
  const [gone] = processAlerts.filter(({ name }) => name === 'TraderProcessAway');
  expect(gone?.expr).toBe('up{job="arduino-trader"} == 0');
  expect(await isAway()).toBe(true);
  await reader.untilFiring('TraderServiceUnhealthy');
  // What TraderBoardNotCalled fires on, at the process alone.
  const metrics = async () => (await fetch(metricsOf(compute))).text();
  const { expr } = present(
    processAlerts.find(({ name }) => name === 'TraderBoardNotCalled'),
    'it is in the table',
  );
  await until(async () =>
    (await metrics()).includes(`${expr.replace(' == ', '{device="state"} ')}\n`),
  );
  const { services } = JSON.parse(await reader.follow('board-away')) as {
    services: { serviceName: string; healthy: boolean }[];
  };
  const away = services.filter(({ healthy }) => !healthy).map(({ serviceName }) => serviceName);
  expect(away).toEqual(expect.arrayContaining(['portfolio', 'trading', 'universe']));
  state.start();
  await state.ready();
  await reader.untilFiring('TraderServiceUnhealthy', false);
}, 240_000);
