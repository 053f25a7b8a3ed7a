import request from 'supertest';
import { unavailable } from '#shared/kernel/failure.ts';
import { DEFAULT_ACCOUNT } from '#shared/kernel/identifiers.ts';
import { ExecuteTradeRequest, ExecuteTradeResponse } from '#protos/gen/trading.ts';
import { tradeIdOf } from '#shared/trading/order-store.ts';
import executeTrade from '../../../functions/trading/execute-trade/handler.ts';
import cancelTrade from '../../../functions/trading/cancel-trade/handler.ts';
import batch from '../../../functions/trading/batch-execute-trades/handler.ts';
import { endpointOf } from '../../support/host.ts';
import { losingRedis, type LostRedis } from '../../support/lost-redis.ts';
import { openTradingFixture, type TradingFixture } from '../../support/brokers/trading-fixture.ts';
import { startTestRedis, type TestRedis } from '../../support/dependencies.ts';

let redis: TestRedis;
let t: TradingFixture;
let lost: LostRedis;

beforeAll(async () => {
  redis = await startTestRedis();
});
afterAll(() => redis.stop());
beforeEach(async () => {
  t = await openTradingFixture(redis, { CLAIM_LEASE_MS: '100' });
  lost = losingRedis(t.dependencies);
});
afterEach(() => t.dependencies.close());

const buy = (quantity = 10) => ({ isin: t.isin('ARVN'), side: 'BUY', quantity });

describe('Redis that fails after the broker accepted', () => {
  beforeEach(() => {
    t.broker.onActed = () => Promise.resolve(lost.lose());
  });

  it('is an unknown outcome that names key and trade, never an invitation to try again', async () => {
    const { status, body, headers } = await t.call(executeTrade, buy(), 'k1');
    expect(status).toBe(504);
    expect(body).toMatchObject({
      code: 'OUTCOME_UNKNOWN',
      idempotencyKey: 'k1',
      tradeId: tradeIdOf(DEFAULT_ACCOUNT, 'k1'),
      ask: `GetTradeStatus ${tradeIdOf(DEFAULT_ACCOUNT, 'k1')}`,
      cause: 'UNAVAILABLE',
    });
    expect(body.message).toContain('k1');
    expect(headers['retry-after']).toBeUndefined();
    expect(headers['idempotency-key']).toBe('k1');
  });

  it.each([[{}], [{ 'x-request-id': 'another' }]])(
    'buys once for a caller without a key who simply tries again (%j)',
    async (retryHeaders) => {
      const first = await t.call(executeTrade, buy());
      expect(first.body).toMatchObject({ code: 'OUTCOME_UNKNOWN' });
      expect(first.body.idempotencyKey).toBe(first.headers['idempotency-key']);
      lost.restore();
      t.broker.onActed = () => Promise.resolve();
      t.clock.advance(31_000);
      const again = await t.call(executeTrade, buy()).set(retryHeaders);
      expect(again.body).toMatchObject({ tradeId: first.body.tradeId, status: 'EXECUTED' });
      expect(again.headers['idempotency-key']).toBe(first.headers['idempotency-key']);
      expect(t.broker.accepted).toHaveLength(1);
      // With its outcome known the first request is done; the next one is another order.
      const next = await t.call(executeTrade, buy());
      expect(next.body.tradeId).not.toBe(first.body.tradeId);
      expect(t.broker.accepted).toHaveLength(2);
    },
  );

  it('is reported by a batch as well', async () => {
    const { body } = await t.call(batch, { trades: [buy()] }, 'b1');
    const tradeId = tradeIdOf(DEFAULT_ACCOUNT, 'b1-0');
    expect(body.results[0]).toMatchObject({ success: false, status: 'PENDING', tradeId });
    expect(body.results[0].errors).toMatchObject([{ code: 'OUTCOME_UNKNOWN' }]);
    lost.restore();
    t.broker.onActed = () => Promise.resolve();
    t.clock.advance(31_000);
    const again = await t.call(batch, { trades: [buy()] }, 'b1');
    expect(again.body).toMatchObject({ allSuccess: true, results: [{ tradeId }] });
    expect(t.broker.accepted).toHaveLength(1);
  });
});

