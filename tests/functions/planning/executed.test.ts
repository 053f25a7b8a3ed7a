import supertest from 'supertest';
import type { Plan, PlanUpdate } from '#protos/gen/planning.ts';
import type { ExecuteTradeResponse } from '#protos/gen/trading.ts';
import { present } from '#shared/kernel/assert.ts';
import type { World } from '#shared/runtime/context.ts';
import createPlan from '../../../functions/planning/create-plan/handler.ts';
import updatePositions from '../../../functions/portfolio/update-positions/handler.ts';
import executeTrade from '../../../functions/trading/execute-trade/handler.ts';
import { doorOf, inProcess } from '../../support/host.ts';
import { seedMarket } from '../../support/seed-market.ts';
import {
  openTestWorld,
  startTestRedis,
  steppingClock,
  type TestRedis,
} from '../../support/dependencies.ts';

describe('a plan that the paper broker has carried out', () => {
  let redis: TestRedis;
  let world: World;
  const clock = steppingClock('2024-06-27T15:00:00Z');

  const planned = async (run: string): Promise<Plan> => {
    const answer = await supertest(doorOf(createPlan, world))
      .post('/')
      .set('x-run-id', run)
      .send({});
    expect(answer.body).not.toHaveProperty('code');
    return present((answer.body as PlanUpdate).plan, 'the last message carries the plan');
  };
  const sync = () => supertest(doorOf(updatePositions, world)).post('/').send({ forceSync: true });

  beforeAll(async () => {
    redis = await startTestRedis();
    const host = inProcess();
    world = await openTestWorld(redis, {}, { now: clock.now, transport: host.transport });
    host.into(world);
    await seedMarket(world, 5.2, (_, index) => index < 20);
    await sync();
  });
  afterAll(async () => {
    await world.close();
    await redis.stop();
  });

  test('has every order filled, and leaves nothing to do the same day', async () => {
    const plan = await planned('first');
    for (const { isin, symbol, side, quantity, priority } of plan.actions) {
      const answer = await supertest(doorOf(executeTrade, world))
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
