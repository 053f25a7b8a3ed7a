import getCashBalance from '../../../functions/portfolio/get-cash-balance/handler.ts';
import getPositions from '../../../functions/portfolio/get-positions/handler.ts';
import getSummary from '../../../functions/portfolio/get-summary/handler.ts';
import updatePositions from '../../../functions/portfolio/update-positions/handler.ts';
import { parseCurrency } from '#shared/kernel/currency.ts';
import { Decimal } from '#shared/kernel/decimal.ts';
import { DEFAULT_ACCOUNT, type TradeId } from '#shared/kernel/identifiers.ts';
import type { Instant } from '#shared/kernel/instant.ts';
import { Money } from '#shared/kernel/money.ts';
import { currentPortfolioHash } from '#shared/trading/current-hash.ts';
import type { OrderRecord } from '#shared/trading/model/order-record.ts';
import { OrderStore } from '#shared/trading/order-store.ts';
import type { PaperFixture } from '../../support/brokers/paper-fixture.ts';
import { ALPHA, BETA, GAMMA } from '../../support/markets/set-market.ts';
import { startTestRedis, type TestRedis } from '../../support/dependencies.ts';
import { ask, openAccount, sync } from './portfolio-fixture.ts';

let redis: TestRedis;
let on: PaperFixture;
beforeAll(async () => {
  redis = await startTestRedis();
});
afterAll(() => redis.stop());
beforeEach(async () => {
  on = await openAccount(redis, { PAPER_OPENING_CASH: '1000', CASH_RESERVE_RATIO: '0.1' });
});
afterEach(() => on.dependencies.close());

const euros = (amount: string) => ({ amount, currency: 'EUR' });
const hold = (...positions: object[]) => ask(updatePositions, on, { positions });
const alpha = { isin: ALPHA, symbol: 'ALPHA', quantity: 3, averagePrice: euros('90') };
const beta = { isin: BETA, symbol: 'BETA', quantity: 2 };

/** An order that waits and holds 200.50 back. */
function liveOrder(now: Instant): OrderRecord {
  const zero = Money.zero(parseCurrency('EUR'));
  return {
    tradeId: 'trade-1' as TradeId,
    accountId: DEFAULT_ACCOUNT,
    clientOrderId: '1000000001',
    isin: ALPHA,
    symbol: 'ALPHA',
    side: 'BUY',
    quantity: Decimal.of(2),
    orderType: 'MARKET',
    timeInForce: 'DAY',
    state: 'ACCEPTED',
    message: '',
    filledQuantity: Decimal.zero,
    commission: zero,
    fees: zero,
    settlement: zero,
    reserved: Money.parse('200.50', 'EUR'),
    fillIds: [],
    requestedAt: now,
    updatedAt: now,
    build: 'test',
    bodyHash: 'x',
    value: zero,
    errors: [],
    fills: [],
    queries: 0,
  };
}

describe('GetSummary', () => {
  it('totals cash and holdings, and divides the total', async () => {
    await hold(alpha, beta);
    const { status, body } = await ask(getSummary, on);
    expect(status).toBe(200);
    // 1000 cash + 300 + 2 x 200 x 0.9 = 1660; cost 270 + 360
    expect(body).toMatchObject({
      totalValue: euros('1660.00'),
      totalCost: euros('630.00'),
      totalPnl: euros('30.00'),
      totalPnlPct: expect.closeTo(100 * (30 / 630), 9),
      cashBalance: euros('1000.00'),
      positionCount: 2,
      accountId: 'default',
      simulated: true,
    });
    expect(body.sectorAllocation).toEqual({
      Cash: expect.closeTo(1000 / 1660, 12),
      'Health Care': expect.closeTo(360 / 1660, 12),
      Technology: expect.closeTo(300 / 1660, 12),
    });
    const regions = Object.values<number>(body.regionAllocation);
    expect(Object.keys(body.regionAllocation)).toEqual(['Cash', 'North America', 'Europe']);
    expect(regions.reduce((sum, part) => sum + part, 0)).toBeCloseTo(1, 12);
  });

  it('answers an account that has nothing yet', async () => {
    const { body } = await ask(getSummary, on);
    expect(body).toMatchObject({
      totalValue: euros('0.00'),
      totalPnlPct: 0,
      sectorAllocation: { Cash: 1 },
    });
  });

  it('values a holding without a price at cost, and marks it', async () => {
    await hold(alpha, { isin: GAMMA, symbol: 'GAMMA', quantity: 10 });
    const { status, body } = await ask(getSummary, on);
    expect(status).toBe(200);
    expect(body.positionCount).toBe(2);
    const { positions } = (await ask(getPositions, on)).body;
    expect(
      positions.map((one: { symbol: string; pricedAtCost: boolean }) => [
        one.symbol,
        one.pricedAtCost,
      ]),
    ).toEqual([
      ['ALPHA', false],
      ['GAMMA', true],
    ]);
  });

  it('answers the hash that plans are bound to, and another one after a deposit', async () => {
    await sync(on);
    const { body: before } = await ask(getSummary, on);
    expect(before.portfolioHash).toBe(await currentPortfolioHash(on.dependencies, DEFAULT_ACCOUNT));
    const signal = new AbortController().signal;
    await on.broker.funding?.deposit(DEFAULT_ACCOUNT, 'gift', Money.parse('5', 'EUR'), signal);
    await sync(on);
    const { body: after } = await ask(getSummary, on);
    expect(after.portfolioHash).not.toBe(before.portfolioHash);
  });

  it('refuses a field it does not know', async () => {
    const { status, body } = await ask(getSummary, on, { isin: ALPHA });
    expect([status, body.field]).toEqual([400, 'isin']);
  });
});

describe('GetCashBalance', () => {
  it('keeps the owner’s minimum of the total value', async () => {
    await hold(alpha);
    const { body } = await ask(getCashBalance, on);
    // Total 1300, a tenth of it stays.
    expect(body).toEqual({
      cashBalance: euros('1000.00'),
      pendingDeposits: euros('0.00'),
      rates: [],
      warnings: [],
      pendingWithdrawals: euros('0.00'),
      availableForTrading: euros('870.00'),
      reserved: euros('0.00'),
      minimumReserve: euros('130.00'),
      otherBalances: [],
    });
  });

  it('excludes cash reserved by live orders', async () => {
    await hold(alpha);
    const { database, now, steady } = on.dependencies;
    const none = { version: 0, counted: [] };
    await new OrderStore(database).create(liveOrder(now()), none, steady());
    const { body } = await ask(getCashBalance, on);
    expect(body.reserved).toEqual(euros('200.50'));
    expect(body.availableForTrading).toEqual(euros('669.50'));
  });

  it('is never negative', async () => {
    await hold({ ...alpha, quantity: 200 });
    const { body } = await ask(getCashBalance, on);
    expect(body.availableForTrading).toEqual(euros('0.00'));
  });

  it('answers with a holding without a price', async () => {
    await hold({ isin: GAMMA, symbol: 'GAMMA', quantity: 10 });
    expect((await ask(getCashBalance, on)).status).toBe(200);
  });

  it('refuses an account that is no id', async () => {
    const { status, body } = await ask(getCashBalance, on, { accountId: '../x' });
    expect([status, body.field]).toEqual([400, 'accountId']);
  });
});
