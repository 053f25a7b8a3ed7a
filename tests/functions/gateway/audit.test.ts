/** Who did what from where with which token: on a chain of hashes, filtered, checked and bounded. */
import supertest from 'supertest';
import type { ListAuditResponse } from '#protos/gen/gateway.ts';
import { linesAfter } from '#shared/kernel/hash-chain.ts';
import { instantOf } from '#shared/kernel/instant.ts';
import { keys } from '#shared/redis/keys.ts';
import { AuditReader } from '#shared/runtime/audit/audit-reader.ts';
import { AuditTrail } from '#shared/runtime/audit/audit-trail.ts';
import { subjectOf } from '#shared/runtime/audit/audit-subject.ts';
import type { AuditLine } from '#shared/runtime/audit/audit-line.ts';
import type { Dependencies } from '#shared/runtime/context.ts';
import listAudit from '../../../functions/gateway/list-audit/handler.ts';
import triggerTradingCycle from '../../../functions/gateway/trigger-trading-cycle/handler.ts';
import getTradingState from '../../../functions/trading/get-trading-state/handler.ts';
import openAccount from '../../../functions/portfolio/open-account/handler.ts';
import setTradingState from '../../../functions/trading/set-trading-state/handler.ts';
import { startTestRedis, type TestRedis } from '../../support/dependencies.ts';
import { openTradingFixture, type TradingFixture } from '../../support/brokers/trading-fixture.ts';
import { endpointOf } from '../../support/host.ts';

const tokens = { write: 'write-token-of-a-test', trade: 'trade-token-of-a-test' };
const HALT = { state: 'HALTED', reason: 'a test' };

let redis: TestRedis;
let t: TradingFixture;
let audited: Dependencies;
let trail: AuditTrail;

beforeAll(async () => {
  redis = await startTestRedis();
});
afterAll(() => redis.stop());
beforeEach(async () => {
  t = await openTradingFixture(redis);
  trail = new AuditTrail(t.dependencies.database);
  audited = { ...t.dependencies, audit: trail, tokens };
});
afterEach(() => t.dependencies.close());

const halt = (headers: Readonly<Record<string, string>>) =>
  supertest(endpointOf(setTradingState, audited)).post('/').set(headers).send(HALT);
const list = async (request: object = {}) => {
  await trail.close();
  return (await t.call(listAudit, request)).body as ListAuditResponse;
};
const check = () => new AuditReader(t.dependencies.database).check();

const line = (operation: string): AuditLine => ({
  ...{ at: instantOf(0), event: 'called', operation, account: 'default', caller: 'cli' },
  ...{ who: '', address: '', token: 'trade', requestId: 'r', run: '', failureCode: '' },
});

it('says who did what from where with which token, and how it ended; never the token', async () => {
  const who = { 'x-caller': 'page', 'x-actor': 'page Firefox (3f2a) 10.0.0.3' };
  await halt({
    ...{ authorization: `Bearer ${tokens.trade}`, 'x-forwarded-for': '10.0.0.3' },
    ...{ 'x-request-id': 'request-1', ...who },
  }).expect(200);
  const { lines, total } = await list();
  expect(total).toBe(2);
  expect(lines.map(({ event }) => event)).toEqual(['ended', 'called']);
  expect(lines[1]).toMatchObject({
    ...{ operation: 'trading-set-trading-state', caller: 'page', address: '10.0.0.3' },
    ...{ who: 'page Firefox (3f2a) 10.0.0.3', token: 'trade', requestId: 'request-1' },
    subject: 'HALTED',
  });
  const stored = await t.dependencies.database.redis.lrange(keys.audit.segment(1), 0, -1);
  expect(stored.join('')).not.toContain(tokens.trade);
});

it('says what it was about, where the request names it', () => {
  const subjects = [
    [{ planId: 'plan-1', accountId: 'default' }, 'plan-1'],
    [{ jobName: 'metrics', force: true }, 'metrics'],
    [{ state: 'HALTED', reason: 'a secret reason' }, 'HALTED'],
    [{ action: { kind: 'split', isin: 'US0378331005' } }, 'US0378331005'],
    [{ isin: '', symbol: 'DOVR' }, 'DOVR'],
    [{ token: 'an answer token', content: 'a file' }, ''],
    [{ state: 'x'.repeat(500) }, 'x'.repeat(128)],
  ] as const;
  for (const [request, subject] of subjects)
    expect([request, subjectOf(request)]).toEqual([request, subject]);
});

