/** Who calls whom: counted by the calls themselves, and held against the declared calls. */
import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { tmpdir } from 'node:os';
import request from 'supertest';
import type { Dependency, GetDependenciesResponse } from '#protos/gen/gateway.ts';
import { operations } from '#shared/contract/catalogue.ts';
import { callerNamed, declaredPairs, isDeclaredCall } from '#shared/contract/declared-calls.ts';
import { serviceNames } from '#shared/contract/names.ts';
import { planning } from '#shared/contract/planning.ts';
import { trading } from '#shared/contract/trading.ts';
import { dependencyPicture, lineOfDependency } from '#shared/gateway/model/dependency-picture.ts';
import { Failure } from '#shared/kernel/failure.ts';
import { HOUR_MS, instantOf } from '#shared/kernel/instant.ts';
import { hourOf } from '#shared/runtime/call-reporter.ts';
import { takeRecordedCalls } from '#shared/process/call-record.ts';
import { handle } from '#shared/runtime/handle.ts';
import { keys } from '#shared/redis/keys.ts';
import cycle from '../../../functions/gateway/trigger-trading-cycle/handler.ts';
import getDependencies from '../../../functions/gateway/get-dependencies/handler.ts';
import getMetrics from '../../../functions/gateway/get-metrics/handler.ts';
import getPlan from '../../../functions/planning/get-plan/handler.ts';
import setTradingState from '../../../functions/trading/set-trading-state/handler.ts';
import listAlerts from '../../../functions/gateway/list-alerts/handler.ts';
import { startTestRedis, type TestRedis } from '../../support/dependencies.ts';
import { openTradingFixture, type TradingFixture } from '../../support/brokers/trading-fixture.ts';
import { endpointOf } from '../../support/host.ts';

let redis: TestRedis;
let t: TradingFixture;
let dataDir: string;

beforeAll(async () => {
  redis = await startTestRedis();
});
afterAll(() => redis.stop());
beforeEach(async () => {
  // Of its own: the epoch of the state is recorded there.
  dataDir = await mkdtemp(join(tmpdir(), 'dependencies-'));
  t = await openTradingFixture(redis, { DATA_DIR: dataDir, PLAN_DEPTH: '2' });
  takeRecordedCalls();
});
afterEach(async () => {
  await t.dependencies.close();
  await rm(dataDir, { recursive: true });
});

const answer = async (hours = 1) =>
  (await t.call(getDependencies, { hours })).body as GetDependenciesResponse;
const pair = async (caller: string, callee: string): Promise<Dependency | undefined> =>
  (await answer()).dependencies.find((one) => one.caller === caller && one.callee === callee);
const alerts = async (): Promise<string[]> =>
  ((await t.call(listAlerts, {})).body as { alerts: { name: string }[] }).alerts.map(
    ({ name }) => name,
  );

/** An operation of the catalogue whose body was changed by somebody. */
const changed = handle(planning.getPlan, async (_request, context) => {
  const request = { state: 'HALTED', reason: 'a test' };
  await context.functions.call(trading.setTradingState, request, context.callOptions());
  return { found: false, plan: undefined };
});

it('a whole cycle makes declared calls only, each with its figures', async () => {
  const run = t.call(cycle, { dryRun: false, force: true }, 'cycle-1').set('x-run-id', 'cycle-1');
  await run.expect(200);
  const { dependencies } = await answer();
  expect(dependencies.filter(({ declared }) => !declared)).toEqual([]);
  const named = dependencies.map(({ caller, callee }) => `${caller} ${callee}`);
  for (const expected of [
    'gateway-trigger-trading-cycle planning-create-plan',
    'planning-create-plan optimization-optimize-allocation',
    'gateway-trigger-trading-cycle trading-execute-trade',
    'trading-execute-trade broker',
    'universe-sync-prices market-data',
    'portfolio-update-positions broker',
    'planning-create-plan redis',
  ])
    expect(named).toContain(expected);
  for (const { calls, meanMs, callsPerMinute } of dependencies) {
    expect(Number(calls)).toBeGreaterThan(0);
    expect(meanMs).toBeGreaterThan(0);
    expect(callsPerMinute).toBeGreaterThan(0);
  }
});

