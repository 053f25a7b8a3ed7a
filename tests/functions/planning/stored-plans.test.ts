import supertest from 'supertest';
import type { GetBestResultResponse, ListPlansResponse } from '#protos/gen/planning.ts';
import { parseDay } from '#shared/kernel/calendar-day.ts';
import { DEFAULT_ACCOUNT, type PlanId, type PortfolioHash } from '#shared/kernel/identifiers.ts';
import { DAY_MS, later } from '#shared/kernel/instant.ts';
import type { Plan } from '#shared/planning/model/plan.ts';
import { markPlan } from '#shared/planning/report-plan-status.ts';
import { PlanStore } from '#shared/planning/plan-store.ts';
import { currentPortfolioHash } from '#shared/trading/current-hash.ts';
import { keys } from '#shared/redis/keys.ts';
import type { Dependencies } from '#shared/runtime/context.ts';
import getBestResult from '../../../functions/planning/get-best-result/handler.ts';
import getPlan from '../../../functions/planning/get-plan/handler.ts';
import listPlans from '../../../functions/planning/list-plans/handler.ts';
import { endpointOf } from '../../support/host.ts';
import {
  openTestDependencies,
  startTestRedis,
  steppingClock,
  type TestRedis,
} from '../../support/dependencies.ts';
import { euros } from '../../unit/planning/problems.ts';

describe('planning-get-plan, planning-list-plans and planning-get-best-result', () => {
  let redis: TestRedis;
  let dependencies: Dependencies;
  let present: PortfolioHash;
  const clock = steppingClock('2024-06-27T21:00:00Z');

  const plan = (changes: Partial<Plan>): Plan => ({
    id: 'plan-1' as PlanId,
    accountId: DEFAULT_ACCOUNT,
    portfolioHash: present,
    status: 'READY',
    createdAt: clock.now(),
    pricedOn: parseDay('2024-06-27'),
    actions: [],
    notTaken: [],
    search: {
      ...{ method: 'exhaustive', sequencesEvaluated: 3, depth: 4, coverageRatio: 1 },
      ...{ utility: 0.02, utilityOfHolding: 0.01, margin: 0.0005 },
    },
    gain: 0.01,
    cost: euros('3'),
    expectedValue: euros('1020'),
    portfolioValue: euros('1000'),
    cashBefore: euros('100'),
    cashAfter: euros('50'),
    summary: 'Buy.',
    ...changes,
  });
  const store = async (changes: Partial<Plan> & { readonly name: string }): Promise<PlanId> => {
    const { name, ...rest } = changes;
    const made = plan({ ...rest, id: name as PlanId });
    await new PlanStore(dependencies.database).save(made);
    return made.id;
  };
  const list = async (body: object): Promise<ListPlansResponse> =>
    (await supertest(endpointOf(listPlans, dependencies)).post('/').send(body))
      .body as ListPlansResponse;
  const best = async (portfolioHash: string): Promise<GetBestResultResponse> => {
    const answer = await supertest(endpointOf(getBestResult, dependencies))
      .post('/')
      .send({ portfolioHash });
    return answer.body as GetBestResultResponse;
  };

  beforeAll(async () => {
    redis = await startTestRedis();
  });
  afterAll(async () => redis.stop());
  beforeEach(async () => {
    dependencies = await openTestDependencies(redis, {}, { now: clock.now });
    present = await currentPortfolioHash(dependencies, DEFAULT_ACCOUNT);
  });
  afterEach(async () => dependencies.close());

  test('find a plan by its id, and say when there is none', async () => {
    await store({ name: 'plan-a' });
    const find = (planId: string) =>
      supertest(endpointOf(getPlan, dependencies)).post('/').send({ planId });
    expect((await find('plan-a')).body).toMatchObject({
      found: true,
      plan: { id: 'plan-a', status: 'READY', score: 0.01, search: { sequencesEvaluated: '3' } },
    });
    expect((await find('plan-b')).body).toEqual({ found: false });
    expect((await find('')).body).toMatchObject({ code: 'INVALID_REQUEST', field: 'planId' });
  });

  test('list plans newest first, by page and by portfolio, with the total before paging', async () => {
    for (const k of [1, 2, 3]) await store({ name: `plan-${k}`, createdAt: later(clock.now(), k) });
    await store({ name: 'plan-other', portfolioHash: 'other' as PortfolioHash });
    const ids = ({ plans }: ListPlansResponse) => plans.map((one) => one.id);
    expect(ids(await list({}))).toEqual(['plan-3', 'plan-2', 'plan-1', 'plan-other']);
    expect(await list({ limit: 2, offset: 1 })).toMatchObject({
      plans: [{ id: 'plan-2' }, { id: 'plan-1' }],
      total: 4,
    });
    expect(await list({ portfolioHash: 'other' })).toMatchObject({
      plans: [{ id: 'plan-other' }],
      total: 1,
    });
    expect(await list({ portfolioHash: 'none' })).toEqual({ plans: [], total: 0 });
    expect(await list({ limit: 1001 })).toMatchObject({ code: 'INVALID_REQUEST', field: 'limit' });
  });

  test('find the plan that gains most; of equal ones the newest', async () => {
    await store({ name: 'plan-poor', gain: 0.001, createdAt: later(clock.now(), 9) });
    await store({ name: 'plan-old', gain: 0.02 });
    await store({ name: 'plan-new', gain: 0.02, createdAt: later(clock.now(), 5) });
    expect(await best(present)).toMatchObject({ found: true, plan: { id: 'plan-new' } });
  });

  test('never answer a plan that is executing, completed or cancelled', async () => {
    const plans = [await store({ name: 'plan-x' }), await store({ name: 'plan-y' })] as const;
    await markPlan(dependencies.database, plans[0], 'started');
    await markPlan(dependencies.database, plans[1], 'cancelled');
    expect(await best(present)).toEqual({ found: false });
    expect(await markPlan(dependencies.database, plans[0], 'started')).toBe('EXECUTING');
    expect(await markPlan(dependencies.database, plans[0], 'completed')).toBe('COMPLETED');
    await expect(markPlan(dependencies.database, plans[1], 'started')).rejects.toMatchObject({
      code: 'REFUSED',
      facts: { rule: 'plan-status' },
    });
    await expect(
      markPlan(dependencies.database, 'plan-z' as PlanId, 'started'),
    ).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
  });

  test('never answer a plan of a portfolio that has changed', async () => {
    await store({ name: 'plan-stale', portfolioHash: 'before' as PortfolioHash });
    expect(await best('before')).toEqual({ found: false });
    expect(await best('')).toMatchObject({ code: 'INVALID_REQUEST', field: 'portfolioHash' });
  });

  test('never answer a plan made on prices that are too old to trade on', async () => {
    await store({ name: 'plan-old-prices' });
    expect((await best(present)).found).toBe(true);
    const moving = steppingClock('2024-06-27T21:00:00Z');
    moving.advance(10 * DAY_MS);
    const later = { ...dependencies, now: moving.now };
    const answer = await supertest(endpointOf(getBestResult, later))
      .post('/')
      .send({ portfolioHash: present });
    expect(answer.body).toEqual({ found: false });
  });

  test('report a stored plan that does not parse as corrupt', async () => {
    const id = await store({ name: 'plan-broken' });
    await dependencies.database.redis.hset(keys.planning.plan(id), 'json', '{"id":"plan-broken"}');
    const answer = await supertest(endpointOf(getPlan, dependencies))
      .post('/')
      .send({ planId: id });
    expect(answer.body).toMatchObject({ code: 'DATA_CORRUPT' });
  });
});
