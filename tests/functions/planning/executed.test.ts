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
