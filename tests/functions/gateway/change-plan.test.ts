/** A plan that waits, changed by its owner: fewer or smaller orders, approved by their own digest. */
import { gateway } from '#shared/contract/gateway.ts';
import { planning } from '#shared/contract/planning.ts';
import { portfolio } from '#shared/contract/portfolio.ts';
import { trading } from '#shared/contract/trading.ts';
import type { Operation, ResponseOf, WireRequestOf } from '#shared/contract/row.ts';
import type { Proposal } from '#protos/gen/gateway.ts';
import type { PlannedAction } from '#protos/gen/planning.ts';
import { exported, restoreInto, type ExportedKey } from '#shared/gateway/backup/export.ts';
import { present } from '#shared/kernel/assert.ts';
import { Failure } from '#shared/kernel/failure.ts';
import { DEFAULT_ACCOUNT } from '#shared/kernel/identifiers.ts';
import { keys } from '#shared/redis/keys.ts';
import type { Dependencies } from '#shared/runtime/context.ts';
import {
  openTestDependencies,
  startTestRedis,
  steppingClock,
  type TestRedis,
} from '../../support/dependencies.ts';
import { inProcess } from '../../support/host.ts';
import { seedMarket } from '../../support/markets/seed-market.ts';

const START = '2024-06-27T09:00:00Z';
let redis: TestRedis;
let dependencies: Dependencies;
let clock: ReturnType<typeof steppingClock>;
const seeded: ExportedKey[] = [];
let calls = 0;

beforeAll(async () => {
  redis = await startTestRedis();
  const seeding = await openTestDependencies(redis, {}, { now: steppingClock(START).now });
  await seedMarket(seeding, 4, (_listed, index) => index < 12);
  for await (const key of exported(seeding.database, new AbortController().signal))
    seeded.push(key);
  await seeding.close();
});
afterAll(() => redis.stop());

beforeEach(async () => {
  clock = steppingClock(START);
  const inside = inProcess();
  const env = { PLAN_ORDERS_MAX: '4' };
  const { now } = clock;
  dependencies = await openTestDependencies(redis, env, { now, transport: inside.transport });
  inside.into(dependencies);
  await restoreInto(dependencies.database, each(seeded));
  const confirmation = 'I trust account default at level ask';
  await ask(gateway.setTrust, { level: 'ask', confirmation, setBy: 'owner' });
});
afterEach(async () => {
  jest.restoreAllMocks();
  await dependencies.close();
});

async function* each<T>(items: readonly T[]): AsyncGenerator<T> {
  yield* items;
}

function ask<O extends Operation>(
  operation: O,
  request: WireRequestOf<O>,
  idempotencyKey = `key-${(calls += 1)}`,
): Promise<ResponseOf<O>> {
  const options = { signal: new AbortController().signal, requestId: idempotencyKey };
  return dependencies.functions.call(operation, request, { ...options, idempotencyKey });
}

async function failureOf(asked: Promise<unknown>): Promise<Failure> {
  return Failure.from(await asked.then(() => new Error('it was not refused')).catch((e) => e));
}

const waiting = async (): Promise<Proposal> =>
  present((await ask(gateway.listProposals, { limit: 1 })).proposals[0], 'a plan waits');

async function proposed(): Promise<Proposal> {
  await ask(gateway.triggerTradingCycle, {});
  return waiting();
}

const actionsOf = ({ plan }: Proposal): readonly PlannedAction[] => plan?.actions ?? [];

type Change = Partial<WireRequestOf<typeof gateway.changePlan>>;
const change = ({ planId, digest }: Proposal, facts: Change, key?: string) =>
  ask(gateway.changePlan, { planId, digest, answeredBy: 'owner', surface: 'page', ...facts }, key);

/** The first order left out, the second one reduced to a half. */
function lessThan(proposal: Proposal): Record<string, string> {
  const [first, second] = actionsOf(proposal);
  const half = Math.floor((second?.quantity ?? 0) / 2);
  return { [first?.isin ?? '']: '0', [second?.isin ?? '']: String(half) };
}

it('shows the effect first, and changes nothing by that', async () => {
  const proposal = await proposed();
  const quantities = lessThan(proposal);
  const { before, after, proposal: made } = await change(proposal, { quantities, dryRun: true });
  expect(before?.id).toBe(proposal.planId);
  expect(made).toBeUndefined();
  expect(after?.actions).toHaveLength(actionsOf(proposal).length - 1);
  expect(Number(after?.cashAfter?.amount)).toBeGreaterThan(Number(before?.cashAfter?.amount));
  expect(Number(after?.expectedCost?.amount)).toBeLessThan(Number(before?.expectedCost?.amount));
  expect(await waiting()).toEqual(proposal);
  expect((await ask(planning.listPlans, {})).plans.map(({ id }) => id)).toEqual([proposal.planId]);
});

