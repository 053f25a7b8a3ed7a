/** What Alpaca accepts orders for, security by security: read with the sync of the account, and kept to by plans. */
import createPlan from '../../../functions/planning/create-plan/handler.ts';
import updatePositions from '../../../functions/portfolio/update-positions/handler.ts';
import type { PlanUpdate } from '#protos/gen/planning.ts';
import { DAY_MS } from '#shared/kernel/instant.ts';
import { keys } from '#shared/redis/keys.ts';
import { ExternalFixture } from '../../support/brokers/external-fixture.ts';
import { startTestRedis, type TestRedis } from '../../support/dependencies.ts';
import { BETA } from '../../support/markets/set-market.ts';

let redis: TestRedis;
let on: ExternalFixture;
let runs = 0;

beforeAll(async () => {
  redis = await startTestRedis();
  on = await new ExternalFixture(redis, { BROKER: 'alpaca' }).open();
  on.mock.event({ activity_type: 'CSD', net_amount: '1000.00' });
  const { redis: store } = on.dependencies.database;
  const key = keys.universe.securities();
  const security = await store.hget(key, BETA);
  // Its lot admits hundredths of a share.
  await store.hset(key, BETA, (security ?? '').replace('"lot":"1"', '"lot":"0.01"'));
});
afterAll(async () => {
  await on.close();
  await redis.stop();
});

const whole = expect.stringMatching(/^BUY \d+$/) as string;
const fraction = expect.stringMatching(/^BUY \d+\.\d\d?$/) as string;
const sync = () => on.call(updatePositions, { forceSync: true }).expect(200);

/** A share of the value that is no whole number of shares. */
const planned = async () => {
  const { body } = await on
    .call(createPlan, { targetWeights: { [BETA]: 0.4555 } })
    .set('x-run-id', `run-${(runs += 1)}`)
    .expect(200);
  const { plan } = body as PlanUpdate;
  return {
    orders: plan?.actions.map(({ side, quantity }) => `${side} ${quantity}`),
    rules: plan?.notTaken.map(({ rule }) => rule),
  };
};

it('allows fractions only of what trades in them, once that is known', async () => {
  on.mock.assetsFail = true;
  await sync();
  expect((await planned()).orders).toEqual([whole]);
  on.mock.assetsFail = false;
  await sync();
  expect((await planned()).orders).toEqual([fraction]);
});

it('is read again after a week', async () => {
  on.mock.wholeOnly.add('BETA');
  on.mock.closed.add('BETA');
  await sync();
  expect((await planned()).orders).toEqual([fraction]);
  const { redis: store } = on.dependencies.database;
  const key = keys.portfolio.orderRules();
  const rule = JSON.parse((await store.hget(key, BETA)) ?? '{}') as { readAt: number };
  await store.hset(key, BETA, JSON.stringify({ ...rule, readAt: rule.readAt - 8 * DAY_MS }));
  await sync();
  expect(await planned()).toEqual({ orders: [], rules: ['broker-refuses'] });
  on.mock.closed.clear();
  await store.del(key);
  await sync();
  expect((await planned()).orders).toEqual([whole]);
});

it('leaves the account read where the rules cannot be', async () => {
  await on.dependencies.database.redis.del(keys.portfolio.orderRules());
  on.mock.assetsFail = true;
  await sync();
  expect(on.logged.join('')).toContain('order-rules-unread');
  expect((await planned()).orders).toEqual([whole]);
  on.mock.assetsFail = false;
});