it('reading metrics and alerts calls what is declared', async () => {
  await t.call(getMetrics, {});
  await t.call(listAlerts, {});
  expect((await answer()).dependencies.filter(({ declared }) => !declared)).toEqual([]);
});

it('a call that should not exist is first in the list, an alert, a metric, and red in the picture', async () => {
  expect(await alerts()).not.toContain('TraderUndeclaredCall');
  await request(endpointOf(changed, t.dependencies)).post('/').send({ planId: 'plan-1' });
  const { dependencies } = await answer();
  expect(dependencies[0]).toMatchObject({
    caller: 'planning-get-plan',
    callee: 'trading-set-trading-state',
    calls: '1',
    declared: false,
  });
  expect(await alerts()).toContain('TraderUndeclaredCall');
  const { samples } = (await t.call(getMetrics, {})).body as {
    samples: { name: string; labels: object; value: number }[];
  };
  expect(samples).toContainEqual({
    name: 'trader_undeclared_calls',
    labels: { caller: 'planning-get-plan', callee: 'trading-set-trading-state' },
    value: 1,
  });
  const picture = dependencyPicture(dependencies.map(lineOfDependency));
  expect(picture).toContain('class="undeclared"');
  expect(picture).toContain('not declared: planning-get-plan → trading-set-trading-state');
});

it('a caller that says that it is an operation without such a call is an alert, also where it is refused', async () => {
  const tokens = { write: 'write-token-of-a-test', trade: 'trade-token-of-a-test' };
  const endpoint = endpointOf(setTradingState, { ...t.dependencies, tokens });
  const call = request(endpoint).post('/').set('x-caller', 'planning-get-plan');
  await call.send({ state: 'HALTED', reason: 'a test' }).expect(401);
  expect(await pair('planning-get-plan', 'trading-set-trading-state')).toMatchObject({
    calls: '1',
    declared: false,
  });
  expect(await alerts()).toContain('TraderUndeclaredCall');
});

it('an operation that reaches the broker without being declared to is found', async () => {
  const reaching = handle(planning.getPlan, async (_request, context) => {
    await context.broker.statement('default' as never, context.signal);
    return { found: false, plan: undefined };
  });
  await request(endpointOf(reaching, t.dependencies)).post('/').send({ planId: 'plan-1' });
  expect(await pair('planning-get-plan', 'broker')).toMatchObject({ declared: false, calls: '1' });
});

it('counts failures of the callee, and refusals as answers', async () => {
  const failing = handle(planning.getPlan, () =>
    Promise.reject(new Failure('UNAVAILABLE', 'It is away.')),
  );
  await request(endpointOf(failing, t.dependencies)).post('/').send({ planId: 'plan-1' });
  await t.call(getPlan, { planId: '' }).expect(400);
  const found = await pair('outside', 'planning-get-plan');
  expect(found).toMatchObject({ calls: '2', failures: '1', declared: true });
});

it('takes a name that is none of ours as a caller from outside', async () => {
  for (const caller of ['nobody', 'toString', 'planning', '__proto__'])
    expect(callerNamed(caller)).toBe('outside');
  await t.call(getPlan, { planId: 'plan-1' }).set('x-caller', 'a b n 5');
  await t.call(getPlan, { planId: 'plan-1' }).set('x-caller', 'page');
  expect(await pair('outside', 'planning-get-plan')).toMatchObject({ calls: '1' });
  expect(await pair('page', 'planning-get-plan')).toMatchObject({ calls: '1', declared: false });
});

