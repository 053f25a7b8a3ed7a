import request from 'supertest';
import handler from '../../../functions/gateway/record-refusals/handler.ts';
import { endpointOf } from '../../support/host.ts';
import {
  openTestDependencies,
  startTestRedis,
  type TestRedis,
} from '../../support/dependencies.ts';
import type { Dependencies } from '#shared/runtime/context.ts';

/** A request that is answered: each field that it needs. */
const VALID = {
  refusals: [{ operation: 'trading-execute-trade', failureCode: 'UNAUTHENTICATED' }],
};

describe('gateway-record-refusals', () => {
  let redis: TestRedis;
  let dependencies: Dependencies;

  beforeAll(async () => {
    redis = await startTestRedis();
    dependencies = await openTestDependencies(redis);
  });
  afterAll(async () => {
    await dependencies.close();
    await redis.stop();
  });

  const post = (body: object) => request(endpointOf(handler, dependencies)).post('/').send(body);

  it('answers', async () => {
    expect((await post(VALID)).status).toBe(200);
  });

  it('refuses a field that the request does not have', async () => {
    const { status, body } = await post({ ...VALID, surprise: 1 });
    expect({ status, code: body.code, field: body.field }).toEqual({
      status: 400,
      code: 'INVALID_REQUEST',
      field: 'surprise',
    });
  });
});
