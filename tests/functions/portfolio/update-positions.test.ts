import request from 'supertest';
import openPortfolioAccount from '../../../functions/portfolio/open-account/handler.ts';
import updatePositions from '../../../functions/portfolio/update-positions/handler.ts';
import type { Broker } from '#shared/clients/broker/broker.ts';
import { Decimal } from '#shared/kernel/decimal.ts';
import { unavailable } from '#shared/kernel/failure.ts';
import { DEFAULT_ACCOUNT } from '#shared/kernel/identifiers.ts';
import { MINUTE_MS } from '#shared/kernel/instant.ts';
import type { Book } from '#shared/portfolio/model/book.ts';
import { replay } from '../../support/book-of-ledger.ts';
import { StoredBook } from '#shared/portfolio/stored-book.ts';
import { keys } from '#shared/redis/keys.ts';
import { endpointOf } from '../../support/host.ts';
import { PAPER_DAY, type PaperFixture } from '../../support/brokers/paper-fixture.ts';
import { ALPHA, BETA, GAMMA } from '../../support/markets/set-market.ts';
import { startTestRedis, type TestRedis } from '../../support/dependencies.ts';
import { ask, buy, openAccount } from './portfolio-fixture.ts';

let redis: TestRedis;
let on: PaperFixture;
beforeAll(async () => {
  redis = await startTestRedis();
});
afterAll(() => redis.stop());
beforeEach(async () => {
  on = await openAccount(redis);
});
afterEach(() => on.dependencies.close());

const stored = () => new StoredBook(on.dependencies.database, on.dependencies.baseCurrency);
const ALPHA_3 = { isin: ALPHA, symbol: 'ALPHA', quantity: 3 };
/** The same account at a broker we may not fund. */
function real(broker: Broker): PaperFixture {
  const { funding: _none, ...rest } = {
    funding: broker.funding,
    name: 'real',
    simulated: false,
    capabilities: broker.capabilities,
    ping: broker.ping.bind(broker),
    submit: broker.submit.bind(broker),
    cancel: broker.cancel.bind(broker),
    findOrder: broker.findOrder.bind(broker),
    statement: broker.statement.bind(broker),
  };
  return { ...on, broker: rest, dependencies: { ...on.dependencies, broker: rest } };
}