it('has calls that were refused for their token or their request', async () => {
  await halt({ authorization: `Bearer ${tokens.write}` }).expect(403);
  await halt({ authorization: 'Bearer wrong-token-of-a-test' }).expect(401);
  await halt({}).expect(401);
  const bad = supertest(endpointOf(setTradingState, audited)).post('/');
  await bad.set('authorization', `Bearer ${tokens.trade}`).send({ ...HALT, state: 'NOWHERE' });
  const { lines } = await list();
  const refused = lines.filter(({ event }) => event === 'refused').toReversed();
  expect(refused.map(({ token, failureCode, count }) => [token, failureCode, count])).toEqual([
    ['write', 'NOT_ALLOWED', 0],
    ['none', 'UNAUTHENTICATED', 0],
    ['none', 'UNAUTHENTICATED', 0],
    ['trade', 'INVALID_REQUEST', 0],
  ]);
  const stored = await t.dependencies.database.redis.lrange(keys.audit.segment(1), 0, -1);
  expect(stored.join('')).not.toContain('wrong-token');
});

it('counts refusals of a caller beyond the first, so that they push nobody out of the chain', async () => {
  const from = (address: string) =>
    halt({ authorization: 'Bearer guess', 'x-forwarded-for': `1.2.3.4, ${address}` }).expect(401);
  for (let attempt = 0; attempt < 40; attempt += 1) await from('10.0.0.9');
  await from('10.0.0.7');
  const { lines } = await list({ verify: true });
  const of = (address: string) => lines.filter((one) => one.address.endsWith(address));
  const counts = of('10.0.0.9').map(({ count }) => count);
  expect(counts.toReversed()).toEqual([0, 0, 0, 37]);
  expect(of('10.0.0.7').map(({ count }) => count)).toEqual([0]);
  expect((await check()).finding).toBeUndefined();
});

it('bounds the refusals of a minute, whatever the number of callers', async () => {
  for (let caller = 0; caller < 60; caller += 1)
    await halt({ 'x-forwarded-for': `10.0.1.${caller}` }).expect(401);
  const { lines } = await list();
  expect(lines.length).toBeLessThan(12);
  expect(lines.reduce((sum, { count }) => sum + Math.max(1, count), 0)).toBe(60);
});

it('has a queued run that its caller takes back', async () => {
  const cycle = supertest(endpointOf(triggerTradingCycle, audited)).post('/');
  await cycle.set({ authorization: `Bearer ${tokens.trade}`, 'x-take-back': 'follower-1' });
  const { lines } = await list();
  expect(lines).toMatchObject([
    { event: 'cancelled', operation: 'gateway-trigger-trading-cycle', token: 'trade' },
  ]);
});

it('reads no more lines than are asked for where nothing is filtered', async () => {
  const small = new AuditTrail(t.dependencies.database, { lines: 3, kept: 9 });
  for (let i = 1; i <= 11; i += 1) await small.add(line(`operation-${i}`));
  const all = Array.from({ length: 11 }, (_one, index) => 11 - index);
  const { redis: client } = t.dependencies.database;
  const read = jest.spyOn(client, 'lrange');
  try {
    for (let offset = 0; offset <= 12; offset += 1)
      for (let limit = 1; limit <= 12; limit += 1) {
        read.mockClear();
        const { lines, total } = await new AuditReader(t.dependencies.database).latest(
          offset,
          limit,
        );
        expect(lines.map(({ sequence }) => sequence)).toEqual(all.slice(offset, offset + limit));
        expect(total).toBe(11);
        const counts = read.mock.calls.map(([, begin, end]) => Number(end) - Number(begin) + 1);
        expect(counts.reduce((sum, one) => sum + one, 0)).toBe(lines.length);
      }
  } finally {
    read.mockRestore();
  }
});

it('leaves out calls that only read', async () => {
  await supertest(endpointOf(getTradingState, audited)).post('/').send({}).expect(200);
  expect((await list()).total).toBe(0);
});

it('does nothing that it cannot write down', async () => {
  const broken = { add: () => Promise.reject(new Error('Redis is full')) };
  const dependencies = { ...audited, audit: broken as unknown as AuditTrail };
  await supertest(endpointOf(setTradingState, dependencies))
    .post('/')
    .set('authorization', `Bearer ${tokens.trade}`)
    .send(HALT)
    .expect(500);
  const { body } = await t.call(getTradingState, {});
  expect((body as { state: string }).state).toBe('ACTIVE');
});