it('is approved by its own digest and sends exactly what is left, up to the ledger', async () => {
  const proposal = await proposed();
  const quantities = lessThan(proposal);
  const { after, proposal: changed } = await change(proposal, { quantities });
  expect(changed).toMatchObject({ state: 'PROPOSED', expiresAt: proposal.expiresAt });
  expect(changed?.digest).not.toBe(proposal.digest);
  expect(after).toMatchObject({ changedFrom: proposal.planId });
  const [, replaced] = (await ask(gateway.listProposals, {})).proposals;
  expect(replaced).toMatchObject({ planId: proposal.planId, state: 'SUPERSEDED' });
  expect(replaced?.reason).toContain('changed by its owner');

  const { planId, digest } = proposal;
  const old = await failureOf(ask(gateway.approvePlan, { planId, digest, answeredBy: 'owner' }));
  expect(old.facts['rule']).toBe('proposal-state');
  const { planId: newId, digest: newDigest } = present(changed, 'the changed plan waits');
  const mixed = { planId: newId, digest, answeredBy: 'owner' };
  expect((await failureOf(ask(gateway.approvePlan, mixed))).code).toBe('INVALID_REQUEST');
  await ask(gateway.approvePlan, { planId: newId, digest: newDigest, answeredBy: 'owner' });
  await ask(gateway.triggerTradingCycle, {});
  await ask(portfolio.updatePositions, { forceSync: true });

  const left = actionsOf(proposal).flatMap(({ symbol, isin, quantity }) => {
    const shares = quantities[isin] === undefined ? quantity : Number(quantities[isin]);
    return shares > 0 ? [[symbol, shares]] : [];
  });
  const sent = (await ask(trading.getTradeHistory, {})).executions;
  expect(sent.map(({ symbol, quantityFilled }) => [symbol, quantityFilled]).sort()).toEqual(
    left.sort(),
  );
  const { positions } = await ask(portfolio.getPositions, {});
  expect(positions.map(({ symbol, quantity }) => [symbol, quantity]).sort()).toEqual(left.sort());
  expect((await waiting()).state).toBe('DONE');
});

it('explains what was changed, and can be made again from what it saw', async () => {
  const proposal = await proposed();
  const { after } = await change(proposal, { quantities: lessThan(proposal) });
  const [first, second] = actionsOf(proposal);
  expect(after?.notTaken[0]).toMatchObject({ isin: first?.isin, rule: 'left-out' });
  const reduced = after?.actions.find(({ isin }) => isin === second?.isin);
  expect(reduced?.reason).toContain(`Reduced by you from ${second?.quantity}.`);
  expect(after?.summary).toContain('as changed by the owner');
  expect(after?.search).toMatchObject({ method: 'changed' });
  expect(after?.search?.gap).toBeUndefined();
  expect(after?.score).toBeLessThan(proposal.plan?.score ?? 0);
  const again = await ask(planning.replan, { planId: after?.id ?? '' });
  expect(again).toMatchObject({ same: true, differences: [], inputGone: '' });
});

it('is made once under one key, and can be changed once more', async () => {
  const proposal = await proposed();
  const quantities = lessThan(proposal);
  const first = await change(proposal, { quantities }, 'once');
  const second = await change(proposal, { quantities }, 'once');
  expect(second).toEqual(first);
  expect((await ask(planning.listPlans, {})).plans).toHaveLength(2);
  const changed = present(first.proposal, 'the changed plan waits');
  const last = actionsOf(changed).at(-1)?.isin ?? '';
  const third = await change(changed, { quantities: { [last]: '0' } });
  expect(third.after?.actions).toHaveLength(actionsOf(changed).length - 1);
  expect(third.proposal?.expiresAt).toEqual(proposal.expiresAt);
});

/** Lets so many commits through and fails all later ones, as where the process has ended. @returns how many came */
function endProcessAfter(commits: number): { readonly came: () => number; restart(): void } {
  const { database } = dependencies;
  const commit = database.commit.bind(database);
  let came = 0;
  const spy = jest.spyOn(database, 'commit').mockImplementation((...args) => {
    came += 1;
    return came > commits
      ? Promise.reject(new Failure('UNAVAILABLE', 'the process has ended'))
      : commit(...args);
  });
  return { came: () => came, restart: () => spy.mockRestore() };
}

const best = async ({ plan }: Proposal) =>
  (await ask(planning.getBestResult, { portfolioHash: plan?.portfolioHash ?? '' })).plan?.id;
const statusOf = async (planId: string) =>
  (await ask(planning.listPlans, {})).plans.find(({ id }) => id === planId)?.status;

