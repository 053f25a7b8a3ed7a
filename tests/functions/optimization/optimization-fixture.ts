/** Dependencies whose universe is the sample's, and calls of the optimization operations with them. */
import supertest from 'supertest';
import type { ListedSecurity } from '#shared/clients/market-data/market-data.ts';
import type { Dependencies } from '#shared/runtime/context.ts';
import type { OperationHandler } from '#shared/runtime/handle.ts';
import { endpointOf } from '../../support/host.ts';
import { seedMarket } from '../../support/markets/seed-market.ts';
import { openTestDependencies, steppingClock, type TestRedis } from '../../support/dependencies.ts';

export const CASH = { amount: '25000', currency: 'EUR' };

export interface OptimizationFixture {
  readonly dependencies: Dependencies;
  readonly listed: readonly ListedSecurity[];
}

export async function openOptimizationFixture(
  redis: TestRedis,
  env: Record<string, string> = {},
): Promise<OptimizationFixture> {
  const { now } = steppingClock('2024-06-28T20:00:00Z');
  const dependencies = await openTestDependencies(redis, env, { now });
  const listed = await seedMarket(dependencies, 2, (_security, index) => index < 16);
  return { dependencies, listed };
}

export function post(handler: OperationHandler, dependencies: Dependencies, body: object) {
  return supertest(endpointOf(handler, dependencies)).post('/').send(body);
}

/** The answer to a call that must not fail. */
export async function answerOf<Answer>(
  handler: OperationHandler,
  dependencies: Dependencies,
  body: object,
): Promise<Answer> {
  const answer = await post(handler, dependencies, body);
  expect(answer.body).not.toHaveProperty('code');
  expect(answer.status).toBe(200);
  return answer.body as Answer;
}