it('is filtered by time, person, operation and account, and paged', async () => {
  expect((await t.call(openAccount, { accountId: 'other' }, 'open-1')).status).toBe(200);
  await trail.add({ ...line('trading-execute-trade'), at: instantOf(1_000_000), who: 'Anna' });
  await trail.add({ ...line('trading-execute-trade'), at: instantOf(2_000_000), account: 'other' });
  await trail.add({ ...line('trading-cancel-trade'), at: instantOf(3_000_000), token: 'write' });
  const found = async (request: object) => (await list(request)).lines.map(({ at }) => at?.seconds);
  expect(await found({})).toEqual(['3000', '2000', '1000']);
  expect(await found({ from: { seconds: 2000 } })).toEqual(['3000', '2000']);
  expect(await found({ to: { seconds: 1500 } })).toEqual(['1000']);
  expect(await found({ who: 'anna' })).toEqual(['1000']);
  expect(await found({ who: 'WRITE' })).toEqual(['3000']);
  expect(await found({ operation: 'trading-execute-trade' })).toEqual(['2000', '1000']);
  expect(await found({ accountId: 'other' })).toEqual(['2000']);
  expect(await found({ limit: 1, offset: 1 })).toEqual(['2000']);
});

it('stores a line at once, at whatever moment after another was stored it comes', async () => {
  const MOMENTS = 12;
  for (let moment = 0; moment < MOMENTS; moment += 1) {
    await trail.add(line('a'));
    for (let turn = 0; turn < moment; turn += 1) await Promise.resolve();
    const added = trail.add(line('b'));
    await trail.close();
    expect([moment, (await check()).lines]).toEqual([moment, 2 * (moment + 1)]);
    await added;
  }
});

describe('the chain', () => {
  beforeEach(async () => {
    await Promise.all(['a', 'b', 'c'].map((name) => trail.add(line(name))));
  });
  const segment = keys.audit.segment(1);
  const text = async (index: number) =>
    (await t.dependencies.database.redis.lindex(segment, index)) ?? '';

  it('holds, also from two processes at once', async () => {
    const other = new AuditTrail(t.dependencies.database);
    await Promise.all([...'defg'].map((name, i) => (i % 2 ? other : trail).add(line(name))));
    expect(await check()).toMatchObject({ lines: 7 });
    expect((await check()).finding).toBeUndefined();
    expect((await list({ verify: true })).chain).toMatchObject({ correct: true, lines: 7 });
  });

  it('names the line that was changed, also one whose hash was made anew', async () => {
    const { redis: client } = t.dependencies.database;
    const original = await text(1);
    await client.lset(segment, 1, original.replace('"operation":"b"', '"operation":"x"'));
    expect((await check()).finding).toMatchObject({ sequence: 2 });
    const [forged = ''] = linesAfter({ lines: 1, hash: (await text(0)).slice(0, 64) }, [
      { line: line('x') },
    ]).lines;
    await client.lset(segment, 1, forged);
    expect((await check()).finding).toMatchObject({ sequence: 3 });
  });

  it.each([
    ['removed at the end', (key: string) => t.dependencies.database.redis.rpop(key)],
    ['removed at the begin', (key: string) => t.dependencies.database.redis.lpop(key)],
    ['added', (key: string) => t.dependencies.database.redis.rpush(key, 'x y')],
    ['dropped altogether', (key: string) => t.dependencies.database.redis.del(key)],
  ])('finds lines that were %s', async (_how, change) => {
    await change(segment);
    expect((await check()).finding).toBeDefined();
    expect(
      (await list({ verify: true, who: 'nobody' }).catch(() => undefined))?.chain?.correct,
    ).not.toBe(true);
  });
});

it('drops the oldest segments, and holds from the first line that is kept', async () => {
  const small = new AuditTrail(t.dependencies.database, { lines: 3, kept: 2 });
  for (let i = 1; i <= 11; i += 1) await small.add(line(`operation-${i}`));
  expect(await check()).toMatchObject({ lines: 5, head: { lines: 11 } });
  expect((await check()).finding).toBeUndefined();
  expect((await list()).lines.map(({ sequence }) => sequence)).toEqual([11, 10, 9, 8, 7]);
  expect(await t.dependencies.database.redis.exists(keys.audit.segment(1))).toBe(0);
  await t.dependencies.database.redis.lset(keys.audit.segment(3), 0, 'x');
  expect((await check()).finding).toMatchObject({ sequence: 7 });
});
