/** The ladder of trust: plans that wait for their owner, answers, and what becomes of both. */
import supertest from 'supertest';
import type {
  AnswerPlanResponse,
  CreateAnswerTokensResponse,
  ListProposalsResponse,
  Proposal,
  TradingCycleResult,
  TradingCycleUpdate,
  TrustResponse,
} from '#protos/gen/gateway.ts';
import { exported, restoreInto, type ExportedKey } from '#shared/gateway/backup/export.ts';
import { present } from '#shared/kernel/assert.ts';
import { AuditReader } from '#shared/runtime/audit/audit-reader.ts';
import type { FunctionHandler } from '#template/function.ts';
import type { Dependencies } from '#shared/runtime/context.ts';
import approvePlan from '../../../functions/gateway/approve-plan/handler.ts';
import answerProposal from '../../../functions/gateway/answer-proposal/handler.ts';
import createAnswerTokens from '../../../functions/gateway/create-answer-tokens/handler.ts';
import getTrust from '../../../functions/gateway/get-trust/handler.ts';
import listProposals from '../../../functions/gateway/list-proposals/handler.ts';
import processDeposit from '../../../functions/gateway/process-deposit/handler.ts';
import rejectPlan from '../../../functions/gateway/reject-plan/handler.ts';
import setTrust from '../../../functions/gateway/set-trust/handler.ts';
import triggerTradingCycle from '../../../functions/gateway/trigger-trading-cycle/handler.ts';
import updatePolicy from '../../../functions/portfolio/update-policy/handler.ts';
import setTradingState from '../../../functions/trading/set-trading-state/handler.ts';
import getHistory from '../../../functions/trading/get-trade-history/handler.ts';
import {
  openTestDependencies,
  startTestRedis,
  steppingClock,
  type TestRedis,
} from '../../support/dependencies.ts';
import { endpointOf, inProcess } from '../../support/host.ts';
import { seedMarket } from '../../support/markets/seed-market.ts';

let redis: TestRedis;
let dependencies: Dependencies;
let clock: ReturnType<typeof steppingClock>;
const seeded: ExportedKey[] = [];

beforeAll(async () => {
  redis = await startTestRedis();
  clock = steppingClock('2024-06-27T09:00:00Z');
  const seeding = await openTestDependencies(redis, {}, { now: clock.now });
  await seedMarket(seeding, 4, (_listed, index) => index < 12);
  const all = exported(seeding.database, new AbortController().signal);
  for await (const key of all) seeded.push(key);
  await seeding.close();
});
afterAll(() => redis.stop());

beforeEach(async () => {
  clock = steppingClock('2024-06-27T09:00:00Z');
  const inside = inProcess();
  const small = { PLAN_ORDERS_MAX: '4' };
  dependencies = await openTestDependencies(redis, small, {
    now: () => clock.now(),
    transport: inside.transport,
    isAudited: true,
  });
  inside.into(dependencies);
  await restoreInto(dependencies.database, each(seeded));
});
afterEach(() => dependencies.close());

async function* each<T>(items: readonly T[]): AsyncGenerator<T> {
  yield* items;
}

interface Refusal {
  readonly code?: string;
  readonly message?: string;
  readonly rule?: string;
}

let calls = 0;
async function call<T>(
  handler: FunctionHandler,
  body: object,
  key = `key-${(calls += 1)}`,
): Promise<{ status: number; body: T & Refusal }> {
  const answer = await supertest(endpointOf(handler, dependencies))
    .post('/')
    .set('idempotency-key', key)
    .send(body);
  return { status: answer.status, body: answer.body as T & Refusal };
}

async function cycle(
  run: string,
  body: object = {},
): Promise<{ result: TradingCycleResult; message: string }> {
  const answer = await supertest(endpointOf(triggerTradingCycle, dependencies))
    .post('/')
    .set({ accept: 'application/x-ndjson', 'x-run-id': run })
    .buffer(true)
    .parse((stream, done) => {
      let text = '';
      stream.on('data', (chunk: Buffer) => (text += String(chunk)));
      stream.on('end', () => done(null, text));
    })
    .send(body);
  const lines = String(answer.body).trim().split('\n');
  const last = JSON.parse(lines.at(-1) ?? '{}') as TradingCycleUpdate;
  expect(last.error).toBe('');
  return { result: present(last.result, 'a cycle that ends has a result'), message: last.message };
}

