/** A Redis that answers and takes no writes: full, a replica, or with a user that lacks rights. */
import supertest from 'supertest';
import type { GetSystemStatusResponse } from '#protos/gen/gateway.ts';
import { trading } from '#shared/contract/trading.ts';
import type { Failure } from '#shared/kernel/failure.ts';
import { redisFailure } from '#shared/redis/client.ts';
import type { Dependencies } from '#shared/runtime/context.ts';
import { requireReady } from '#shared/runtime/readiness.ts';
import getStatus from '../../../functions/gateway/get-system-status/handler.ts';
import executeTrade from '../../../functions/trading/execute-trade/handler.ts';
import {
  openTestDependencies,
  startTestRedis,
  type TestRedis,
} from '../../support/dependencies.ts';
import { endpointOf, inProcess } from '../../support/host.ts';

let redis: TestRedis;
let dependencies: Dependencies;
const NEVER = new AbortController().signal;

beforeAll(async () => {
  redis = await startTestRedis();
  const host = inProcess();
  dependencies = await openTestDependencies(redis, {}, { transport: host.transport });
  host.into(dependencies);
});
afterEach(async () => {
  const { redis: client } = dependencies.database;
  await client.config('SET', 'maxmemory', '0');
  await client.call('REPLICAOF', 'NO', 'ONE');
});
afterAll(async () => {
  await dependencies.close();
  await redis.stop();
});

const ready = (operation: Parameters<typeof requireReady>[0]): Promise<string> =>
  requireReady(operation, dependencies, NEVER).then(
    () => 'ready',
    (thrown: Failure) => thrown.message,
  );

async function complaints(): Promise<readonly string[]> {
  const { body } = await supertest(endpointOf(getStatus, dependencies)).post('/').send({});
  const { status, complaints: all } = body as GetSystemStatusResponse;
  expect(status).not.toBe('healthy');
  return all;
}

it.each([
  ['is full', ['CONFIG', 'SET', 'maxmemory', '1'], /^Redis takes no writes: its memory is full\./],
  ['is a replica', ['REPLICAOF', '127.0.0.1', '1'], /^Redis takes no writes: it is a replica\./],
])('a Redis that %s: failure, readiness and status say so', async (_name, command, says) => {
  const [name = '', ...args] = command;
  expect(await ready(trading.setTradingState)).toBe('ready');
  await dependencies.database.redis.call(name, ...args);
  const order = { isin: 'US0378331005', side: 'BUY', quantity: 1 };
  const answer = await supertest(endpointOf(executeTrade, dependencies))
    .post('/')
    .set('idempotency-key', name)
    .send(order);
  expect(answer.body).toMatchObject({
    code: 'UNAVAILABLE',
    message: expect.stringMatching(says) as unknown,
  });
  expect(await ready(trading.setTradingState)).toMatch(says);
  // What only reads still can.
  expect(await ready(trading.getTradingState)).toBe('ready');
  expect(await complaints()).toContainEqual(expect.stringMatching(says));
});

it.each([
  ['MISCONF Redis is configured to save RDB snapshots', /cannot save them/],
  ['NOREPLICAS Not enough good replicas to write.', /too few of its replicas/],
  ["NOPERM User trader has no permissions to run the 'set' command", /lacks a right/],
  ['WRONGPASS invalid username-password pair or user is disabled.', /refuses the user/],
  ['NOAUTH Authentication required.', /refuses the user/],
  ['ERR Error running script: OOM command not allowed when used memory', /memory is full/],
])('an error reply is stated as what it means: %s', (message, says) => {
  const reply = Object.assign(new Error(message), { name: 'ReplyError' });
  expect(redisFailure(reply)).toMatchObject({
    code: 'UNAVAILABLE',
    message: expect.stringMatching(says) as unknown,
  });
});

it('takes no other error for one of Redis', () => {
  expect(redisFailure(new Error('OOM of something else'))).toBeUndefined();
});