it('is UNAVAILABLE as long as nothing has been changed', async () => {
  lost.lose();
  const { status, body } = await t.call(executeTrade, buy(), 'k1');
  expect(status).toBe(503);
  expect(body.code).toBe('UNAVAILABLE');
  lost.restore();
  expect((await t.call(executeTrade, buy(), 'k1')).body.success).toBe(true);
});

it('reports a cancellation that failed after it was recorded as unknown', async () => {
  const { body } = await t.call(
    executeTrade,
    { ...buy(), orderType: 'LIMIT', limitPrice: await lowLimit() },
    'k1',
  );
  expect(body.execution.state).toBe('ACCEPTED');
  t.broker.cancel = () => Promise.reject(unavailable('The broker'));
  const answer = await t.call(cancelTrade, { tradeId: body.tradeId }, 'c1');
  expect(answer.body).toMatchObject({ code: 'OUTCOME_UNKNOWN', tradeId: body.tradeId });
});

it('gives each of many equal calls without a key an order of its own', async () => {
  // No lease may lapse on a slow machine: a call would take the work of another for one that was left behind.
  await t.dependencies.close();
  t = await openTradingFixture(redis);
  const answers = await Promise.all([1, 2, 3, 4].map(() => t.call(executeTrade, buy(1))));
  const ids = answers.map(({ body }) => body.tradeId as string);
  expect(new Set(ids).size).toBe(4);
  expect(t.broker.accepted).toHaveLength(4);
});

describe('one key and one meaning', () => {
  const asProtobuf = async (message: object, key: string) =>
    request(endpointOf(executeTrade, t.dependencies))
      .post('/')
      .set({ 'content-type': 'application/x-protobuf', 'idempotency-key': key })
      .responseType('blob')
      .send(
        Buffer.from(ExecuteTradeRequest.encode(ExecuteTradeRequest.fromJSON(message)).finish()),
      );

  it('is one order, however the request is written', async () => {
    const first = await t.call(executeTrade, buy(), 'k1');
    expect(first.body.success).toBe(true);
    const spellings = [
      { ...buy(), orderType: 'MARKET' },
      { ...buy(), orderType: 1, timeInForce: 'DAY', dryRun: false },
      { ...buy(), quantity: '10.0', accountId: 'default', symbol: 'ARVN' },
      { ...buy(), limitPrice: null, stopPrice: { amount: '', currency: '' } },
    ];
    for (const spelling of spellings)
      expect((await t.call(executeTrade, spelling, 'k1')).body).toEqual(first.body);
    const encoded = await asProtobuf(buy(), 'k1');
    expect(ExecuteTradeResponse.decode(encoded.body as Buffer).tradeId).toBe(first.body.tradeId);
    expect(t.broker.received).toHaveLength(1);
  });

  it('is one limit order, with the type stated or left to the price', async () => {
    const { amount, currency } = await lowLimit();
    const limited = { ...buy(), limitPrice: { amount, currency } };
    const first = await t.call(executeTrade, limited, 'k1');
    const longer = { amount: `${amount}0`, currency };
    const spelled = { ...limited, orderType: 'LIMIT', limitPrice: longer };
    expect((await t.call(executeTrade, spelled, 'k1')).body.tradeId).toBe(first.body.tradeId);
    expect(t.broker.received).toHaveLength(1);
  });

  it.each([[{ quantity: 11 }], [{ side: 'SELL' }], [{ timeInForce: 'GTC' }], [{ dryRun: true }]])(
    'with another meaning is refused for ever (%j)',
    async (other) => {
      await t.call(executeTrade, buy(), 'k1');
      const { status, body } = await t.call(executeTrade, { ...buy(), ...other }, 'k1');
      expect([status, body.code]).toEqual([409, 'KEY_REUSED']);
    },
  );

  it('is one batch, with the account stated for each trade or once', async () => {
    const first = await t.call(batch, { trades: [buy()] }, 'b1');
    const stated = { accountId: 'default', trades: [{ ...buy(), accountId: 'default' }] };
    expect((await t.call(batch, stated, 'b1')).body).toEqual(first.body);
  });
});

async function lowLimit() {
  const { body } = await t.call(
    executeTrade,
    { ...buy(), dryRun: true, limitPrice: { amount: '1.00', currency: 'EUR' } },
    'price',
  );
  const last = /from EUR ([\d.]+)/.exec(JSON.stringify(body.errors))?.[1] ?? '0';
  return { amount: (Number(last) * 0.97).toFixed(2), currency: 'EUR' };
}