const confirmed = (level: string) => `I trust account default at level ${level}`;
const climb = (level: string) =>
  call<TrustResponse>(setTrust, { level, confirmation: confirmed(level), setBy: 'owner' });
const proposals = async (state = '') =>
  (await call<ListProposalsResponse>(listProposals, { state })).body.proposals;
const orders = async () =>
  (await call<{ trades: unknown[]; total: number }>(getHistory, {})).body.total;

async function proposed(run = 'run-ask'): Promise<Proposal> {
  await climb('ask');
  const { result } = await cycle(run);
  expect(result.trades).toEqual([]);
  return present(result.proposal, 'a plan that waits has a proposal');
}

const approve = ({ planId, digest }: Proposal, facts: object = {}) =>
  call<AnswerPlanResponse>(approvePlan, { planId, digest, answeredBy: 'owner', ...facts });
const reject = ({ planId, digest }: Proposal, reason = '') =>
  call<AnswerPlanResponse>(rejectPlan, { planId, digest, reason });

describe('the level of trust', () => {
  it('is paper at first, and lets the paper broker trade', async () => {
    expect((await call<TrustResponse>(getTrust, {})).body).toMatchObject({
      level: 'paper',
      granted: 'paper',
      ceiling: '',
      steps: [],
    });
    const { result } = await cycle('run-paper');
    expect(result.tradesExecuted).toBeGreaterThan(0);
    expect(result.proposal).toBeUndefined();
  });

  it('is raised only with its confirmation, and lowered without one', async () => {
    const { status, body } = await call<TrustResponse>(setTrust, { level: 'ask' });
    expect(status).toBe(400);
    expect(body.message).toContain(confirmed('ask'));
    expect((await climb('ask')).body).toMatchObject({ success: true, level: 'ask' });
    const down = await call<TrustResponse>(setTrust, { level: 'simulated', setBy: 'owner' });
    expect(down.body).toMatchObject({ success: true, level: 'simulated' });
    expect(down.body.steps.map(({ level, by }) => [level, by])).toEqual([
      ['simulated', 'owner'],
      ['ask', 'owner'],
    ]);
  });

  it('names an unknown level', async () => {
    const { status, body } = await call(setTrust, { level: 'blind' });
    expect([status, body.message]).toEqual([
      400,
      expect.stringContaining('level: one of simulated'),
    ]);
  });

  it('acts within limits only where the policy states them', async () => {
    const { status, body } = await climb('within-limits');
    expect([status, body.rule]).toEqual([422, 'trust-limits']);
    expect(body.message).toContain('trust.orderValueMax and trust.dayValueMax');
  });

  it('is never above what the policy allows', async () => {
    await call(updatePolicy, { document: 'trust: { level: ask }' });
    await call(updatePolicy, {
      document: 'trust: { level: ask, orderValueMax: "99999999", dayValueMax: "99999999" }',
      expectedVersion: 1,
    });
    const { body } = await climb('within-limits');
    expect(body).toMatchObject({ success: false, level: 'ask', granted: 'within-limits' });
    expect((await cycle('run-ceiling')).result.proposal?.state).toBe('PROPOSED');
  });
});