it('ends well wherever it is interrupted: the best plan is always the one that waits', async () => {
  let proposal = await proposed();
  let points = 0;
  for (let isWhole = false; !isWhole; points += 1) {
    const quantities = lessThan(proposal);
    expect(await best(proposal)).toBe(proposal.planId);
    const ending = endProcessAfter(points);
    const key = `interrupted-${points}`;
    isWhole = await change(proposal, { quantities }, key).then(
      () => true,
      () => false,
    );
    ending.restart();
    // Nobody has called again: the plan that waits is the best one, changed or not.
    expect([points, await best(proposal)]).toEqual([points, (await waiting()).planId]);
    const { proposal: changed } = await change(proposal, { quantities }, key);
    expect(await waiting()).toEqual(changed);
    expect([points, await statusOf(proposal.planId)]).toEqual([points, 'CANCELLED']);
    expect([points, await best(proposal)]).toEqual([points, changed?.planId]);
    const { planId, digest } = present(changed, 'the changed plan waits');
    await ask(gateway.rejectPlan, { planId, digest, answeredBy: 'owner', reason: 'again' });
    await dependencies.database.redis.del(keys.gateway.proposals(DEFAULT_ACCOUNT));
    proposal = await proposed();
  }
  expect(points).toBeGreaterThanOrEqual(5);
});

it('names no plan as the best one that was rejected just before the process ended', async () => {
  const states = new Set<string>();
  for (let points = 0, isWhole = false; !isWhole; points += 1) {
    await dependencies.database.redis.del(keys.gateway.proposals(DEFAULT_ACCOUNT));
    const proposal = await proposed();
    const { planId, digest } = proposal;
    const answer = { planId, digest, answeredBy: 'owner' };
    const ending = endProcessAfter(points);
    isWhole = await ask(gateway.rejectPlan, answer, `rejected-${points}`).then(
      () => true,
      () => false,
    );
    ending.restart();
    const { state } = await waiting();
    states.add(`${state}, ${await statusOf(planId)}`);
    expect([points, await best(proposal)]).toEqual([
      points,
      state === 'REJECTED' ? undefined : planId,
    ]);
    await ask(gateway.rejectPlan, answer, `rejected-${points}`);
    expect(await statusOf(planId)).toBe('CANCELLED');
  }
  expect([...states]).toContain('REJECTED, READY');
});

describe('a change is refused', () => {
  const refusals: [string, (one: PlannedAction) => Record<string, string>, string][] = [
    ['of more shares', ({ isin, quantity }) => ({ [isin]: String(quantity + 1) }), 'more than the'],
    ['of what is not in it', () => ({ US0378331005: '1' }), 'is not among the orders'],
    ['of a part of a share', ({ isin }) => ({ [isin]: '0.5' }), 'is not a multiple of 1'],
    ['of fewer than none', ({ isin }) => ({ [isin]: '-1' }), 'never negative'],
    ['of no number', ({ isin }) => ({ [isin]: 'half' }), 'decimal'],
  ];
  it.each(refusals)('%s, naming the field', async (_name, quantitiesOf, text) => {
    const proposal = await proposed();
    const quantities = quantitiesOf(present(actionsOf(proposal)[0], 'it has orders'));
    const { code, message } = await failureOf(change(proposal, { quantities }));
    expect(code).toBe('INVALID_REQUEST');
    expect(message).toContain(`quantities.${Object.keys(quantities)[0]}`);
    expect(message).toContain(text);
    expect(await waiting()).toEqual(proposal);
  });

  it('that leaves nothing, or an order below the smallest', async () => {
    const proposal = await proposed();
    const none = Object.fromEntries(actionsOf(proposal).map(({ isin }) => [isin, '0']));
    const nothing = await failureOf(change(proposal, { quantities: none }));
    expect(nothing.facts['rule']).toBe('nothing-left');
    const many = actionsOf(proposal).find(({ quantity }) => quantity % 10 !== 0);
    const small = await failureOf(change(proposal, { quantities: { [many?.isin ?? '']: '1' } }));
    expect(small.facts).toMatchObject({ rule: 'limit-broken', limit: 'below-minimum-order' });
    expect(await waiting()).toEqual(proposal);
  });

  it('by another digest, and of a plan that was answered, has expired, or is stale', async () => {
    const proposal = await proposed();
    const quantities = lessThan(proposal);
    const wrong = await failureOf(change({ ...proposal, digest: 'f'.repeat(64) }, { quantities }));
    expect(wrong.message).toContain('digest');
    await ask(gateway.processDeposit, { amount: { amount: '500.00', currency: 'EUR' } });
    expect((await failureOf(change(proposal, { quantities }))).facts['rule']).toBe(
      'stale-portfolio',
    );
    clock.advance(24 * 3_600_000);
    expect((await failureOf(change(proposal, { quantities }))).facts['rule']).toBe(
      'proposal-expired',
    );
    const { planId, digest } = await proposed();
    await ask(gateway.rejectPlan, { planId, digest, answeredBy: 'owner' });
    expect((await failureOf(change({ ...proposal, planId, digest }, {}))).facts['rule']).toBe(
      'proposal-state',
    );
  });
});
