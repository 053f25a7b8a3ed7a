import supertest from 'supertest';
import { present } from '#shared/kernel/assert.ts';
import type { Dependencies } from '#shared/runtime/context.ts';
import { universe } from '#shared/contract/universe.ts';
import { SecurityStore } from '#shared/universe/security-store.ts';
import addSecurity from '../../../functions/universe/add-security/handler.ts';
import { endpointOf } from '../../support/host.ts';
import {
  openTestDependencies,
  startTestRedis,
  steppingClock,
  type TestRedis,
} from '../../support/dependencies.ts';

const LISTED = 'US0SIM000166';
const UNLISTED = 'GB0002374006';

describe('universe-add-security', () => {
  let redis: TestRedis;
  let dependencies: Dependencies;

  const add = (body: object, key?: string) => {
    const call = supertest(endpointOf(addSecurity, dependencies)).post('/');
    return (key ? call.set('idempotency-key', key) : call).send(body);
  };
  const store = () => new SecurityStore(dependencies.database);

  beforeAll(async () => {
    redis = await startTestRedis();
  });
  afterAll(() => redis.stop());
  beforeEach(async () => {
    const clock = steppingClock('2024-06-28T20:00:00Z');
    dependencies = await openTestDependencies(redis, {}, { now: clock.now });
  });
  afterEach(() => dependencies.close());

  test('takes currency, country, sector and lot from the source', async () => {
    const answer = await add({ isin: LISTED });
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({
      success: true,
      message: 'ALDR was added.',
      security: {
        isin: LISTED,
        symbol: 'ALDR',
        name: 'Aldermoor Devices Inc',
        currency: 'USD',
        country: 'US',
        sector: 'Technology',
        lot: 1,
        isTradable: true,
      },
    });
  });

  test('prefers the caller’s symbol, name and exchange', async () => {
    await add({ isin: LISTED, symbol: 'OWN', name: 'Own Name', exchange: 'XNYS' });
    const security = present(await store().find(LISTED as never), 'it was added');
    expect(security).toMatchObject({ symbol: 'OWN', name: 'Own Name', exchange: 'XNYS' });
    expect(security.currency).toBe('USD');
  });

  test('says that it exists the second time, and changes nothing', async () => {
    await add({ isin: LISTED }, 'first');
    const before = await store().all();
    const answer = await add({ isin: LISTED, symbol: 'OTHER' }, 'second');
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({ success: false, security: { symbol: 'ALDR' } });
    expect((answer.body as { message: string }).message).toContain('already');
    expect(await store().all()).toEqual(before);
  });

  test('answers a repeat under one key as the first time', async () => {
    const first = await add({ isin: LISTED }, 'one');
    expect((await add({ isin: LISTED }, 'one')).body).toEqual(first.body);
    expect((await add({ isin: LISTED, name: 'X' }, 'one')).status).toBe(409);
  });

  test('finds its own work when a call is repeated after a crash', async () => {
    const description = { ...present((await addedOnce()) ?? undefined, 'it was added') };
    await dependencies.database.redis.del('{once:universe-add-security:crashed}:answer');
    expect((await add({ isin: LISTED }, 'crashed')).body).toMatchObject({ success: true });
    expect(await store().find(LISTED as never)).toEqual(description);
  });

  const addedOnce = async () => {
    await add({ isin: LISTED }, 'crashed');
    return store().find(LISTED as never);
  };

  test('takes an unlisted security in its home currency, and says so', async () => {
    const answer = await add({ isin: UNLISTED, symbol: 'DGE', name: 'Distillers' });
    expect(answer.body).toMatchObject({
      success: true,
      security: { currency: 'GBP', country: 'GB', sector: '', securityType: 'UNKNOWN', lot: 1 },
    });
    expect((answer.body as { message: string }).message).toContain('taken to be GBP');
  });

  test('puts a removed security back', async () => {
    await add({ isin: LISTED }, 'first');
    await store().remove(LISTED as never, { at: dependencies.now(), reason: 'gone' }, 'removal');
    expect((await add({ isin: LISTED }, 'again')).body).toMatchObject({ success: true });
    expect((await store().find(LISTED as never))?.removed).toBeUndefined();
  });

  test('queues both syncs when asked to, and does not wait for them', async () => {
    const answer = await add({ isin: LISTED, syncImmediately: true }, 'queued');
    expect((answer.body as { message: string }).message).toContain('queued');
    for (const operation of [universe.syncPrices, universe.syncFundamentals]) {
      const [job] = await (await dependencies.runs.queueOf(operation.topic)).getJobs();
      expect(JSON.parse(present(job, 'a run is queued').data.body)).toEqual({
        isins: [LISTED],
        forceRefresh: false,
      });
    }
  });

  test('queues nothing when not asked to', async () => {
    await add({ isin: LISTED });
    expect(await (await dependencies.runs.queueOf(universe.syncPrices.topic)).getJobs()).toEqual(
      [],
    );
  });

  test.each([
    ['isin', { isin: 'US0378331006' }],
    ['isin', {}],
    ['symbol', { isin: LISTED, symbol: 'A B' }],
    ['symbol', { isin: UNLISTED }],
    ['lot', { isin: LISTED, lot: 1 }],
  ])('refuses a bad %s: %j', async (field, body) => {
    const answer = await add(body);
    expect(answer.status).toBe(400);
    expect(answer.body).toMatchObject({ code: 'INVALID_REQUEST', field });
    expect(await store().all()).toEqual([]);
  });
});
