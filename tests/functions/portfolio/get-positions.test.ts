import getPosition from '../../../functions/portfolio/get-position/handler.ts';
import getPositions from '../../../functions/portfolio/get-positions/handler.ts';
import openPortfolioAccount from '../../../functions/portfolio/open-account/handler.ts';
import updatePositions from '../../../functions/portfolio/update-positions/handler.ts';
import type { PaperFixture } from '../../support/brokers/paper-fixture.ts';
import { ALPHA, BETA, GAMMA } from '../../support/markets/set-market.ts';
import { startTestRedis, type TestRedis } from '../../support/dependencies.ts';
import { ask, buy, openAccount, sync } from './portfolio-fixture.ts';

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

const stated = (isin: string, symbol: string, quantity: number, amount?: string) => ({
  isin,
  symbol,
  quantity,
  ...(amount && { averagePrice: { amount, currency: symbol === 'BETA' ? 'USD' : 'EUR' } }),
});

describe('GetPositions', () => {
  it('is empty before anything was booked', async () => {
    const { status, body } = await ask(getPositions, on);
    const totalValue = { amount: '0.00', currency: 'EUR' };
    expect([status, body]).toEqual([
      200,
      { positions: [], totalPositions: 0, totalValue, rates: [], warnings: [] },
    ]);
  });

  it('values each holding at its latest price, in its own currency', async () => {
    const positions = [stated(BETA, 'BETA', 2, '150'), stated(ALPHA, 'ALPHA', 3, '90')];
    await ask(updatePositions, on, { positions });
    const { body } = await ask(getPositions, on);
    expect(body.positions.map((p: { symbol: string }) => p.symbol)).toEqual(['ALPHA', 'BETA']);
    expect(body.positions[1]).toEqual({
      symbol: 'BETA',
      isin: BETA,
      name: 'BETA Limited',
      pricedAtCost: false,
      quantity: 2,
      averagePrice: { amount: '150', currency: 'USD' },
      currentPrice: { amount: '200', currency: 'USD' },
      marketValue: { amount: '400.00', currency: 'USD' },
      costBasis: { amount: '300.00', currency: 'USD' },
      unrealizedPnl: { amount: '100.00', currency: 'USD' },
      unrealizedPnlPct: expect.closeTo(33.3333, 3),
      accountId: 'default',
      lastUpdated: expect.objectContaining({ nanos: 0 }),
    });
  });

  it('states the average of the FIFO lots, fees included', async () => {
    const order = await buy(on, ALPHA, 'ALPHA', 10);
    await sync(on);
    const { body } = await ask(getPositions, on);
    const paid = (order?.fills ?? []).reduce((sum, f) => sum - f.settlement.toEstimate(), 0);
    expect(Number(body.positions[0].averagePrice.amount)).toBeCloseTo(paid / 10, 6);
  });

  it('shows a holding without a price at cost, and marks it', async () => {
    await ask(updatePositions, on, { positions: [stated(GAMMA, 'GAMMA', 10)] });
    const { body } = await ask(getPositions, on);
    expect(body.positions[0]).toMatchObject({ symbol: 'GAMMA', quantity: 10 });
    expect(body.positions[0]).toMatchObject({
      pricedAtCost: true,
      currentPrice: { amount: '6', currency: 'EUR' },
    });
  });

  it('adds closed positions with quantity 0 only when asked', async () => {
    await ask(updatePositions, on, { positions: [stated(ALPHA, 'ALPHA', 3)] });
    const rest = { positions: [stated(BETA, 'BETA', 1)], removeMissing: true };
    await ask(updatePositions, on, rest);
    const open = await ask(getPositions, on);
    const all = await ask(getPositions, on, { includeClosed: true });
    expect(open.body.totalPositions).toBe(1);
    expect(all.body.positions[0]).toMatchObject({ symbol: 'ALPHA', quantity: 0 });
  });

  it('keeps accounts apart', async () => {
    await ask(updatePositions, on, { positions: [stated(ALPHA, 'ALPHA', 3)] });
    await ask(openPortfolioAccount, on, { accountId: 'other' });
    const { body } = await ask(getPositions, on, { accountId: 'other' });
    expect(body.totalPositions).toBe(0);
  });

  it('refuses a field it does not know and an account that is no id', async () => {
    const unknown = await ask(getPositions, on, { colour: 'red' });
    const account = await ask(getPositions, on, { accountId: 'a b' });
    expect(unknown.body).toMatchObject({ code: 'INVALID_REQUEST', field: 'colour' });
    expect(account.body).toMatchObject({ code: 'INVALID_REQUEST', field: 'accountId' });
  });
});

describe('GetPosition', () => {
  it('answers the holding in one security', async () => {
    await ask(updatePositions, on, { positions: [stated(ALPHA, 'ALPHA', 3, '90')] });
    const { body } = await ask(getPosition, on, { isin: ALPHA });
    expect(body).toMatchObject({ found: true, position: { isin: ALPHA, quantity: 3 } });
  });

  it('finds nothing that is not held any more', async () => {
    await ask(updatePositions, on, { positions: [stated(ALPHA, 'ALPHA', 3)] });
    await ask(updatePositions, on, { positions: [stated(ALPHA, 'ALPHA', 0)] });
    const closed = await ask(getPosition, on, { isin: ALPHA });
    const never = await ask(getPosition, on, { isin: BETA });
    expect([closed.body.found, never.body.found]).toEqual([false, false]);
  });

  it('refuses an ISIN with a wrong check digit', async () => {
    const { status, body } = await ask(getPosition, on, { isin: 'DE0007164601' });
    expect(status).toBe(400);
    expect(body).toMatchObject({ code: 'INVALID_REQUEST', field: 'isin' });
  });
});
