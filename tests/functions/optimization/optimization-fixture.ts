/** A world whose universe is the sample's, and calls to the optimization operations in it. */
import supertest from 'supertest';
import type { ListedSecurity } from '#shared/clients/market-data/market-data.ts';
import type { World } from '#shared/runtime/context.ts';
import type { OperationHandler } from '#shared/runtime/handle.ts';
import { doorOf } from '../../support/host.ts';
import { seedMarket } from '../../support/seed-market.ts';
import { openTestWorld, steppingClock, type TestRedis } from '../../support/dependencies.ts';

export const CASH = { amount: '25000', currency: 'EUR' };

export interface OptimizationWorld {
  readonly world: World;
  readonly listed: readonly ListedSecurity[];
}

export async function openOptimizationWorld(
  redis: TestRedis,
  env: Record<string, string> = {},
): Promise<OptimizationWorld> {
  const { now } = steppingClock('2024-06-28T20:00:00Z');
  const world = await openTestWorld(redis, env, { now });
  const listed = await seedMarket(world, 2, (_security, index) => index < 16);
  return { world, listed };
}

export function post(handler: OperationHandler, world: World, body: object) {
  return supertest(doorOf(handler, world)).post('/').send(body);
}

/** The answer to a call that must not fail. */
export async function answerOf<Answer>(
  handler: OperationHandler,
  world: World,
  body: object,
): Promise<Answer> {
  const answer = await post(handler, world, body);
  expect(answer.body).not.toHaveProperty('code');
  expect(answer.status).toBe(200);
  return answer.body as Answer;
}
