/** A killed board, seen from the other one: stale answers, clear refusals, and its recovery. */
import request from 'supertest';
import type { ServiceClients } from '#shared/clients/grpc/service-clients.ts';
import type { Failure } from '#shared/kernel/failure.ts';
import {
  openBoards,
  type Board,
  type BoardPlan,
  type Boards,
  type Split,
} from '../support/deployment/board-processes.ts';
import { startTestRedis, type TestRedis } from '../support/dependencies.ts';
import { buildProgram, type Program } from './program.ts';
import { until } from '../support/until.ts';

let program: Program;
let redis: TestRedis;

beforeAll(async () => {
  program = buildProgram('away');
  redis = await startTestRedis();
});
afterAll(async () => {
  await program.remove();
  await redis.stop();
});

function split(protocol: Split['protocol']): Split {
  return {
    boards: [
      { name: 'compute', has: ['planning', 'scoring', 'optimization', 'gateway'] },
      { name: 'state', has: ['portfolio', 'trading', 'universe'] },
    ],
    protocol,
    service: { retries: 1, healthCheck: { intervalMs: 300, timeoutMs: 500 } },
    breaker: { failures: 3, pauseMs: 600 },
    env: { PLAN_DEPTH: '2', PLAN_ORDERS_MAX: '4' },
  };
}

test('a service moves to the other board and back by the files alone', async () => {
  const here = split('grpc');
  const boards = await openBoards(program, here, { url: redis.url, prefix: 'moving' });
  const [compute, state] = boards.boards as [Board, Board];
  const restart = async (plans: Split['boards']): Promise<void> => {
    await Promise.all([compute.end('SIGTERM'), state.end('SIGTERM')]);
    await boards.move(plans);
    state.start();
    compute.start();
    await Promise.all([state.ready(), compute.ready()]);
  };
  const gradesAt = async (board: Board): Promise<string> => {
    const scoring = request(board.gatewayUrl).post('/function/scoring-score-portfolio').send({});
    return (await scoring).status === 200 ? 'here' : 'elsewhere';
  };
  const places = async () => [await gradesAt(compute), await gradesAt(state)];
  const [computes, states] = here.boards as [BoardPlan, BoardPlan];
  const moved = [
    { ...computes, has: computes.has.filter((service) => service !== 'scoring') },
    { ...states, has: [...states.has, 'scoring'] },
  ] as const satisfies Split['boards'];
  try {
    await Promise.all([compute.ready(), state.ready()]);
    expect(await places()).toEqual(['here', 'elsewhere']);
    const clients = compute.clients();
    const before = await clients.scoring.batchScoreSecurities({});
    await restart(moved);
    expect(await places()).toEqual(['elsewhere', 'here']);
    const isin = before.scores[0]?.isin ?? '';
    expect((await clients.scoring.getScoreHistory({ isin })).scores.length).toBeGreaterThan(0);
    expect((await clients.scoring.batchScoreSecurities({})).scores).toHaveLength(
      before.scores.length,
    );
    await restart(here.boards);
    expect(await places()).toEqual(['here', 'elsewhere']);
  } finally {
    await boards.close();
  }
});

test.each(['http', 'grpc'] as const)(
  'the first cycle waits for a board that starts later (%s)',
  async (protocol) => {
    const both = split(protocol);
    const [near, far] = both.boards as [BoardPlan, BoardPlan];
    const late: Split = {
      ...both,
      boards: [near, { ...far, isLate: true }],
      // Neither a pause nor an interval of an hour keeps a board away that answers again.
      breaker: { failures: 1, pauseMs: 3_600_000 },
      service: { healthCheck: { intervalMs: 3_600_000, timeoutMs: 2_000 } },
    };
    const at = { url: redis.url, prefix: `late-${protocol}` };
    const { boards, close } = await openBoards(program, late, at);
    const [compute, state] = boards as [Board, Board];
    try {
      await compute.run().says('Waiting up to 120 s for portfolio, universe and trading on state.');
      await compute.run().says('"event":"board-lost"');
      state.start();
      await compute.ready();
      expect(compute.run().stdout()).not.toContain('The cycle failed');
      const { status } = await request(compute.gatewayUrl)
        .post('/function/gateway-list-proposals')
        .send({});
      expect(status).toBe(200);
    } finally {
      await close();
    }
  },
);