describe('a plan that waits', () => {
  it('sends nothing, says why, and waits on', async () => {
    const proposal = await proposed();
    expect(proposal).toMatchObject({ state: 'PROPOSED', because: ['the level of trust is "ask"'] });
    expect(proposal.digest).toMatch(/^[\da-f]{64}$/);
    expect(proposal.plan?.actions.length).toBeGreaterThan(0);
    const again = await cycle('run-again');
    expect(again.result.proposal).toEqual(proposal);
    expect(again.message).toContain(`digest ${proposal.digest.slice(0, 8)}`);
    expect(await orders()).toBe(0);
  });

  it('is executed once it is approved, exactly as it was proposed', async () => {
    const proposal = await proposed();
    const { body } = await approve(proposal, { surface: 'page' });
    expect(body.proposal).toMatchObject({
      state: 'APPROVED',
      answeredBy: 'owner',
      surface: 'page',
    });
    expect(body.cycleId).toMatch(/^cycle-/);
    const { result } = await cycle('run-approved');
    expect(result.plan?.id).toBe(proposal.planId);
    expect(result.trades.map(({ symbol, side }) => [side, symbol])).toEqual(
      proposal.plan?.actions.map(({ symbol, side }) => [side, symbol]),
    );
    expect(result.proposal).toMatchObject({ state: 'DONE' });
    expect(await orders()).toBe(proposal.plan?.actions.length);
  });

  it('is approved once: a second approval changes nothing', async () => {
    const proposal = await proposed();
    const first = await approve(proposal);
    const second = await approve(proposal, { digest: proposal.digest.slice(0, 8) });
    expect(second.body.cycleId).toBe(first.body.cycleId);
    await cycle('run-approved');
    const late = await approve(proposal);
    expect(late.body.proposal).toMatchObject({ state: 'DONE' });
    expect(await orders()).toBe(proposal.plan?.actions.length);
  });

  it.each([
    ['too short', 'abc', 'at least 8 characters'],
    ['of another plan', '0123456789abcdef', 'is not that of the plan'],
  ])('is not approved by a digest that is %s', async (_name, digest, text) => {
    const proposal = await proposed();
    const { status, body } = await approve(proposal, { digest });
    expect([status, body.message]).toEqual([400, expect.stringContaining(`digest: ${text}`)]);
    expect((await proposals())[0]?.state).toBe('PROPOSED');
  });

  it('is not approved while trading is halted', async () => {
    const proposal = await proposed();
    await call(setTradingState, { state: 'HALTED', reason: 'away' });
    const { status, body } = await approve(proposal);
    expect([status, body.rule]).toEqual([422, 'trading-halted']);
  });

  it('expires without an answer in time', async () => {
    const proposal = await proposed();
    clock.advance(24 * 3_600_000);
    const { status, body } = await approve(proposal);
    expect([status, body.rule]).toEqual([422, 'proposal-expired']);
    const { result } = await cycle('run-late');
    expect((await proposals('EXPIRED')).map(({ planId }) => planId)).toEqual([proposal.planId]);
    expect(result.proposal?.state).toBe('PROPOSED');
    expect(result.proposal?.planId).not.toBe(proposal.planId);
    expect(await orders()).toBe(0);
  });

  it('is not proposed again for a week once it was rejected', async () => {
    const proposal = await proposed();
    expect((await reject(proposal, 'too much technology')).body.proposal).toMatchObject({
      state: 'REJECTED',
      reason: 'too much technology',
    });
    const { result, message } = await cycle('run-after');
    expect(message).toContain('too much technology');
    expect(result.trades).toEqual([]);
    expect(await proposals('PROPOSED')).toEqual([]);
    expect((await approve(proposal)).body.rule).toBe('proposal-state');
    clock.advance(7 * 86_400_000);
    expect((await cycle('run-week-later')).result.proposal?.state).toBe('PROPOSED');
  });

  it('can be withdrawn after it was approved', async () => {
    const proposal = await proposed();
    await approve(proposal);
    await reject(proposal);
    expect((await cycle('run-after')).result.trades).toEqual([]);
    expect(await orders()).toBe(0);
  });

  it('is made and asked again when the account has changed after the approval', async () => {
    const proposal = await proposed();
    await approve(proposal);
    await call(processDeposit, { amount: { amount: '5000.00', currency: 'EUR' } });
    const { result } = await cycle('run-changed');
    expect(result.trades).toEqual([]);
    expect(result.proposal).toMatchObject({ state: 'PROPOSED' });
    const [newest, before] = await proposals();
    expect(newest?.planId).not.toBe(proposal.planId);
    expect(before).toMatchObject({ planId: proposal.planId, state: 'SUPERSEDED' });
    expect(before?.reason).toContain('holdings, cash');
  });

  it('is not touched by a dry run', async () => {
    const proposal = await proposed();
    expect((await cycle('run-dry', { dryRun: true })).result.dryRun).toBe(true);
    expect((await proposals())[0]).toEqual(proposal);
  });
});

