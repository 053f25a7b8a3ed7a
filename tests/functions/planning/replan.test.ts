/** A past plan is made again from what it saw, whatever has become of prices, policy and account since. */
import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import supertest from 'supertest';
import type { PlanUpdate, ReplanResponse } from '#protos/gen/planning.ts';
import type { ListedSecurity } from '#shared/clients/market-data/market-data.ts';
import { present } from '#shared/kernel/assert.ts';
import type { PlanId } from '#shared/kernel/identifiers.ts';
import { integerBelow, seededRandom } from '#shared/kernel/random.ts';
import { InputStore } from '#shared/planning/inputs/input-store.ts';
import { newVersion } from '#shared/redis/database.ts';
import { keys } from '#shared/redis/keys.ts';
import type { Dependencies } from '#shared/runtime/context.ts';
import { priceChunks, readPriceChunk } from '#shared/universe/year-chunks.ts';
import createPlan from '../../../functions/planning/create-plan/handler.ts';
import replan from '../../../functions/planning/replan/handler.ts';
import updatePolicy from '../../../functions/portfolio/update-policy/handler.ts';
import updatePositions from '../../../functions/portfolio/update-positions/handler.ts';
import {
  openTestDependencies,
  startTestRedis,
  steppingClock,
  type TestRedis,
} from '../../support/dependencies.ts';
import { gatewayOf } from '../../support/endpoints/test-gateway.ts';
import { endpointOf, inProcess, listen } from '../../support/host.ts';
import { seedMarket } from '../../support/markets/seed-market.ts';
import { bareEnvironment } from '../../support/bare-environment.ts';

/** The last close of a stored year, a tenth higher. */
function corrected(year: string): string {
  const columns = readPriceChunk(year, 'prices');
  for (const name of ['high', 'close', 'adjustedClose'] as const) {
    const values = columns[name];
    values[values.length - 1] = (values.at(-1) ?? 0) * 1.1;
  }
  return storedYear(columns);
}

function withOneDayMore(year: string): string {
  const columns = readPriceChunk(year, 'prices');
  const more = (values: Float64Array) =>
    Float64Array.of(...values, Math.round((values.at(-1) ?? 0) * 101) / 100);
  return storedYear({
    days: Int32Array.of(...columns.days, (columns.days.at(-1) ?? 0) + 1),
    ...{ open: more(columns.open), high: more(columns.high), low: more(columns.low) },
    ...{ close: more(columns.close), adjustedClose: more(columns.adjustedClose) },
    volume: more(columns.volume),
  });
}

function storedYear(columns: ReturnType<typeof readPriceChunk>): string {
  return present([...priceChunks(columns).values()][0], 'a year is stored');
}

async function trader(url: string, args: readonly string[]) {
  const folder = await mkdtemp(join(tmpdir(), 'trader-replan-'));
  await writeFile(join(folder, 'trade-token'), 'trade-token-of-the-test-0123456789');
  const env = { ...bareEnvironment, GATEWAY_URL: url, SECRETS_DIR: folder };
  const child = spawn(process.execPath, [TRADER, ...args], { env });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (piece: Buffer) => (stdout += piece.toString()));
  child.stderr.on('data', (piece: Buffer) => (stderr += piece.toString()));
  const status = await new Promise((resolve) => child.once('close', resolve));
  await rm(folder, { recursive: true });
  return { status, stdout, stderr };
}

const TRADER = join(__dirname, '../../../cli/trader.mjs');
const DAY = '2024-06-27';