describe.each(['http', 'grpc'] as const)('a board reached over %s', (protocol) => {
  let boards: Boards;
  let compute: Board;
  let state: Board;
  let clients: ServiceClients;

  beforeAll(async () => {
    boards = await openBoards(program, split(protocol), {
      url: redis.url,
      prefix: `away-${protocol}`,
    });
    [compute, state] = boards.boards as [Board, Board];
    await Promise.all([compute.ready(), state.ready()]);
    clients = compute.clients({ retries: 0 });
  });
  afterAll(() => boards.close());

  /** A call's answer, its age where it is an old one, or its failure. */
  async function withStaleness<T>(work: (onStale: (ms: number) => void) => Promise<T>) {
    let staleMs: number | undefined;
    try {
      return { answer: await work((ms) => (staleMs = ms)), staleMs };
    } catch (thrown) {
      return { failure: thrown as Failure };
    }
  }
  const summary = () => withStaleness((onStale) => clients.portfolio.getSummary({}, { onStale }));

  it('is named in the answer to callers of its functions on the other board', async () => {
    const answer = await request(compute.gatewayUrl).post('/function/portfolio-get-summary');
    expect(answer.status).toBe(404);
    expect(answer.body).toMatchObject({
      code: 'NOT_FOUND',
      device: 'state',
      message: expect.stringMatching(/runs on state \(.*\), not on compute\.$/),
    });
    await request(state.gatewayUrl).post('/function/portfolio-get-summary').send({}).expect(200);
  });

  it('may be killed: reads turn stale, writes are refused with the reason, and it recovers', async () => {
    const fresh = await summary();
    expect(fresh.staleMs).toBeUndefined();
    await state.end('SIGKILL');

    const old = await summary();
    expect(old.answer).toEqual(fresh.answer);
    expect(old.staleMs).toBeGreaterThan(0);
    const strict = await withStaleness(() => clients.portfolio.getSummary({}));
    expect(strict.failure).toMatchObject({ code: 'UNAVAILABLE' });
    const neverAsked = await withStaleness((onStale) =>
      clients.universe.getUniverse({}, { onStale }),
    );
    expect(neverAsked.failure).toMatchObject({ code: 'UNAVAILABLE' });

    await compute.run().says('"event":"board-lost"');
    const sale = { isin: 'US0378331005', side: 'SELL', quantity: 1 } as const;
    const write = await withStaleness(() =>
      clients.trading.executeTrade(sale, { idempotencyKey: 'sale' }),
    );
    expect(write.failure).toMatchObject({
      code: 'UNAVAILABLE',
      message: expect.stringMatching(/^trading on state .*Nothing was sent\.$/),
      facts: { service: 'trading', device: 'state', sent: 'no' },
    });
    const health = await clients.gateway.getServicesHealth({});
    expect(health).toMatchObject({ allHealthy: false, healthyCount: 4, unhealthyCount: 3 });
    expect(health.services.find((one) => one.serviceName === 'trading')).toMatchObject({
      healthy: false,
      status: expect.stringContaining('state'),
    });

    state.start();
    await state.ready();
    await compute.run().says('"event":"board-recovered"');
    const history = () => withStaleness(() => clients.trading.getTradeHistory({}));
    await until(
      async () => (await summary()).staleMs === undefined && !('failure' in (await history())),
    );
    expect(await summary()).toMatchObject({ staleMs: undefined, answer: fresh.answer });
    expect((await history()).answer).toMatchObject({ total: 0 });
  });
});