describe('tokens', () => {
  const tokensFor = async ({ planId }: Proposal) =>
    (await call<CreateAnswerTokensResponse>(createAnswerTokens, { planId, recipient: 'phone' }))
      .body;
  const answer = (token: string) => call<AnswerPlanResponse>(answerProposal, { token });

  it('answer once, without other credentials, and expire with the proposal', async () => {
    const proposal = await proposed();
    const [tokens, others] = [await tokensFor(proposal), await tokensFor(proposal)];
    expect((await answer(tokens.approveToken)).body).toMatchObject({ success: true });
    expect((await proposals())[0]).toMatchObject({
      state: 'APPROVED',
      answeredBy: 'phone',
      surface: 'message',
    });
    await dependencies.audit?.close();
    const audit = await new AuditReader(dependencies.database).latest(0, 50);
    const line = audit.lines.findLast(({ operation }) => operation === 'gateway-approve-plan');
    expect(line).toMatchObject({
      ...{ event: 'called', caller: 'gateway-answer-proposal', subject: proposal.planId },
      who: 'answer of phone',
    });
    for (const used of [tokens.approveToken, others.approveToken])
      expect((await answer(used)).status).toBe(403);
    expect((await answer(others.rejectToken)).body).toMatchObject({ success: true });
    expect((await proposals())[0]).toMatchObject({ state: 'REJECTED' });
    expect((await answer(tokens.rejectToken)).status).toBe(403);
  });

  /** Every value in Redis, also those that are in no backup. */
  const stored = async (): Promise<string[]> => {
    const { redis: connection } = dependencies.database;
    const reads: Readonly<Record<string, (key: string) => Promise<unknown>>> = {
      string: (key) => connection.get(key),
      hash: (key) => connection.hgetall(key),
      list: (key) => connection.lrange(key, 0, -1),
      set: (key) => connection.smembers(key),
      zset: (key) => connection.zrange(key, '0', '-1'),
      stream: (key) => connection.xrange(key, '-', '+'),
    };
    const { keyPrefix = '' } = connection.options;
    const all = (await connection.keys(`${keyPrefix}*`)).map(async (full) => {
      const key = full.slice(keyPrefix.length);
      const value = await reads[await connection.type(key)]?.(key);
      return JSON.stringify([key, present(value, `${key} is of a type that is read`)]);
    });
    return Promise.all(all);
  };

  it.each([undefined, 'tokens-1'])('are not stored as they are (key %s)', async (key) => {
    const { planId } = await proposed();
    const request = { planId, recipient: 'phone' };
    const made = () => call<CreateAnswerTokensResponse>(createAnswerTokens, request, key);
    const tokens = [(await made()).body, (await made()).body];
    await answer(tokens[0]?.approveToken ?? '');
    const texts = tokens.flatMap(({ approveToken, rejectToken }) => [approveToken, rejectToken]);
    expect(new Set(texts.map((text) => text.length))).toEqual(new Set([22]));
    const values = await stored();
    expect(values.length).toBeGreaterThan(10);
    expect(values.filter((value) => texts.some((text) => value.includes(text)))).toEqual([]);
  });

  it('are not made for a plan that was answered', async () => {
    const proposal = await proposed();
    await reject(proposal);
    expect(
      await call(createAnswerTokens, { planId: proposal.planId, recipient: 'x' }),
    ).toMatchObject({
      status: 422,
      body: { rule: 'proposal-state' },
    });
  });
});

describe('within limits', () => {
  const within = async (trust: object) => {
    const document = JSON.stringify({ trust });
    expect((await call(updatePolicy, { document })).status).toBe(200);
    expect((await climb('within-limits')).body.level).toBe('within-limits');
  };

  it('trades within the limits without asking', async () => {
    await within({ orderValueMax: '100000', dayValueMax: '100000' });
    expect((await cycle('run-within')).result.tradesExecuted).toBeGreaterThan(0);
  });

  it.each([
    [
      'one order',
      { orderValueMax: '10', dayValueMax: '100000' },
      /above the largest order, EUR 10/,
    ],
    ['a day', { orderValueMax: '100000', dayValueMax: '100' }, /of the day for EUR .* EUR 100/],
    [
      'the number of orders',
      { orderValueMax: '100000', dayValueMax: '100000', ordersPerDayMax: 1 },
      /orders in a day are more than the limit of 1/,
    ],
    [
      'the turnover of a month',
      { orderValueMax: '100000', dayValueMax: '100000', monthTurnoverMaxRatio: 0.01 },
      /turnover of .* above the limit of 1.0 %/,
    ],
  ])('asks where %s exceeds its limit, and says which', async (_name, trust, text) => {
    await within(trust);
    const { result } = await cycle('run-beyond');
    expect(result.trades).toEqual([]);
    expect(result.proposal?.because.join('; ')).toMatch(text);
  });
});
