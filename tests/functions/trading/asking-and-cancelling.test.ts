import { ControlStore } from '#shared/trading/control/control-store.ts';
import cancelTrade from '../../../functions/trading/cancel-trade/handler.ts';
import executeTrade from '../../../functions/trading/execute-trade/handler.ts';
import history from '../../../functions/trading/get-trade-history/handler.ts';
import getTradeStatus from '../../../functions/trading/get-trade-status/handler.ts';
import validateTrade from '../../../functions/trading/validate-trade/handler.ts';
import { openTradingFixture, type TradingFixture } from '../../support/brokers/trading-fixture.ts';
import { startTestRedis, type TestRedis } from '../../support/dependencies.ts';

let redis: TestRedis;
let t: TradingFixture;

beforeAll(async () => {
  redis = await startTestRedis();
});
afterAll(() => redis.stop());
beforeEach(async () => {
  t = await openTradingFixture(redis);
});
afterEach(() => t.dependencies.close());

const buy = (symbol = 'ARVN', quantity = 10) => ({ isin: t.isin(symbol), side: 'BUY', quantity });

/** A purchase that waits at the broker for a lower price. */
async function waiting(key = 'k1', symbol = 'ARVN'): Promise<string> {
  const dry = await t.call(validateTrade, buy(symbol));
  const price = (Number(dry.body.estimatedCost.amount) / 10) * 0.96;
  const limitPrice = { amount: price.toFixed(2), currency: 'EUR' };
  const { body } = await t.call(
    executeTrade,
    { ...buy(symbol), limitPrice, timeInForce: 'GTC' },
    key,
  );
  expect(body.execution.state).toBe('ACCEPTED');
  return body.tradeId;
}

describe('GetTradeStatus', () => {
  it('answers found = false for a trade there is not', async () => {
    const { status, body } = await t.call(getTradeStatus, { tradeId: 'trade-none' });
    expect(status).toBe(200);
    expect(body).toEqual({ found: false, status: 'TRADE_STATUS_UNSPECIFIED' });
  });

  it('asks the broker about a live trade', async () => {
    const tradeId = await waiting();
    const [clientOrderId = ''] = t.broker.received;
    await t.broker.cancel('default' as never, clientOrderId, new AbortController().signal);
    const { body } = await t.call(getTradeStatus, { tradeId });
    expect(body).toMatchObject({ found: true, status: 'CANCELLED', execution: { tradeId } });
  });

  it('answers what is stored while the broker is away', async () => {
    const tradeId = await waiting();
    t.broker.queryFault = 'throws';
    const { body } = await t.call(getTradeStatus, { tradeId });
    expect(body).toMatchObject({ status: 'PENDING', execution: { state: 'ACCEPTED' } });
  });

  it('refuses an empty id, naming the field', async () => {
    const { status, body } = await t.call(getTradeStatus, {});
    expect([status, body.field]).toEqual([400, 'tradeId']);
  });
});

describe('CancelTrade', () => {
  it('cancels what waits, also while trading is HALTED', async () => {
    const tradeId = await waiting();
    await new ControlStore(t.dependencies.database, '/none').set(
      'HALTED',
      'drill',
      t.dependencies.now(),
    );
    const { body } = await t.call(cancelTrade, { tradeId, reason: 'changed my mind' }, 'c1');
    expect(body).toMatchObject({ success: true, newStatus: 'CANCELLED' });
  });

  it('says of a filled trade that it is FILLED', async () => {
    const filled = await t.call(executeTrade, buy(), 'k1');
    const { body } = await t.call(cancelTrade, { tradeId: filled.body.tradeId }, 'c1');
    expect(body).toMatchObject({ success: false, newStatus: 'EXECUTED' });
    expect(body.message).toMatch(/^The trade is FILLED already\./);
    expect(t.broker.cancelled).toEqual([]);
  });

  it('refuses a trade there is not', async () => {
    const { status, body } = await t.call(cancelTrade, { tradeId: 'trade-none' }, 'c1');
    expect([status, body.code]).toEqual([404, 'NOT_FOUND']);
  });

  it('keeps the cancellation request when the broker does not accept it, and can be repeated', async () => {
    const tradeId = await waiting();
    const cancel = t.broker.cancel.bind(t.broker);
    t.broker.cancel = () => Promise.reject(new TypeError('socket'));
    expect((await t.call(cancelTrade, { tradeId }, 'c1')).body).toMatchObject({
      code: 'OUTCOME_UNKNOWN',
      cause: 'BUG',
      idempotencyKey: 'c1',
      tradeId,
    });
    const pending = await t.call(getTradeStatus, { tradeId });
    expect(pending.body.execution.state).toBe('CANCEL_PENDING');
    t.broker.cancel = cancel;
    const { body } = await t.call(cancelTrade, { tradeId }, 'c1');
    expect(body).toMatchObject({ success: true, newStatus: 'CANCELLED' });
  });

  it('leaves an order alone whose outcome is unknown', async () => {
    t.broker.submitFault = 'throws-before-acting';
    const sent = await t.call(executeTrade, buy(), 'k1');
    const { body } = await t.call(cancelTrade, { tradeId: sent.body.tradeId, reason: 'x' }, 'c1');
    expect(body).toMatchObject({ success: false, newStatus: 'PENDING' });
    expect(t.broker.cancelled).toEqual([]);
  });

  it("dismisses an order on a person's decision, while the broker does not have it", async () => {
    t.broker.submitFault = 'throws-before-acting';
    t.broker.queryFault = 'throws';
    const sent = await t.call(executeTrade, buy(), 'k1');
    const { tradeId } = sent.body;
    t.clock.advance(16 * 60_000);
    await t.call(getTradeStatus, { tradeId });
    const away = await t.call(cancelTrade, { tradeId, reason: 'called the broker' }, 'c1');
    expect(away.body).toMatchObject({ success: false, newStatus: 'PENDING' });
    t.broker.queryFault = 'none';
    const silent = await t.call(cancelTrade, { tradeId }, 'c2');
    expect(silent.body.success).toBe(false);
    const { body } = await t.call(cancelTrade, { tradeId, reason: 'called the broker' }, 'c3');
    expect(body).toMatchObject({ success: true, newStatus: 'FAILED' });
    expect((await t.call(getTradeStatus, { tradeId })).body.execution.state).toBe('ABSENT');
  });

  it('refuses an empty id, naming the field', async () => {
    const { status, body } = await t.call(cancelTrade, { reason: 'x' }, 'c1');
    expect([status, body.field]).toEqual([400, 'tradeId']);
  });
});

