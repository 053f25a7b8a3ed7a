/** Plans under an investment policy: its targets, lists and limits, and the version they name. */
import supertest from 'supertest';
import type { Plan, PlanUpdate } from '#protos/gen/planning.ts';
import type { ListedSecurity } from '#shared/clients/market-data/market-data.ts';
import { present } from '#shared/kernel/assert.ts';
import { Decimal } from '#shared/kernel/decimal.ts';
import type { Settings } from '#shared/process/settings.ts';
import type { Dependencies } from '#shared/runtime/context.ts';
import { SecurityStore } from '#shared/universe/security-store.ts';
import type { FunctionHandler } from '#template/function.ts';
import createPlan from '../../../functions/planning/create-plan/handler.ts';
import getSummary from '../../../functions/portfolio/get-summary/handler.ts';
import updatePolicy from '../../../functions/portfolio/update-policy/handler.ts';
import updatePositions from '../../../functions/portfolio/update-positions/handler.ts';
import { endpointOf, inProcess } from '../../support/host.ts';
import { seedMarket } from '../../support/markets/seed-market.ts';
import {
  openTestDependencies,
  startTestRedis,
  steppingClock,
  type TestRedis,
} from '../../support/dependencies.ts';

const DAY_MS = 86_400_000;

describe('planning under a policy', () => {
  let redis: TestRedis;
  let dependencies: Dependencies;
  let listed: readonly ListedSecurity[];
  let [runs, version] = [0, 0];
  const clock = steppingClock('2024-06-27T21:00:00Z');

  const call = (handler: FunctionHandler, body: object) =>
    supertest(endpointOf(handler, dependencies))
      .post('/')
      .set('x-run-id', `run-${(runs += 1)}`)
      .send(body);
  const under = async (document: string) => {
    const { body } = await call(updatePolicy, { document, expectedVersion: version });
    expect(body).toMatchObject({ success: true });
    version = (body as { version: number }).version;
  };
  const planned = async (body: object = {}): Promise<Plan> => {
    const answer = await call(createPlan, body);
    expect(answer.body).not.toHaveProperty('code');
    return present((answer.body as PlanUpdate).plan, 'the last message carries the plan');
  };
  const security = (index: number) => present(listed[index], 'it is seeded');
  const isin = (index: number) => security(index).isin;
  const weightsOf = (plan: Plan) =>
    new Map(plan.actions.map((one) => [one.isin, one.weightAfterRatio]));
  const ruleOf = (plan: Plan, index: number) =>
    plan.notTaken.filter((one) => one.isin === isin(index)).map(({ rule }) => rule);

  beforeAll(async () => {
    redis = await startTestRedis();
    const host = inProcess();
    dependencies = await openTestDependencies(
      redis,
      { MAXIMUM_ORDER_RATIO: '0.5' },
      { now: clock.now, transport: host.transport },
    );
    host.into(dependencies);
    listed = await seedMarket(dependencies, 5.2, (_, index) => index < 20);
    await call(updatePositions, { forceSync: true });
  });
  afterAll(async () => {
    await dependencies.close();
    await redis.stop();
  });

  test('goes on where a function is deployed with settings of its own', async () => {
    const { portfolioHash } = (await call(getSummary, {})).body as { portfolioHash: string };
    const settings = { ...dependencies.settings, planOrdersMax: 2 };
    const answer = await supertest(endpointOf(createPlan, { ...dependencies, settings }))
      .post('/')
      .set('x-run-id', `run-${(runs += 1)}`)
      .send({ portfolioHash });
    expect(answer.body).not.toHaveProperty('code');
    expect((answer.body as PlanUpdate).plan?.actions.length).toBeLessThanOrEqual(2);
  });

  test('names the version, 0 where the settings alone hold', async () => {
    expect((await planned()).policyVersion).toBe(0);
    await under('riskAversion: 4');
    expect((await planned()).policyVersion).toBe(version);
  });

  test("follows the owner's own weights, of securities and of groups", async () => {
    const { sector = '' } = security(3);
    const alone = [1, 2].map((index) => `${isin(index)}: 0.2`).join(', ');
    await under(`
      targets:
        securities: { ${alone} }
        groups: [{ name: theirs, weightRatio: 0.3, sector: ${sector} }]
      limits: { securityMaxRatio: 0.5, sectorMaxRatio: 1 }
      orders: { maximumRatio: 0.5 }`);
    const plan = await planned();
    const members = listed.filter((one, i) => one.sector === sector && i !== 1 && i !== 2);
    const expected = new Map([
      [isin(1), 0.2],
      [isin(2), 0.2],
      ...members.map((one) => [one.isin, 0.3 / members.length] as const),
    ]);
    const got = weightsOf(plan);
    for (const one of got.keys()) expect([...expected.keys()]).toContain(one);
    for (const [one, weight] of expected) expect(got.get(one) ?? 0).toBeCloseTo(weight, 1);
    expect(Math.abs((got.get(isin(1)) ?? 0) - 0.2)).toBeLessThan(0.02);
    const cash = Number(plan.cashAfter?.amount) / 25_000;
    expect(cash).toBeGreaterThan(0.25);
    const held = plan.actions.map(({ isin: of, symbol, quantity }) => ({
      isin: of,
      symbol,
      quantity,
    }));
    const again = await planned({ positions: held, availableCash: plan.cashAfter });
    expect(again.actions).toEqual([]);
  });

  test('keeps the weight of a security in cash while it is excluded, says until when, and buys it after that', async () => {
    await under(`
      targets: { securities: { ${isin(1)}: 0.3, ${isin(2)}: 0.3 } }
      excluded: [${isin(1)}]
      restrictedUntil: { ${isin(1)}: 2024-06-27 }
      limits: { securityMaxRatio: 0.5, sectorMaxRatio: 1 }
      orders: { maximumRatio: 0.5 }`);
    const during = await planned();
    expect([...weightsOf(during).keys()]).toEqual([isin(2)]);
    const out = during.notTaken.find((one) => one.isin === isin(1));
    expect(out).toMatchObject({
      rule: 'excluded',
      reason: 'The policy excludes it until 2024-06-27.',
    });
    clock.advance(DAY_MS);
    const after = await planned();
    expect([...weightsOf(after).keys()].sort()).toEqual([isin(1), isin(2)].sort());
    expect(after.policyVersion).toBe(during.policyVersion);
    expect(after.portfolioHash).not.toBe(during.portfolioHash);
  });

  test('buys nothing that is excluded, sell-only or frozen, and sells what is excluded', async () => {
    await under('');
    const positions = [0, 1, 2].map((index) => ({
      ...{ isin: isin(index), symbol: security(index).symbol, quantity: 20 },
    }));
    const stated = { positions, availableCash: { amount: '20000.00', currency: 'EUR' } };
    await under(`excluded: [${isin(0)}, ${isin(5)}]\nsellOnly: [${isin(1)}]\nfrozen: [${isin(2)}]`);
    const plan = await planned(stated);
    const side = (index: number) =>
      plan.actions.filter((one) => one.isin === isin(index)).map((one) => one.side);
    expect(side(0).includes('SELL') || ruleOf(plan, 0).length > 0).toBe(true);
    for (const index of [0, 1, 5]) expect(side(index)).not.toContain('BUY');
    expect(ruleOf(plan, 5)).toEqual(['excluded']);
    expect([side(2), ruleOf(plan, 2)]).toEqual([[], ['frozen']]);
  });

  test('keeps limits of single securities, groups and currencies, the reserve and the count', async () => {
    await under('');
    const free = await planned();
    const taken = (plan: Plan, of: (one: ListedSecurity) => boolean) =>
      listed.filter(of).reduce((sum, one) => sum + (weightsOf(plan).get(one.isin) ?? 0), 0);
    const [first] = free.actions;
    const most = present(
      listed.find((one) => one.isin === first?.isin),
      'it was bought',
    );
    const foreign = (one: ListedSecurity) => one.currency === 'USD';
    const country = (one: ListedSecurity) => one.country === most.country;
    expect(taken(free, foreign)).toBeGreaterThan(0.1);
    expect(taken(free, country)).toBeGreaterThan(0.05);
    await under(`
      limits:
        securities: { ${most.isin}: 0.04 }
        currencies: { USD: 0.1 }
        countries: { ${most.country ?? ''}: 0.05 }
        positionsMax: 6
      cash: { reserveAmount: 9000 }`);
    const plan = await planned();
    expect(taken(plan, (one) => one === most)).toBeLessThanOrEqual(0.04);
    expect(taken(plan, foreign)).toBeLessThanOrEqual(0.1);
    expect(taken(plan, country)).toBeLessThanOrEqual(0.05);
    expect(plan.actions.length).toBeGreaterThan(0);
    expect(plan.actions.length).toBeLessThanOrEqual(6);
    expect(Number(plan.cashAfter?.amount)).toBeGreaterThanOrEqual(9000);
  });

  test('plans fractions where policy, broker and lot all have them', async () => {
    // Tradernet takes orders in the account's currency alone.
    const own = present(
      listed.find(({ currency }) => currency === 'EUR'),
      'one is in EUR',
    ).isin;
    const store = new SecurityStore(dependencies.database);
    await store.describe(own, { lot: Decimal.parse('0.001') });
    const quantity = async (broker: Settings['broker'], body: object) => {
      const settings = { ...dependencies.settings, broker };
      const answer = await supertest(endpointOf(createPlan, { ...dependencies, settings }))
        .post('/')
        .set('x-run-id', `run-${(runs += 1)}`)
        .send(body);
      const { plan } = answer.body as PlanUpdate;
      return plan?.actions.find((action) => action.isin === own)?.quantity ?? 0;
    };
    const targets = `targets: { securities: { ${own}: 0.2 } }\nlimits: { securityMaxRatio: 0.5 }`;
    for (const body of [{}, { targetWeights: { [own]: 0.2 } }]) {
      await under(targets);
      const [paper, whole] = [await quantity('paper', body), await quantity('tradernet', body)];
      expect(paper % 1).toBeGreaterThan(0);
      expect([whole > 0, whole % 1]).toEqual([true, 0]);
      await under(`${targets}\norders: { fractionalShares: false }`);
      expect((await quantity('paper', body)) % 1).toBe(0);
    }
  });

  test('stated weights keep the lists and the reserve of the policy, and say so', async () => {
    const lists = `excluded: [${isin(0)}]\nsellOnly: [${isin(1)}]\nfrozen: [${isin(2)}]`;
    await under(`${lists}\ncash: { reserveAmount: 20000 }\nlimits: { securityMaxRatio: 1 }`);
    const weights = [0, 1, 2, 3].map((index) => [isin(index), 0.25] as const);
    const plan = await planned({ targetWeights: Object.fromEntries(weights) });
    expect(plan.actions.map((one) => one.isin)).toEqual([isin(3)]);
    expect([0, 1, 2].map((index) => ruleOf(plan, index))).toEqual([
      ['excluded'],
      ['sell-only'],
      ['frozen'],
    ]);
    expect(Number(plan.cashAfter?.amount)).toBeGreaterThanOrEqual(20_000);
  });

  test('a plan made before another policy is stale', async () => {
    const hash = async () => (await call(getSummary, {})).body.portfolioHash as string;
    const before = await hash();
    await under(`frozen: [${isin(7)}]`);
    const { status, body } = await call(createPlan, { portfolioHash: before });
    expect([status, body.rule]).toEqual([422, 'stale-portfolio']);
  });
});
