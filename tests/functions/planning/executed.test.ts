import supertest from 'supertest';
import type { Plan, PlanUpdate } from '#protos/gen/planning.ts';
import type { ExecuteTradeResponse } from '#protos/gen/trading.ts';
import { present } from '#shared/kernel/assert.ts';
import type { Dependencies } from '#shared/runtime/context.ts';
import createPlan from '../../../functions/planning/create-plan/handler.ts';
import updatePositions from '../../../functions/portfolio/update-positions/handler.ts';
import executeTrade from '../../../functions/trading/execute-trade/handler.ts';
import { endpointOf, inProcess } from '../../support/host.ts';
import { seedMarket } from '../../support/markets/seed-market.ts';
import {
  openTestDependencies,
  startTestRedis,
  steppingClock,
  type TestRedis,
} from '../../support/dependencies.ts';

describe('a plan that the paper broker has carried out', () => {
  let redis: TestRedis;
  let dependencies: Dependencies;
  const clock = steppingClock('2024-06-27T15:00:00Z');

  const planned = async (run: string): Promise<Plan> => {
    const answer = await supertest(endpointOf(createPlan, dependencies))
      .post('/')
      .set('x-run-id', run)
      .send({});
    expect(answer.body).not.toHaveProperty('code');
    return present((answer.body as PlanUpdate).plan, 'the last message carries the plan');
  };
  const sync = () =>
    supertest(endpointOf(updatePositions, dependencies)).post('/').send({ forceSync: true });

  beforeAll(async () => {
    redis = await startTestRedis();
    const host = inProcess();
    dependencies = await openTestDependencies(
      redis,
      {},
      { now: clock.now, transport: host.transport },
    );
    host.into(dependencies);
    await seedMarket(dependencies, 5.2, (_, index) => index < 20);
    await sync();
  });
  afterAll(async () => {
    await dependencies.close();
    await redis.stop();
  });

  test('has every order filled, and leaves nothing to do the same day', async () => {
    const plan = await planned('first');
    for (const { isin, symbol, side, quantity, priority } of plan.actions) {
      const answer = await supertest(endpointOf(executeTrade, dependencies))
        .post('/')
        .set('idempotency-key', `${plan.id}-${priority}`)
        .send({ isin, symbol, side, quantity, orderType: 'MARKET', timeInForce: 'DAY' });
      const trade = answer.body as ExecuteTradeResponse;
      expect({ symbol, ...trade }).toMatchObject({ symbol, success: true });
    }
    await sync();
    const again = await planned('second');
    expect(again.portfolioHash).not.toBe(plan.portfolioHash);
    expect(again.summary).toMatch(/^Hold: /);
    expect(again.actions).toEqual([]);
  });
});

describe('a plan under limits in money', () => {
  const ORDER_MAX = 1_500;
  const DAY_MAX = 5_000;
  const env = {
    ORDER_VALUE_MAX: String(ORDER_MAX),
    DAY_TURNOVER_MAX: String(DAY_MAX),
    ORDERS_PER_DAY_MAX: '3',
  };
  const clock = steppingClock('2024-06-27T15:00:00Z');
  let redis: TestRedis;
  let dependencies: Dependencies;

  beforeAll(async () => {
    redis = await startTestRedis();
  });
  beforeEach(async () => {
    const { transport, into } = inProcess();
    dependencies = await openTestDependencies(redis, env, { now: clock.now, transport });
    into(dependencies);
    await seedMarket(dependencies, 5.2, (_, index) => index < 20);
    await supertest(endpointOf(updatePositions, dependencies)).post('/').send({ forceSync: true });
  });
  afterEach(() => dependencies.close());
  afterAll(() => redis.stop());

  async function planned(body: object, run: string): Promise<Plan> {
    const answer = await supertest(endpointOf(createPlan, dependencies))
      .post('/')
      .set('x-run-id', run)
      .send(body);
    return present((answer.body as PlanUpdate).plan, 'the last message carries the plan');
  }

  async function expectExecuted({ id, actions }: Plan): Promise<void> {
    for (const { isin, symbol, side, quantity, priority } of actions) {
      const answer = await supertest(endpointOf(executeTrade, dependencies))
        .post('/')
        .set('idempotency-key', `${id}-${priority}`)
        .send({ isin, symbol, side, quantity, orderType: 'MARKET', timeInForce: 'DAY' });
      expect(answer.body).toMatchObject({ success: true, errors: [] });
    }
  }
  const valueOf = ({ value }: Plan['actions'][number]): number => Number(value?.amount);

  test('has only orders that trading takes, and names the limit', async () => {
    const plan = await planned({}, 'free');
    expect(plan.actions.length).toBeGreaterThan(0);
    expect(plan.actions.length).toBeLessThanOrEqual(3);
    for (const action of plan.actions) expect(valueOf(action)).toBeLessThanOrEqual(ORDER_MAX);
    expect(plan.actions.map(({ reason }) => reason)).toContainEqual(
      expect.stringContaining('an order is worth at most EUR 1496.25 (ORDER_VALUE_MAX)'),
    );
    await expectExecuted(plan);
  });

  test('keeps to it on the way to stated weights, too', async () => {
    const { actions } = await planned({}, 'free');
    const [first] = actions;
    const plan = await planned({ targetWeights: { [first?.isin ?? '']: 0.9 } }, 'stated');
    expect(plan.actions).toHaveLength(1);
    expect(plan.actions[0]?.reason).toContain('(ORDER_VALUE_MAX)');
    await expectExecuted(plan);
  });
});
