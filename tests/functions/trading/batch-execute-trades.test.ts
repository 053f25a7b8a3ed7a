import batch from '../../../functions/trading/batch-execute-trades/handler.ts';
import executeTrade from '../../../functions/trading/execute-trade/handler.ts';
import { unavailable } from '#shared/kernel/failure.ts';
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

const order = (side: string, symbol: string, quantity = 10) => ({
  isin: t.isin(symbol),
  side,
  quantity,
});

const symbolsOf = (body: { results: { execution?: { symbol: string } }[] }) =>
  body.results.map((result) => result.execution?.symbol);

describe('BatchExecuteTrades', () => {
  it('sells before it buys, and answers in the order asked', async () => {
    await t.call(executeTrade, order('BUY', 'ARVN'), 'before');
    const trades = [order('BUY', 'HAVL', 5), order('SELL', 'ARVN'), order('BUY', 'CRVN')];
    const { status, body } = await t.call(batch, { trades }, 'b1');
    expect(status).toBe(200);
    expect(body).toMatchObject({ allSuccess: true, successful: 3, failed: 0 });
    expect(symbolsOf(body)).toEqual(['HAVL', 'ARVN', 'CRVN']);
    const sent = body.results.map((result: { orderId: string }) => result.orderId);
    expect(sent).toEqual(['1000000003', '1000000002', '1000000004']);
  });

  it('lets a sale pay for the purchase after it', async () => {
    const quantity = 60;
    await t.dependencies.close();
    t = await openTradingFixture(redis, {
      MAXIMUM_ORDER_RATIO: '1',
      DAY_TURNOVER_MAX_RATIO: '9',
      PAPER_OPENING_CASH: '10000',
    });
    const bought = await t.call(executeTrade, order('BUY', 'HAVL', quantity), 'before');
    expect(bought.body.success).toBe(true);
    const price = Number(bought.body.execution.averagePrice.amount);
    const affordable = Math.floor((10_000 * 0.9) / price);
    const trades = [
      order('BUY', 'ARVN', Math.floor((affordable * price) / 100)),
      order('SELL', 'HAVL', quantity),
    ];
    const { body } = await t.call(batch, { trades }, 'b1');
    expect(body.allSuccess).toBe(true);
  });

  it('goes on after a failure, and counts it', async () => {
    const trades = [order('BUY', 'CRVN', 5), order('BUY', 'ARVN')];
    const { body } = await t.call(batch, { trades }, 'b1');
    expect(body).toMatchObject({ allSuccess: false, successful: 1, failed: 1 });
    expect(body.results[0].errors[0].code).toBe('lot');
  });

  it('stops at the first failure when asked to', async () => {
    const trades = [order('BUY', 'ARVN'), order('BUY', 'CRVN', 5), order('BUY', 'HAVL', 5)];
    const { body } = await t.call(batch, { trades, stopOnError: true }, 'b1');
    expect(body).toMatchObject({ successful: 1, failed: 2 });
    expect(body.results[2]).toMatchObject({
      success: false,
      tradeId: '',
      message: 'Not sent: an order before it did not succeed.',
    });
    expect(t.broker.received).toHaveLength(1);
  });

  it('sends nothing twice when it runs again after its answer was lost', async () => {
    const trades = [order('BUY', 'HAVL', 5), order('BUY', 'ARVN')];
    const call = t.dependencies.functions.call.bind(t.dependencies.functions);
    let calls = 0;
    t.dependencies.functions.call = async (operation, ...rest) => {
      const answer = await call(operation, ...rest);
      if (operation.name === 'trading-execute-trade' && ++calls === 2) throw unavailable('It');
      return answer;
    };
    const first = await t.call(batch, { trades });
    expect(first.body).toMatchObject({ successful: 2, failed: 0 });
    const again = await t
      .call(batch, { trades })
      .set('x-request-id', String(first.headers['x-request-id']));
    expect(again.body).toMatchObject({ allSuccess: true, successful: 2 });
    expect(again.body.results[1].tradeId).toBe(first.body.results[1].tradeId);
    expect(t.broker.received).toHaveLength(2);
  });

  it('keeps nothing in a dry run', async () => {
    const trades = [{ ...order('BUY', 'ARVN'), dryRun: true }];
    const { body } = await t.call(batch, { trades }, 'b1');
    expect(body.results[0]).toMatchObject({ success: true, tradeId: '' });
    expect(t.broker.received).toEqual([]);
  });

  it('answers an empty batch', async () => {
    const { body } = await t.call(batch, { trades: [] }, 'b1');
    expect(body).toEqual({ allSuccess: true, results: [], successful: 0, failed: 0 });
  });

  it('refuses a trade for another account', async () => {
    const trades = [order('BUY', 'ARVN'), { ...order('BUY', 'ARVN'), accountId: 'other' }];
    const { status, body } = await t.call(batch, { trades }, 'b1');
    expect(status).toBe(400);
    expect(body.field).toBe('trades[1].accountId');
    expect(t.broker.received).toEqual([]);
  });

  it('refuses the whole batch when one trade is invalid', async () => {
    const trades = [order('BUY', 'ARVN'), { ...order('BUY', 'ARVN'), quantity: -1 }];
    const { status, body } = await t.call(batch, { trades }, 'b1');
    expect([status, body.field]).toEqual([400, 'trades[1].quantity']);
    expect(t.broker.received).toEqual([]);
  });
});
