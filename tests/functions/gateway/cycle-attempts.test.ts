/** Two attempts at one run: a job that is delivered twice, or a process that slept. */
import { setTimeout as sleep } from 'node:timers/promises';
import supertest from 'supertest';
import type { TradingCycleUpdate } from '#protos/gen/gateway.ts';
import type { FunctionCall, Transport } from '#shared/clients/functions-client.ts';
import { exported, restoreInto, type ExportedKey } from '#shared/gateway/backup/export.ts';
import { cycleIdOf } from '#shared/gateway/cycle/cycle-run.ts';
import { present } from '#shared/kernel/assert.ts';
import { StoredPlans } from '#shared/planning/stored-plans.ts';
import { keys } from '#shared/redis/keys.ts';
import type { Dependencies } from '#shared/runtime/context.ts';
import cycle from '../../../functions/gateway/trigger-trading-cycle/handler.ts';
import getHistory from '../../../functions/trading/get-trade-history/handler.ts';
import {
  openTestDependencies,
  startTestRedis,
  steppingClock,
  type TestRedis,
} from '../../support/dependencies.ts';
import { endpointOf, inProcess } from '../../support/host.ts';
import { seedMarket } from '../../support/markets/seed-market.ts';
import { until } from '../../support/until.ts';

const clock = steppingClock('2024-06-27T09:00:00Z');
const seeded: ExportedKey[] = [];
let redis: TestRedis;
let dependencies: Dependencies;
let calls: FunctionCall[];
/** Answers undefined to let a call through. */
let intercept: (call: FunctionCall) => ReturnType<Transport> | undefined;
let through: Transport;

beforeAll(async () => {
  redis = await startTestRedis();
  const seeding = await openTestDependencies(redis, {}, { now: clock.now });
  await seedMarket(seeding, 4, (_listed, index) => index < 12);
  const all = exported(seeding.database, new AbortController().signal);
  for await (const key of all) seeded.push(key);
  await seeding.close();
});
afterAll(() => redis.stop());

beforeEach(async () => {
  calls = [];
  intercept = () => undefined;
  const inside = inProcess();
  through = inside.transport;
  const transport: Transport = (call) => {
    calls.push(call);
    return intercept(call) ?? inside.transport(call);
  };
  const small = { PLAN_DEPTH: '2', PLAN_ORDERS_MAX: '5' };
  dependencies = await openTestDependencies(redis, small, { now: clock.now, transport });
  inside.into(dependencies);
  await restoreInto(dependencies.database, each(seeded));
});
afterEach(() => dependencies.close());

async function* each<T>(items: readonly T[]): AsyncGenerator<T> {
  yield* items;
}

interface Answer {
  readonly last: TradingCycleUpdate | undefined;
  readonly failure: { readonly code: string; readonly message: string } | undefined;
}

async function runCycle(body: object, run = 'run-1'): Promise<Answer> {
  const response = await supertest(endpointOf(cycle, dependencies))
    .post('/')
    .set({ accept: 'application/x-ndjson', 'x-run-id': run })
    .buffer(true)
    .parse((stream, done) => {
      let text = '';
      stream.on('data', (chunk: Buffer) => (text += String(chunk)));
      stream.on('end', () => done(null, text));
    })
    .send(body);
  const lines = String(response.body).trim().split('\n');
  const last = JSON.parse(lines.at(-1) ?? '') as TradingCycleUpdate & Pick<Answer, 'failure'>;
  // One that fails before its first message is answered as a failure alone.
  if (response.status !== 200)
    return { last: undefined, failure: last as unknown as Answer['failure'] };
  return { last: last.failure ? undefined : last, failure: last.failure };
}

const called = (name: string) => calls.filter((call) => call.name === name);
const resultOf = ({ last, failure }: Answer) => {
  expect(failure).toBeUndefined();
  return present(last?.result, 'the last message has it');
};
const history = async () => {
  const { body } = await supertest(endpointOf(getHistory, dependencies)).post('/').send({});
  return body as { executions: { tradeId: string }[]; total: number };
};