it('adds up hours, and forgets those that were not asked for', async () => {
  const { redis: client } = t.dependencies.database;
  await client.hset(keys.runtime.calls('2025-06-11T11'), 'cli planning-get-plan n', '3');
  await client.hset(keys.runtime.calls('2025-06-11T09'), 'cli planning-get-plan n', '4');
  await client.hset(keys.runtime.calls('2025-06-11T11'), 'broken', '4');
  expect(await pair('cli', 'planning-get-plan')).toMatchObject({ calls: '3' });
  const longer = (await answer(4)).dependencies;
  expect(longer.find(({ caller }) => caller === 'cli')).toMatchObject({ calls: '7' });
  await t.call(getDependencies, { hours: 25 }).expect(400);
});

it('has the rate over the time since calls are counted, and of the whole hours before', async () => {
  const { now, database } = t.dependencies;
  const ago = (minutes: number) => String(now() - minutes * 60_000);
  const { redis: client } = database;
  const rate = async (hours?: number) => {
    const { since, dependencies } = await answer(hours);
    const found = dependencies.find(({ caller }) => caller === 'cli');
    return [(now() - Number(since?.seconds) * 1_000) / 60_000, found?.callsPerMinute];
  };
  const key = keys.runtime.calls(hourOf(now()));
  await client.hset(key, 'cli planning-get-plan n', '30', 'since', ago(0));
  // Just begun: over ten seconds at least.
  expect(await rate()).toEqual([0, 180]);
  await client.hset(key, 'since', ago(3));
  expect(await rate()).toEqual([3, 10]);
  // An earlier build did not store it.
  await client.hdel(key, 'since');
  expect((await rate())[0]).toBe((now() % HOUR_MS) / 60_000);
  await client.hset(keys.runtime.calls(hourOf(instantOf(now() - HOUR_MS))), 'since', ago(70));
  expect(await rate()).toEqual([70, 30 / 70]);
});

describe('the declared calls', () => {
  it('go down the ladder of services, and a reader calls readers only', () => {
    const place = (service: string): number => serviceNames.indexOf(service as never);
    // gateway is the last: it calls all others, and itself.
    const line = ['universe', 'portfolio', 'scoring', 'optimization', 'trading', 'planning'];
    for (const [caller, callee] of declaredPairs()) {
      expect(place(caller.service)).toBeGreaterThanOrEqual(0);
      if (caller.service !== 'gateway')
        expect([caller.name, callee.name, line.indexOf(callee.service)]).toEqual([
          caller.name,
          callee.name,
          Math.min(line.indexOf(callee.service), line.indexOf(caller.service)),
        ]);
      if (caller.effect === 'reads')
        expect([caller.name, callee.effect]).toEqual([caller.name, 'reads']);
    }
  });

  it('have each operation that the source calls', () => {
    const callees = new Set(declaredPairs().map(([, { service, rpc }]) => `${service}.${rpc}`));
    const services = serviceNames.join('|');
    const call = new RegExp(
      `\\b(?:call|stream|callWhole)\\(\\s*(?:\\w+,\\s*)?((?:${services})\\.\\w+)`,
      'g',
    );
    const found = sourcesIn('shared', 'functions').flatMap((text) =>
      [...text.matchAll(call)].map(([, name = '']) => name),
    );
    expect(found.length).toBeGreaterThan(20);
    const page = [
      'gateway.getOverview',
      'gateway.listNotices',
      'portfolio.getPolicy',
      'gateway.getDependencies',
    ];
    expect(found.filter((name) => !callees.has(name) && !page.includes(name))).toEqual([]);
  });

  it('let a client call each operation, and know no other names', () => {
    for (const { name } of operations) expect(isDeclaredCall('facade', name)).toBe(true);
    expect(isDeclaredCall('nobody', 'planning-get-plan')).toBe(false);
    expect(isDeclaredCall('facade', 'redis')).toBe(false);
    expect(isDeclaredCall('metrics', 'trading-execute-trade')).toBe(false);
  });
});

function sourcesIn(...roots: readonly string[]): string[] {
  return roots
    .flatMap((root) =>
      readdirSync(root, { recursive: true, encoding: 'utf8' }).map((file) => `${root}/${file}`),
    )
    .filter((file) => file.endsWith('.ts') && !/^shared\/(replay|page)\//.test(file))
    .map((file) => readFileSync(file, 'utf8'));
}