describe('planning-replan', () => {
  let redis: TestRedis;
  let dependencies: Dependencies;
  let listed: readonly ListedSecurity[];
  const clock = steppingClock(`${DAY}T21:00:00Z`);

  const planned = async (body: object, run: string) => {
    const answer = await supertest(endpointOf(createPlan, dependencies))
      .post('/')
      .set('x-run-id', run)
      .send(body);
    return present((answer.body as PlanUpdate).plan, 'the last message carries the plan');
  };
  const replanned = async (body: object) =>
    (await supertest(endpointOf(replan, dependencies)).post('/').send(body)).body as ReplanResponse;
  const putYear = (key: string, text: string) =>
    dependencies.database.commit(
      [],
      [{ op: 'HSET', key, args: ['2024', text] }, newVersion(keys.universe.pricesVersion())],
    );
  const sizes = async () => {
    const texts = await dependencies.database.redis.hvals(keys.planning.inputValues());
    return { parts: texts.length, bytes: texts.reduce((sum, text) => sum + text.length, 0) };
  };

  beforeAll(async () => {
    redis = await startTestRedis();
    const host = inProcess();
    dependencies = await openTestDependencies(
      redis,
      { PLAN_INPUT_DAYS: '30' },
      { now: clock.now, transport: host.transport },
    );
    host.into(dependencies);
    listed = await seedMarket(dependencies, 5.2, (_, index) => index < 12);
    await supertest(endpointOf(updatePositions, dependencies)).post('/').send({ forceSync: true });
  });
  afterAll(async () => {
    await dependencies.close();
    await redis.stop();
  });

  test('makes the same bytes again after a price was corrected and the policy changed', async () => {
    const first = await planned({ constraints: { maxOrders: '4' } }, 'first');
    expect(first.actions.length).toBeGreaterThan(0);
    const bought = present(first.actions[0], 'something is bought').isin;
    const prices = keys.universe.prices(bought);
    const year = (await dependencies.database.redis.hget(prices, '2024')) ?? '';
    expect(year).not.toBe('');
    await putYear(prices, corrected(year));
    const document = `excluded: [${bought}]\ncash: { reserveRatio: 0.4 }\n`;
    await supertest(endpointOf(updatePolicy, dependencies))
      .post('/')
      .set('x-idempotency-key', 'policy')
      .send({ document })
      .expect(200);
    clock.advance(60_000);
    const after = await planned({ constraints: { maxOrders: '4' } }, 'second');
    expect(after.actions.map(({ isin }) => isin)).not.toContain(bought);

    const answer = await replanned({ planId: first.id });
    expect(answer).toMatchObject({ found: true, same: true, differences: [], inputGone: '' });
    expect(answer.targetsMadeAgain).toBe(true);
    expect(answer.nowJson).toBe(answer.thenJson);
    expect(answer.plan).toEqual(first);
    const ofDay = await replanned({ day: DAY });
    expect(ofDay).toMatchObject({ planId: after.id, otherPlanIds: [first.id], same: true });
  });

  test('computes the target weights again, and does not take those of then', async () => {
    const plan = await planned({ constraints: { maxOrders: '4' } }, 'targets');
    const store = new InputStore(dependencies.database);
    const inputs = present(await store.find(plan.id as PlanId), 'inputs are kept');
    const targets = present(inputs.targets, 'there were targets');
    const [first = ''] = Object.keys(targets.targetWeights);
    const changed = { ...targets, targetWeights: { [first]: 1 } };
    await store.save({ ...inputs, targets: changed }, 30);
    expect(await replanned({ planId: plan.id })).toMatchObject({
      ...{ same: true, targetsMadeAgain: true, differences: [] },
    });
    await store.save({ ...inputs, targets: changed, targetsCanBeMade: undefined }, 30);
    const taken = await replanned({ planId: plan.id });
    expect(taken).toMatchObject({ same: false, targetsMadeAgain: false });
    expect(taken.differences.join()).toMatch(/targets/);
    await store.save(inputs, 30);
  });

  test('makes a plan again of which an earlier version kept the reads, year by year', async () => {
    const plan = await planned({ constraints: { maxOrders: '4' } }, 'earlier');
    const store = new InputStore(dependencies.database);
    const inputs = present(await store.find(plan.id as PlanId), 'inputs are kept');
    const reads = inputs.reads.flatMap(([words, reply]): [string[], unknown][] => {
      const [name, key = '', ...years] = words;
      if (key === keys.universe.pricesVersion()) return [];
      if (name !== 'hmget' || !/:(prices|days)$/.test(key)) return [[words, reply]];
      return years.map((year, i) => [['hget', key, year], (reply as unknown[])[i]]);
    });
    expect(reads.length).toBeGreaterThan(inputs.reads.length);
    await store.save({ ...inputs, reads }, 30);
    expect(await replanned({ planId: plan.id })).toMatchObject({
      ...{ same: true, targetsMadeAgain: true, inputGone: '', plan },
    });
    await store.save(inputs, 30);
  });

  test('makes a plan towards stated weights again, and one with what-if positions', async () => {
    const isin = present(listed[1], 'listed').isin;
    const towards = await planned({ targetWeights: { [isin]: 0.1 } }, 'towards');
    const whatIf = await planned({ availableCash: { amount: '3000.00', currency: 'EUR' } }, 'if');
    for (const plan of [towards, whatIf])
      expect(await replanned({ planId: plan.id })).toMatchObject({ found: true, same: true, plan });
  });

  test('keeps what two plans saw alike once', async () => {
    const before = await sizes();
    clock.advance(60_000);
    await planned({ constraints: { maxOrders: '3' } }, 'third');
    const after = await sizes();
    expect(before.bytes).toBeGreaterThan(100_000);
    expect(after.bytes - before.bytes).toBeLessThan(before.bytes / 20);
  });

  test('adds to a day what the day added: some kilobytes a security', async () => {
    const before = await sizes();
    clock.advance(24 * 3_600_000);
    for (const { isin } of listed) {
      const key = keys.universe.prices(isin);
      const year = (await dependencies.database.redis.hget(key, '2024')) ?? '';
      await putYear(key, withOneDayMore(year));
    }
    const plan = await planned({ constraints: { maxOrders: '3' } }, 'tomorrow');
    const added = (await sizes()).bytes - before.bytes;
    expect(added / listed.length).toBeLessThan(10_000);
    expect(await replanned({ planId: plan.id })).toMatchObject({ same: true });
  });

  test('names an input that is gone, or is not what it was', async () => {
    const plan = await planned({ constraints: { maxOrders: '2' } }, 'damaged');
    const values = keys.planning.inputValues();
    // Parts that start alike are of earlier plans too: those read another year of the same security.
    const key = keys.universe.prices(present(listed[0], 'listed').isin);
    const text = present(await dependencies.database.redis.hget(key, '2024'), 'stored');
    const all = await dependencies.database.redis.hgetall(values);
    const [hash = ''] = Object.entries(all).find(([, one]) => one === text) ?? [];
    await dependencies.database.redis.hset(values, hash, text.replace(/\d/, 'x'));
    const damaged = await replanned({ planId: plan.id });
    expect(damaged).toMatchObject({ found: true, same: false, inputGone: `hmget ${key} 2024` });
    await dependencies.database.redis.hdel(values, hash);
    expect((await replanned({ planId: plan.id })).inputGone).toBe(damaged.inputGone);
    await dependencies.database.redis.hset(values, hash, text);
    expect(await replanned({ planId: plan.id })).toMatchObject({ same: true, inputGone: '' });
  });

  test('says which input is gone wherever a byte of what is kept was flipped, or makes the same', async () => {
    const plan = await planned({ constraints: { maxOrders: '2' } }, 'flipped');
    const { redis: kept } = dependencies.database;
    const random = seededRandom('a byte of what is kept');
    const flipped = (text: string): string => {
      const at = integerBelow(random, text.length);
      const other = String.fromCharCode(text.charCodeAt(at) ^ (1 << integerBelow(random, 3)));
      return `${text.slice(0, at)}${other}${text.slice(at + 1)}`;
    };
    const tried = async (key: string, field: string): Promise<string> => {
      const text = (await kept.hget(key, field)) ?? '';
      await kept.hset(key, field, flipped(text));
      const { found, same, inputGone } = await replanned({ planId: plan.id });
      await kept.hset(key, field, text);
      expect({ field, found, isWhole: same !== (inputGone !== '') }).toEqual({
        ...{ field, found: true, isWhole: true },
      });
      return inputGone;
    };
    const ofRecord: string[] = [];
    for (let n = 0; n < 12; n += 1)
      ofRecord.push(await tried(keys.planning.inputRecords(), plan.id));
    expect(new Set(ofRecord)).toEqual(new Set([`the record of ${plan.id}`]));
    const parts = await kept.hkeys(keys.planning.inputValues());
    const some = parts.sort().filter((_, i) => i % Math.ceil(parts.length / 20) === 0);
    for (const hash of some) await tried(keys.planning.inputValues(), hash);
    expect(await replanned({ planId: plan.id })).toMatchObject({ same: true, inputGone: '' });
  });

  test('answers not found where nothing is kept, and asks for a day or a plan', async () => {
    expect(await replanned({ planId: 'plan-none' })).toMatchObject({ found: false });
    expect(await replanned({ day: '2020-01-01' })).toMatchObject({ found: false });
    expect(await replanned({})).toMatchObject({ code: 'INVALID_REQUEST' });
    expect(await replanned({ day: '2024-13-01' })).toMatchObject({ code: 'INVALID_REQUEST' });
  });

  test('trader replan DAY shows the plan and says that it is the same', async () => {
    const functions = { 'planning-replan': replan };
    const { server, url } = await listen(gatewayOf(functions, () => dependencies));
    const day = new Date(clock.now()).toISOString().slice(0, 10);
    const [same, none] = [
      await trader(url, ['replan', day]),
      await trader(url, ['replan', '2020-01-01']),
    ];
    server.close();
    expect(same).toMatchObject({ status: 0, stderr: '' });
    expect(same.stdout).toMatch(/^plan-[0-9a-f]{16}: the same, byte by byte\.$/m);
    expect(none).toMatchObject({ status: 4, stderr: 'trader: no inputs are kept of 2020-01-01\n' });
  });

  test('forgets plans that are older than the retention, with what only they saw', async () => {
    const first = (await replanned({ day: DAY })).otherPlanIds[0] ?? '';
    const before = await sizes();
    const records = keys.planning.inputRecords();
    await dependencies.database.redis.hset(records, 'plan-0000000000000000', 'no record');
    clock.advance(31 * 24 * 3_600_000);
    const last = await planned({ constraints: { maxOrders: '1' } }, 'later');
    expect(await replanned({ planId: first })).toMatchObject({ found: false });
    expect(await replanned({ planId: last.id })).toMatchObject({ found: true, same: true });
    expect((await sizes()).parts).toBeLessThan(before.parts);
    const kept = await dependencies.database.redis.zcard(keys.planning.inputsByTime());
    expect(kept).toBe(1);
  });
});