describe('UpdatePositions', () => {
  it('books the opening deposit and every fill, once', async () => {
    await buy(on, ALPHA, 'ALPHA', 5);
    const first = await ask(updatePositions, on, { forceSync: true });
    const second = await ask(updatePositions, on, { forceSync: true });
    expect(first.body).toMatchObject({
      success: true,
      positionsAdded: 1,
      positionsUpdated: 0,
      flowsBooked: 1,
      externalBooked: 0,
    });
    expect(first.body.fillsBooked).toBeGreaterThan(0);
    expect(second.body).toMatchObject({ fillsBooked: 0, flowsBooked: 0, positionsAdded: 0 });
    const { cash } = await on.broker.statement(DEFAULT_ACCOUNT, new AbortController().signal);
    expect((await stored().book(DEFAULT_ACCOUNT)).cash).toEqual(cash);
  });

  it('takes sold shares from the lots that LOT_METHOD names, and a replay does too', async () => {
    const young = await openAccount(redis, { LOT_METHOD: 'lifo' });
    const hold = (quantity: number) =>
      ask(updatePositions, young, { positions: [{ ...ALPHA_3, quantity }] });
    await hold(3);
    young.advance(MINUTE_MS);
    await hold(5);
    young.advance(MINUTE_MS);
    await hold(4);
    const reader = new StoredBook(young.dependencies.database, young.dependencies.baseCurrency);
    const book = await reader.book(DEFAULT_ACCOUNT);
    const lots = (from: Book) =>
      from.holdings.get(ALPHA)?.lots.map(({ quantity }) => quantity.toString());
    // Three and then two were brought in; the one that left was of the two.
    expect(lots(book)).toEqual(['3', '1']);
    const ledger = await reader.ledger(DEFAULT_ACCOUNT);
    expect(lots(replay(DEFAULT_ACCOUNT, book.currency, ledger))).toEqual(['3', '1']);
    await young.dependencies.close();
  });

  it('does not ask the broker again within a minute, unless forced', async () => {
    await ask(updatePositions, on);
    await buy(on, ALPHA, 'ALPHA', 5);
    const fresh = await ask(updatePositions, on);
    expect(fresh.body).toMatchObject({ success: true, fillsBooked: 0 });
    on.advance(MINUTE_MS);
    const stale = await ask(updatePositions, on);
    expect(stale.body.fillsBooked).toBeGreaterThan(0);
    expect(Number(stale.body.syncTime.seconds)).toBe(Number(fresh.body.syncTime.seconds) + 60);
  });

  it('asks the broker again where the last time was an hour ahead of the clock', async () => {
    await ask(updatePositions, on);
    await buy(on, ALPHA, 'ALPHA', 5);
    on.advance(-60 * MINUTE_MS);
    const { body } = await ask(updatePositions, on);
    expect(body.fillsBooked).toBeGreaterThan(0);
  });

  it('lets a simulated account adopt what the caller states', async () => {
    const first = await ask(updatePositions, on, { positions: [ALPHA_3] });
    const again = await ask(updatePositions, on, { positions: [ALPHA_3] });
    const more = await ask(updatePositions, on, { positions: [{ ...ALPHA_3, quantity: 4 }] });
    expect(first.body).toMatchObject({ positionsAdded: 1, flowsBooked: 2, externalBooked: 0 });
    expect(again.body).toMatchObject({ positionsAdded: 0, flowsBooked: 0 });
    expect(more.body).toMatchObject({ positionsUpdated: 1, flowsBooked: 1 });
  });

  it('refuses a statement that differs from a real broker’s, and books nothing', async () => {
    await buy(on, ALPHA, 'ALPHA', 3);
    const there = real(on.broker);
    const wrong = await ask(updatePositions, there, { positions: [{ ...ALPHA_3, quantity: 4 }] });
    expect(wrong.status).toBe(422);
    expect(wrong.body).toMatchObject({ rule: 'statement-differs', isins: [ALPHA] });
    expect(await stored().ledger(DEFAULT_ACCOUNT)).toEqual([]);
    const right = await ask(updatePositions, there, { positions: [ALPHA_3] });
    expect(right.body).toMatchObject({ success: true, positionsAdded: 1 });
  });

  it('books movements not traded here as external, once', async () => {
    await ask(updatePositions, on, { forceSync: true });
    const { statement } = on.broker;
    const odd: Broker = Object.assign(Object.create(on.broker) as Broker, {
      statement: async (...args: Parameters<Broker['statement']>) => {
        const seen = await statement.apply(on.broker, args);
        const holding = { isin: BETA, symbol: 'BETA', quantity: Decimal.of(2) };
        return { ...seen, holdings: [...seen.holdings, holding] };
      },
    });
    const there = { ...on, dependencies: { ...on.dependencies, broker: odd } };
    const first = await ask(updatePositions, there, { forceSync: true });
    const second = await ask(updatePositions, there, { forceSync: true });
    expect(first.body).toMatchObject({ externalBooked: 1, positionsAdded: 1 });
    expect(second.body).toMatchObject({ externalBooked: 0 });
    const [line] = (await stored().ledger(DEFAULT_ACCOUNT)).slice(-1);
    expect(line?.id).toMatch(/^external-/);
    expect(line?.price?.toString()).toBe('USD 200');
  });

  it('books each fill once when two syncs run at the same time', async () => {
    await buy(on, ALPHA, 'ALPHA', 5);
    await Promise.all([1, 2, 3].map(() => ask(updatePositions, on, { forceSync: true })));
    const ids = (await stored().ledger(DEFAULT_ACCOUNT)).map((line) => line.id);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('records what the account was worth that day, when it can be valued', async () => {
    await ask(updatePositions, on, { positions: [ALPHA_3] });
    const [valuation] = await stored().valuations(DEFAULT_ACCOUNT);
    expect(valuation).toMatchObject({ day: PAPER_DAY, positions: 1 });
    expect(valuation?.total.toString()).toBe('EUR 25300.00');
    const unpriced = {
      positions: [{ isin: GAMMA, symbol: 'GAMMA', quantity: 10 }],
      accountId: 'other',
    };
    await ask(openPortfolioAccount, on, { accountId: 'other' });
    await ask(updatePositions, on, unpriced);
    expect(await stored().valuations('other' as typeof DEFAULT_ACCOUNT)).toEqual([]);
  });

  it('changes nothing when the broker does not answer', async () => {
    const silent: Broker = Object.assign(Object.create(on.broker) as Broker, {
      statement: () => Promise.reject(unavailable('The broker')),
    });
    const there = { ...on, dependencies: { ...on.dependencies, broker: silent } };
    const { status } = await ask(updatePositions, there, { forceSync: true });
    expect(status).toBe(503);
    expect(await on.dependencies.database.redis.exists(keys.portfolio.book('default'))).toBe(0);
  });

  it('answers the same to the same idempotency key', async () => {
    const send = (forceSync: boolean) =>
      request(endpointOf(updatePositions, on.dependencies))
        .post('/')
        .set('idempotency-key', 'sync-1')
        .send({ forceSync });
    const first = await send(true);
    await buy(on, ALPHA, 'ALPHA', 5);
    expect((await send(true)).body).toEqual(first.body);
    expect((await send(false)).status).toBe(409);
  });

  it('names the wrong field of a statement', async () => {
    const cases = [
      [{ positions: [{ ...ALPHA_3, quantity: -1 }] }, 'positions[0].quantity'],
      [{ positions: [{ ...ALPHA_3, isin: 'DE0007164601' }] }, 'positions[0].isin'],
      [{ positions: [ALPHA_3, ALPHA_3] }, 'positions[1].isin'],
      [{ forceSync: 'yes' }, 'forceSync'],
    ] as const;
    for (const [body, field] of cases) {
      const answer = await ask(updatePositions, on, body);
      expect([answer.status, answer.body.field]).toEqual([400, field]);
    }
  });
});
