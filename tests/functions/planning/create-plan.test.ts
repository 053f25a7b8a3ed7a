import supertest from 'supertest';
import type { Plan, PlanUpdate } from '#protos/gen/planning.ts';
import type { ListedSecurity } from '#shared/clients/market-data/market-data.ts';
import { present } from '#shared/kernel/assert.ts';
import { keys } from '#shared/redis/keys.ts';
import type { Dependencies } from '#shared/runtime/context.ts';
import { planIdOf } from '#shared/planning/plan-store.ts';
import createPlan from '../../../functions/planning/create-plan/handler.ts';
import listPlans from '../../../functions/planning/list-plans/handler.ts';
import getSummary from '../../../functions/portfolio/get-summary/handler.ts';
import updatePositions from '../../../functions/portfolio/update-positions/handler.ts';
import { endpointOf, inProcess } from '../../support/host.ts';
import { seedMarket } from '../../support/markets/seed-market.ts';
import {
  openTestDependencies,
  startTestRedis,
  steppingClock,
  type TestRedis,
} from '../../support/dependencies.ts';

const UNKNOWN = 'US0378331005';
const eur = (amount: string) => ({ amount, currency: 'EUR' });

describe('planning-create-plan', () => {
  let redis: TestRedis;
  let dependencies: Dependencies;
  let listed: readonly ListedSecurity[];
  let runs = 0;
  const clock = steppingClock('2024-06-27T21:00:00Z');

  const post = (body: object, run = `run-${(runs += 1)}`) =>
    supertest(endpointOf(createPlan, dependencies)).post('/').set('x-run-id', run).send(body);
  const streamed = async (body: object, run?: string): Promise<PlanUpdate[]> => {
    const answer = await post(body, run)
      .set('accept', 'application/x-ndjson')
      .buffer(true)
      .parse((response, done) => {
        let text = '';
        response.on('data', (piece: Buffer) => (text += piece.toString()));
        response.on('end', () => done(null, text));
      });
    const lines = (answer.body as string).trim().split('\n');
    return lines.map((line) => JSON.parse(line) as PlanUpdate);
  };
  const planned = async (body: object, run?: string): Promise<Plan> => {
    const answer = await post(body, run);
    expect(answer.body).not.toHaveProperty('code');
    return present((answer.body as PlanUpdate).plan, 'the last message carries the plan');
  };
  const held = (plan: Plan) =>
    plan.actions.map(({ isin, symbol, quantity }) => ({ isin, symbol, quantity }));

  beforeAll(async () => {
    redis = await startTestRedis();
    const host = inProcess();
    dependencies = await openTestDependencies(
      redis,
      {},
      { now: clock.now, transport: host.transport },
    );
    host.into(dependencies);
    listed = await seedMarket(dependencies, 5.2, (_, index) => index < 20);
    await supertest(endpointOf(updatePositions, dependencies)).post('/').send({ forceSync: true });
  });
  afterAll(async () => {
    await dependencies.close();
    await redis.stop();
  });

  test('invests a first deposit in one plan, in steps that end with it', async () => {
    const updates = await streamed({}, 'first');
    const percents = updates.map((update) => update.progressPct);
    expect(percents).toEqual([...percents].sort((a, b) => a - b));
    expect(updates.every((update) => update.currentStep !== '' && update.error === '')).toBe(true);
    expect(updates.map((update) => update.complete)).toEqual(
      updates.map((_, i) => i === updates.length - 1),
    );
    const plan = present(updates.at(-1)?.plan, 'the last message carries the plan');
    expect(plan.id).toBe(planIdOf('first'));
    expect(plan.status).toBe('READY');
    expect(plan.cashBefore).toEqual(eur('25000.00'));
    expect(plan.actions.length).toBeGreaterThan(6);
    expect(plan.actions.length).toBeLessThanOrEqual(12);
    expect(Number(plan.cashAfter?.amount)).toBeGreaterThanOrEqual(500);
    expect(Number(plan.cashAfter?.amount)).toBeLessThan(1250);
    const spent = plan.actions.reduce(
      (sum, { value, estimatedCost }) =>
        sum + Number(value?.amount) + Number(estimatedCost?.amount),
      0,
    );
    expect(25_000 - spent).toBeCloseTo(Number(plan.cashAfter?.amount), 6);
    expect(plan.score).toBeCloseTo(
      (plan.search?.utility ?? 0) - (plan.search?.utilityOfHolding ?? 0),
      12,
    );
    const { utility = 0, utilityBound = 0, gap = -1 } = plan.search ?? {};
    expect(utilityBound).toBeGreaterThan(utility - 1e-12);
    expect(gap).toBeGreaterThanOrEqual(0);
    expect(gap).toBeLessThan(1e-3 * utilityBound);
    expect(Number(plan.search?.nodes)).toBeGreaterThan(0);
    expect(plan.actions.map((action) => action.priority)).toEqual(
      plan.actions.map((_, i) => i + 1),
    );
  });

  test('names for every other security the rule that excluded it', async () => {
    const plan = await planned({
      constraints: { frozen: listed[0]?.isin, sellOnly: listed[1]?.isin },
    });
    const taken = new Set(plan.actions.map((action) => action.isin));
    const left = new Map(plan.notTaken.map((one) => [one.isin, one]));
    for (const { isin } of listed) expect(taken.has(isin) !== left.has(isin)).toBe(true);
    expect(left.get(listed[0]?.isin ?? '')?.rule).toBe('frozen');
    expect(['sell-only', 'no-target']).toContain(left.get(listed[1]?.isin ?? '')?.rule);
    for (const one of plan.notTaken) expect(one.reason).toMatch(/^[A-Z].*\.$/s);
  });

  test('proposes nothing more once its plan has been carried out', async () => {
    const plan = await planned({});
    const again = await planned({ positions: held(plan), availableCash: plan.cashAfter });
    expect(again.actions).toEqual([]);
    expect(again.summary).toMatch(/^Hold: /);
    expect(again.cashAfter).toEqual(plan.cashAfter);
  });

  test('answers the same plan to a run that is repeated, and indexes it again', async () => {
    const first = await planned({}, 'crashed');
    await dependencies.database.redis.del(keys.planning.byTime());
    await dependencies.database.redis.del(keys.planning.byHash(first.portfolioHash));
    const updates = await streamed({}, 'crashed');
    expect(updates).toHaveLength(1);
    expect(updates[0]?.plan).toEqual(first);
    const list = await supertest(endpointOf(listPlans, dependencies))
      .post('/')
      .send({ portfolioHash: first.portfolioHash });
    expect(list.body).toEqual({ plans: [first], total: 1 });
  });

  test('plans for the present portfolio only', async () => {
    const { body } = await supertest(endpointOf(getSummary, dependencies)).post('/').send({});
    const { portfolioHash } = body as { portfolioHash: string };
    expect((await planned({ portfolioHash })).portfolioHash).toBe(portfolioHash);
    const stale = await post({ portfolioHash: '0123456789abcdef' });
    expect(stale.body).toMatchObject({ code: 'REFUSED', rule: 'stale-portfolio', portfolioHash });
  });

  test('holds in an account that has nothing', async () => {
    const plan = await planned({ constraints: { account: 'empty' } });
    expect(plan.actions).toEqual([]);
    expect(plan.accountId).toBe('empty');
    expect(plan.summary).toBe('Hold: the account has neither cash nor securities.');
    expect(plan.notTaken).toHaveLength(listed.length);
  });

  test('keeps the limits a request states', async () => {
    const plan = await planned({
      maxPositions: 5,
      targetAllocationPct: 40,
      constraints: { maxOrders: '4', weightMaxRatio: '0.12', minimumOrder: '1000', depth: '2' },
    });
    expect(plan.actions.length).toBeGreaterThan(0);
    expect(plan.actions.length).toBeLessThanOrEqual(4);
    expect(plan.search?.depth).toBe(2);
    expect(Number(plan.cashAfter?.amount)).toBeGreaterThanOrEqual(15_000);
    for (const action of plan.actions) {
      expect(action.weightAfterRatio).toBeLessThanOrEqual(0.12);
      expect(Number(action.value?.amount)).toBeGreaterThanOrEqual(1000);
    }
  });

  test('reduces an overweight security, unless selling is ruled out', async () => {
    const [only] = listed;
    const positions = [{ isin: only?.isin, symbol: only?.symbol, quantity: 200 }];
    const stated = { positions, availableCash: eur('1000') };
    const plan = await planned(stated);
    const sale = plan.actions[0];
    expect(sale).toMatchObject({ isin: only?.isin, side: 'SELL', priority: 1 });
    expect(sale?.weightAfterRatio).toBeLessThan(sale?.weightBeforeRatio ?? 0);
    const kept = await planned({ ...stated, constraints: { noSells: 'true' } });
    expect(kept.actions.every((action) => action.side === 'BUY')).toBe(true);
    expect(kept.notTaken.find((one) => one.isin === only?.isin)?.rule).toBe('no-sells');
  });

  test.each([
    ['constraints.cashReserveRatio', { constraints: { cashReserveRatio: '0.01' } }],
    ['constraints.depth', { constraints: { depth: '9' } }],
    ['constraints.frozen', { constraints: { frozen: 'US0378331006' } }],
    ['constraints.maxOrders', { constraints: { maxOrders: '13' } }],
    ['constraints.maxTurnoverRatio', { constraints: { maxTurnoverRatio: 'much' } }],
    ['constraints.minimumOrder', { constraints: { minimumOrder: '10' } }],
    ['constraints.noSells', { constraints: { noSells: 'maybe' } }],
    ['constraints.riskAversion', { constraints: { riskAversion: '-1' } }],
    ['constraints.sellOnly', { constraints: { sellOnly: 'x' } }],
    ['constraints.weightMaxRatio', { constraints: { weightMaxRatio: '0.5' } }],
    ['constraints.account', { constraints: { account: 'a b' } }],
    ['availableCash', { availableCash: { amount: '5', currency: 'USD' } }],
    ['monthlyDeposit', { monthlyDeposit: { amount: '5', currency: 'USD' } }],
    ['positions[0].isin', { positions: [{ isin: UNKNOWN, quantity: 1 }] }],
    ['targetAllocationPct', { targetAllocationPct: 101 }],
    ['maxPositions', { maxPositions: -1 }],
  ])('refuses a wrong %s by name', async (field, body) => {
    const answer = await post(body);
    expect(answer.status).toBe(400);
    expect(answer.body).toMatchObject({ code: 'INVALID_REQUEST', field });
  });

  test('refuses a smallest order above the largest one, naming both', async () => {
    const answer = await post({ constraints: { minimumOrder: '1000000' } });
    expect(answer.status).toBe(422);
    expect(answer.body).toMatchObject({ rule: 'infeasible', field: 'constraints.minimumOrder' });
    expect(answer.body.message).toMatch(/1000000\.00.*worth at most EUR 6250\.00/);
  });

  test('refuses a constraint it does not know', async () => {
    const answer = await post({ constraints: { luck: '1' } });
    expect(answer.status).toBe(400);
    expect(JSON.stringify(answer.body)).toContain('constraints');
  });

  test('refuses a stated average price in another currency than the security’s', async () => {
    const euro = listed.find((one) => one.currency === 'EUR');
    const averagePrice = { amount: '10', currency: 'USD' };
    const answer = await post({ positions: [{ isin: euro?.isin, quantity: 1, averagePrice }] });
    expect(answer.body).toMatchObject({
      code: 'INVALID_REQUEST',
      field: 'positions[0].averagePrice',
    });
  });
});
