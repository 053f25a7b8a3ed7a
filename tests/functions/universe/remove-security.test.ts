import supertest from 'supertest';
import { Decimal } from '#shared/kernel/decimal.ts';
import { DEFAULT_ACCOUNT, type TradeId } from '#shared/kernel/identifiers.ts';
import { parseIsin } from '#shared/kernel/isin.ts';
import { Money } from '#shared/kernel/money.ts';
import { Price } from '#shared/kernel/price.ts';
import { PortfolioStore } from '#shared/portfolio/portfolio-store.ts';
import type { Dependencies } from '#shared/runtime/context.ts';
import { OrderStore } from '#shared/trading/order-store.ts';
import { SecurityStore } from '#shared/universe/security-store.ts';
import removeSecurity from '../../../functions/universe/remove-security/handler.ts';
import { endpointOf } from '../../support/host.ts';
import { seedMarket } from '../../support/markets/seed-market.ts';
import {
  openTestDependencies,
  startTestRedis,
  steppingClock,
  type TestRedis,
} from '../../support/dependencies.ts';

const ISIN = parseIsin('US0SIM000166');

describe('universe-remove-security', () => {
  let redis: TestRedis;
  let dependencies: Dependencies;

  const remove = (body: object, key?: string) => {
    const call = supertest(endpointOf(removeSecurity, dependencies)).post('/');
    return (key ? call.set('idempotency-key', key) : call).send(body);
  };
  const store = () => new SecurityStore(dependencies.database);

  beforeAll(async () => {
    redis = await startTestRedis();
  });
  afterAll(() => redis.stop());
  beforeEach(async () => {
    const clock = steppingClock('2020-06-26T20:00:00Z');
    dependencies = await openTestDependencies(redis, {}, { now: clock.now });
    await seedMarket(dependencies, 1, ({ isin }) => isin === ISIN);
  });
  afterEach(() => dependencies.close());

  test('takes a security out with the reason, and keeps its history', async () => {
    const answer = await remove({ isin: ISIN, reason: 'delisted' });
    expect(answer.body).toMatchObject({ success: true });
    expect((await store().find(ISIN))?.removed).toEqual({
      at: dependencies.now(),
      reason: 'delisted',
    });
    expect(await dependencies.database.redis.hlen(`{security:${ISIN}}:prices`)).toBeGreaterThan(0);
  });

  test('changes nothing the second time, and says so', async () => {
    await remove({ isin: ISIN, reason: 'first' }, 'one');
    const answer = await remove({ isin: ISIN, reason: 'second' }, 'two');
    expect(answer.body).toMatchObject({ success: false });
    expect((await store().find(ISIN))?.removed?.reason).toBe('first');
    const repeat = await remove({ isin: ISIN, reason: 'first' }, 'one');
    expect(repeat.body).toMatchObject({ success: true });
  });

  test('is refused while the security is held', async () => {
    const portfolio = new PortfolioStore(dependencies.database, dependencies.baseCurrency);
    const before = await portfolio.load(DEFAULT_ACCOUNT);
    const lot = {
      lotId: 'lot-1',
      quantity: Decimal.of(3),
      unitCost: Price.parse('10', 'USD'),
      cost: Money.parse('27', 'EUR'),
      acquiredAt: dependencies.now(),
    };
    const holding = { isin: ISIN, symbol: 'ALDR', lots: [lot], realized: Money.parse('0', 'EUR') };
    const held = { ...before.book, holdings: new Map([[ISIN, holding]]) };
    expect(await portfolio.save(before, held, [], undefined)).toBe(true);
    const answer = await remove({ isin: ISIN });
    expect(answer.status).toBe(422);
    expect(answer.body).toMatchObject({ code: 'REFUSED', rule: 'position-exists', isin: ISIN });
    expect((await store().find(ISIN))?.removed).toBeUndefined();
  });

  test('is refused while an order for it is live', async () => {
    const none = Money.parse('0', 'EUR');
    await new OrderStore(dependencies.database).create(
      {
        tradeId: 'trade-1' as TradeId,
        accountId: DEFAULT_ACCOUNT,
        clientOrderId: '1000000001',
        isin: ISIN,
        symbol: 'ALDR',
        side: 'BUY',
        quantity: Decimal.of(2),
        orderType: 'MARKET',
        timeInForce: 'DAY',
        state: 'ACCEPTED',
        message: '',
        filledQuantity: Decimal.zero,
        commission: none,
        fees: none,
        settlement: none,
        reserved: none,
        fillIds: [],
        requestedAt: dependencies.now(),
        updatedAt: dependencies.now(),
        build: 'test',
        bodyHash: '',
        value: none,
        errors: [],
        fills: [],
        queries: 0,
      },
      { version: 0, counted: [] },
      dependencies.steady(),
    );
    const answer = await remove({ isin: ISIN });
    expect(answer.status).toBe(422);
    expect(answer.body).toMatchObject({ rule: 'live-order-exists', tradeId: 'trade-1' });
  });

  test('answers 404 for an unknown security', async () => {
    const answer = await remove({ isin: 'US0378331005' });
    expect(answer.status).toBe(404);
    expect(answer.body).toMatchObject({ code: 'NOT_FOUND', kind: 'security' });
  });

  test('refuses a bad ISIN, by name', async () => {
    const answer = await remove({ isin: 'US0378331006' });
    expect(answer.status).toBe(400);
    expect(answer.body).toMatchObject({ code: 'INVALID_REQUEST', field: 'isin' });
  });
});