describe('two attempts at one run', () => {
  /** Both are carried out in full; the second one begins at a call of the first. */
  async function racing(name: string, count: number) {
    let second: Promise<Answer> | undefined;
    intercept = (call) => {
      if (call.name !== name || second || called(name).length < count) return undefined;
      second = runCycle({});
      // The first goes on once the second one has come as far.
      const hasBegun = async () => {
        const isThere = async () => called(name).length > count || (await isOver(second));
        await until(isThere);
      };
      return hasBegun().then(() => through(call));
    };
    const first = await runCycle({});
    return [first, await present(second, 'the second one began')] as const;
  }
  const isOver = (answer: Promise<Answer> | undefined) =>
    Promise.race([Promise.resolve(answer).then(() => true), sleep(0).then(() => false)]);

  it.each([
    ['portfolio-update-positions', 1],
    ['planning-create-plan', 1],
    ['trading-validate-trade', 1],
    ['trading-execute-trade', 1],
    ['trading-execute-trade', 2],
    ['portfolio-update-positions', 2],
  ])(
    'that meet at %s, call %i: one carries it out, the other sends no more',
    async (name, count) => {
      const [first, second] = await racing(name, count);
      const result = resultOf(second);
      expect(result).toMatchObject({ success: true });
      expect(first.failure).toMatchObject({ code: expect.stringMatching(/UNAVAILABLE|OUTCOME/) });
      expect(first.failure?.message).toMatch(/Another attempt carries out the cycle/);
      const { executions, total } = await history();
      expect(total).toBe(result.plan?.actions.length);
      expect(new Set(executions.map(({ tradeId }) => tradeId)).size).toBe(total);
      const { plans } = await new StoredPlans(dependencies.database).page('', 0, 10);
      expect(plans.filter(({ status }) => status !== 'CANCELLED').map(({ id }) => id)).toEqual([
        result.plan?.id,
      ]);
      expect(await dependencies.database.redis.exists(keys.gateway.runningCycle())).toBe(0);
    },
  );

  it('never free the lease of each other for another cycle', async () => {
    let second: Promise<Answer> | undefined;
    let goOn: () => void = () => undefined;
    const firstIsOver = new Promise<void>((resolve) => (goOn = resolve));
    intercept = (call) => {
      if (call.name !== 'planning-create-plan') return undefined;
      if (second) return firstIsOver.then(() => through(call));
      second = runCycle({});
      const holds = async () => (await leaseOf()).endsWith('#2');
      return until(holds).then(() => through(call));
    };
    expect((await runCycle({})).failure).toMatchObject({ code: 'UNAVAILABLE' });
    // The second one still plans: no other cycle may begin.
    const other = await runCycle({}, 'run-2');
    expect(other.failure).toMatchObject({ code: 'CONFLICT', cycleId: cycleIdOf('run-1') });
    goOn();
    expect(resultOf(await present(second, 'it began'))).toMatchObject({ success: true });
    expect(await leaseOf()).toBe('');
  });
  const leaseOf = async () =>
    (await dependencies.database.redis.get(keys.gateway.runningCycle())) ?? '';
  it('hand over once the lease has expired, and are tried again', async () => {
    intercept = (call) =>
      call.name === 'trading-execute-trade' && called(call.name).length === 2
        ? through(call).then(async (answer) => {
            await dependencies.database.redis.del(keys.gateway.runningCycle());
            return answer;
          })
        : undefined;
    const first = await runCycle({});
    expect(first.failure?.message).toContain('has expired');
    expect(called('trading-execute-trade')).toHaveLength(2);
    const result = resultOf(await runCycle({}));
    expect(result).toMatchObject({ success: true });
    expect((await history()).total).toBe(result.plan?.actions.length);
  });
});