describe('GetTradeHistory', () => {
  beforeEach(async () => {
    await t.call(executeTrade, buy('ARVN'), 'k1');
    t.clock.advance(86_400_000);
    await t.call(executeTrade, buy('HAVL', 5), 'k2');
    t.clock.advance(1_000);
    await t.call(executeTrade, { ...buy('ARVN', 4), side: 'SELL' }, 'k3');
  });

  const shown = (body: { executions: { symbol: string; side: string }[] }) =>
    body.executions.map(({ symbol, side }) => `${side} ${symbol}`);

  it('lists trades, newest first', async () => {
    const { body } = await t.call(history, {});
    expect(shown(body)).toEqual(['SELL ARVN', 'BUY HAVL', 'BUY ARVN']);
    expect(body.total).toBe(3);
  });

  it.each([
    [{ side: 'SELL' }, ['SELL ARVN']],
    [{ days: 1 }, ['SELL ARVN', 'BUY HAVL']],
  ])('filters by %j', async (filter, expected) => {
    const { body } = await t.call(history, filter);
    expect(shown(body)).toEqual(expected);
    expect(body.total).toBe(expected.length);
  });

  it('filters by security, and pages after counting', async () => {
    const filter = { isin: t.isin('ARVN'), limit: 1, offset: 1 };
    const { body } = await t.call(history, filter);
    expect([shown(body), body.total]).toEqual([['BUY ARVN'], 2]);
  });

  it.each([
    [{ limit: 1001 }, 'limit'],
    [{ days: -1 }, 'days'],
    [{ isin: 'X' }, 'isin'],
    [{ offset: -1 }, 'offset'],
  ])('refuses %j, naming %s', async (filter, field) => {
    const { status, body } = await t.call(history, filter);
    expect([status, body.code, body.field]).toEqual([400, 'INVALID_REQUEST', field]);
  });
});

describe('ValidateTrade', () => {
  it('admits a valid order, with its cost and the free cash', async () => {
    const { body } = await t.call(validateTrade, buy());
    expect(body).toMatchObject({ valid: true, errors: [], warnings: [] });
    expect(body.availableCash).toEqual({ amount: '24500.00', currency: 'EUR' });
    expect(Number(body.estimatedCost.amount)).toBeGreaterThan(100);
  });

  it('takes an order with a limit price for a limit order', async () => {
    const limitPrice = { amount: '1.00', currency: 'EUR' };
    const { body } = await t.call(validateTrade, { ...buy(), limitPrice });
    expect(body.errors.map((error: { code: string }) => error.code)).toEqual(['price-collar']);
  });

  it('reports all violations at once, and changes nothing', async () => {
    const request = { ...buy('CRVN', 15), side: 'SELL', orderType: 'STOP' };
    const { body } = await t.call(validateTrade, request);
    expect(body.valid).toBe(false);
    expect(body.errors.map((error: { code: string }) => error.code)).toEqual([
      'stop-price-missing',
      'lot',
      'insufficient-holdings',
    ]);
    expect((await t.call(history, {})).body.total).toBe(0);
  });

  it('rejects an unknown security', async () => {
    const { body } = await t.call(validateTrade, { ...buy(), isin: 'US0378331005' });
    expect(body.errors.map((error: { code: string }) => error.code)).toEqual([
      'unknown-security',
      'market-closed',
      'price-missing',
      'exchange-rate-missing',
    ]);
  });

  it('rejects while the broker does not state the account', async () => {
    t.broker.statementFails = true;
    const { body } = await t.call(validateTrade, buy());
    expect(body.errors.map((error: { code: string }) => error.code)).toEqual(['account-missing']);
    expect(body.availableCash).toBeUndefined();
  });

  it('refuses an invalid value, naming the field', async () => {
    const { status, body } = await t.call(validateTrade, { ...buy(), quantity: 'NaN' });
    expect([status, body.field]).toEqual([400, 'quantity']);
  });
});
