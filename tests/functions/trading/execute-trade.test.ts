import { Decimal } from '#shared/kernel/decimal.ts';
import { DEFAULT_ACCOUNT } from '#shared/kernel/identifiers.ts';
import { ControlStore } from '#shared/trading/control/control-store.ts';
import { StoredOrders } from '#shared/trading/stored-orders.ts';
import { tradeIdOf } from '#shared/trading/order-store.ts';
import { StoredBook } from '#shared/portfolio/stored-book.ts';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import executeTrade from '../../../functions/trading/execute-trade/handler.ts';
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

const buy = (symbol: string, quantity = 10) => ({
  isin: t.isin(symbol),
  side: 'BUY',
  quantity,
});

describe('ExecuteTrade', () => {
  it('fills a market order and books it in the portfolio', async () => {
    const { status, body } = await t.call(executeTrade, buy('ARVN'), 'k1');
    expect(status).toBe(200);
    expect(body).toMatchObject({
      success: true,
      tradeId: tradeIdOf(DEFAULT_ACCOUNT, 'k1'),
      orderId: '1000000001',
      status: 'EXECUTED',
      errors: [],
      execution: { state: 'FILLED', symbol: 'ARVN', quantityRequested: 10, quantityFilled: 10 },
    });
    const { execution } = body;
    const book = await new StoredBook(t.dependencies.database, t.dependencies.baseCurrency).book(
      DEFAULT_ACCOUNT,
    );
    const spent = Decimal.parse(execution.totalCost.amount);
    expect(book.cash.amount.add(spent).toString()).toBe('25000.00');
    const charges = Decimal.parse(execution.commission.amount).add(
      Decimal.parse(execution.fees.amount),
    );
    const shares = Decimal.parse(execution.averagePrice.amount).multiply(Decimal.of(10));
    expect(spent.subtract(charges).subtract(shares).absolute().toEstimate()).toBeLessThan(0.011);
  });

  it('takes a price in the currency the security trades in', async () => {
    const quote = await quoteOf('ALDR');
    const limitPrice = { amount: (quote * 1.02).toFixed(2), currency: 'USD' };
    const { body } = await t.call(executeTrade, { ...buy('ALDR', 5), limitPrice }, 'k1');
    expect(body).toMatchObject({ success: true, execution: { state: 'FILLED' } });
    expect(body.execution.averagePrice.currency).toBe('USD');
    expect(body.execution.totalCost.currency).toBe('EUR');
  });

  it('leaves an unreached limit order open, and reserves its cash', async () => {
    const quote = await quoteOf('ARVN');
    const limitPrice = { amount: (quote * 0.97).toFixed(2), currency: 'EUR' };
    const { body } = await t.call(executeTrade, { ...buy('ARVN'), limitPrice }, 'k1');
    expect(body).toMatchObject({
      success: true,
      status: 'PENDING',
      execution: { state: 'ACCEPTED' },
    });
    const [live] = await new StoredOrders(t.dependencies.database).liveOrders(DEFAULT_ACCOUNT);
    expect(live?.reserved.sign).toBe(1);
  });

  it('answers the same trade for the same key and sends one order', async () => {
    const first = await t.call(executeTrade, buy('ARVN'), 'k1');
    const second = await t.call(executeTrade, buy('ARVN'), 'k1');
    expect(second.body).toEqual(first.body);
    expect(t.broker.received).toHaveLength(1);
  });

  it('sends one order when the same key comes three times at once', async () => {
    const answers = await Promise.all(
      [1, 2, 3].map(async () => (await t.call(executeTrade, buy('ARVN'), 'k1')).body),
    );
    // Who comes while the first call runs is answered the same, or asked to come back.
    const answered = answers.filter((body) => body.code !== 'TOO_BUSY');
    expect(new Set(answered.map((body) => body.tradeId)).size).toBe(1);
    expect(t.broker.received).toHaveLength(1);
  });

  it('refuses another order under a key that was used', async () => {
    await t.call(executeTrade, buy('ARVN'), 'k1');
    const { status, body } = await t.call(executeTrade, buy('ARVN', 11), 'k1');
    expect(status).toBe(409);
    expect(body.code).toBe('KEY_REUSED');
    expect(t.broker.received).toHaveLength(1);
  });

  it('lets only one of two orders at once spend the same cash', async () => {
    const quote = await quoteOf('HAVL');
    const quantity = Math.floor(6000 / quote);
    await t.dependencies.close();
    t = await openTradingFixture(redis, { PAPER_OPENING_CASH: '10000', MAXIMUM_ORDER_RATIO: '1' });
    const answers = await Promise.all([
      t.call(executeTrade, buy('HAVL', quantity), 'a'),
      t.call(executeTrade, buy('ARVN', Math.floor(6000 / (await quoteOf('ARVN')))), 'b'),
    ]);
    const states = answers.map(({ body }) => body.execution.state).toSorted();
    expect(states).toEqual(['DENIED', 'FILLED']);
    expect(t.broker.received).toHaveLength(1);
  });

  it('stores a denied order with everything that is wrong, and sends nothing', async () => {
    const request = { isin: t.isin('CRVN'), side: 'SELL', quantity: 15 };
    const { status, body } = await t.call(executeTrade, request, 'k1');
    expect(status).toBe(200);
    expect(body).toMatchObject({
      success: false,
      status: 'FAILED',
      orderId: '',
      execution: { state: 'DENIED' },
    });
    expect(body.errors.map((error: { code: string }) => error.code)).toEqual([
      'lot',
      'insufficient-holdings',
    ]);
    const stored = await new StoredOrders(t.dependencies.database).find(body.tradeId);
    expect(stored?.errors).toEqual(body.errors);
    expect(t.broker.received).toEqual([]);
  });

  it('runs every check in a dry run, and keeps nothing', async () => {
    const good = await t.call(executeTrade, { ...buy('ARVN'), dryRun: true }, 'k1');
    expect(good.body).toMatchObject({ success: true, tradeId: '' });
    const bad = await t.call(executeTrade, { ...buy('CRVN', 5), dryRun: true }, 'k2');
    expect(bad.body).toMatchObject({ success: false, errors: [{ code: 'lot' }] });
    expect(await new StoredOrders(t.dependencies.database).history(DEFAULT_ACCOUNT)).toEqual([]);
    expect(t.broker.received).toEqual([]);
  });

  it('distinguishes a rejection by the broker from a denial by our checks', async () => {
    const inner = t.broker.submit.bind(t.broker);
    t.broker.submit = async (order) => {
      await inner({ ...order, quantity: Decimal.of('0.5') });
      return { kind: 'rejected', reason: 'lot-size' };
    };
    const { body } = await t.call(executeTrade, buy('ARVN'), 'k1');
    expect(body).toMatchObject({
      success: false,
      status: 'FAILED',
      message: 'The broker rejected it: lot-size',
      execution: { state: 'REJECTED' },
    });
  });

  it('sends nothing while trading is HALTED, by the document or by the file', async () => {
    const dataDir = await mkdtemp(join(tmpdir(), 'trader-halt-'));
    const control = new ControlStore(t.dependencies.database, dataDir);
    await control.set('HALTED', 'drill', t.dependencies.now());
    const byDocument = await t.call(executeTrade, buy('ARVN'), 'k1');
    expect(byDocument.body.errors[0].code).toBe('trading-halted');

    const halted = await openTradingFixture(redis, { DATA_DIR: dataDir });
    await writeFile(join(dataDir, 'HALT'), '');
    const byFile = await halted.call(executeTrade, { ...buy('ARVN') }, 'k1');
    expect(byFile.body.errors[0].code).toBe('trading-halted');
    await rm(join(dataDir, 'HALT'));
    const open = await halted.call(executeTrade, { ...buy('ARVN') }, 'k2');
    expect(open.body.success).toBe(true);
    expect([...t.broker.received, ...halted.broker.received]).toHaveLength(1);
    await halted.dependencies.close();
    await rm(dataDir, { recursive: true });
  });

  it('only sells while trading is REDUCING', async () => {
    await t.call(executeTrade, buy('ARVN'), 'k1');
    await new ControlStore(t.dependencies.database, '/nonexistent').set(
      'REDUCING',
      'drill',
      t.dependencies.now(),
    );
    const bought = await t.call(executeTrade, buy('HAVL'), 'k2');
    expect(bought.body.errors.map((e: { code: string }) => e.code)).toEqual(['reducing-only']);
    const sold = await t.call(executeTrade, { ...buy('ARVN'), side: 'SELL' }, 'k3');
    expect(sold.body).toMatchObject({ success: true, execution: { state: 'FILLED' } });
  });

  it('executes all the same when the portfolio cannot be synced', async () => {
    const call = t.dependencies.functions.call.bind(t.dependencies.functions);
    t.dependencies.functions.call = (operation, ...rest) =>
      operation.name === 'portfolio-update-positions'
        ? Promise.reject(new Error('away'))
        : call(operation, ...rest);
    const { body } = await t.call(executeTrade, buy('ARVN'), 'k1');
    expect(body.success).toBe(true);
    expect(t.warnings).toContain('book-sync-failed');
  });

  it('denies when the broker does not state the account', async () => {
    t.broker.statementFails = true;
    const { body } = await t.call(executeTrade, buy('ARVN'), 'k1');
    expect(body.errors.map((e: { code: string }) => e.code)).toEqual(['account-missing']);
  });

  it('never trades with a real broker on simulated prices', async () => {
    Object.defineProperty(t.broker, 'simulated', { value: false });
    const { body } = await t.call(executeTrade, buy('ARVN'), 'k1');
    expect(body.errors.map((e: { code: string }) => e.code)).toEqual(['simulated-prices']);
    expect(t.broker.received).toEqual([]);
  });

  it.each([
    [{ isin: 'US0378331006' }, 'isin'],
    [{ side: 'SHORT' }, 'side'],
    [{ side: undefined }, 'side'],
    [{ quantity: 0 }, 'quantity'],
    [{ quantity: -1 }, 'quantity'],
    [{ limitPrice: { amount: 'NaN', currency: 'EUR' } }, 'limitPrice'],
    [{ limitPrice: { amount: '1', currency: 'XXX' } }, 'limitPrice'],
    [{ orderType: 'ICEBERG' }, 'orderType'],
    [{ leverage: 2 }, 'leverage'],
  ])('refuses %j, naming %s', async (change, field) => {
    const { status, body } = await t.call(executeTrade, { ...buy('ARVN'), ...change }, 'k1');
    expect(status).toBe(400);
    expect(body).toMatchObject({ code: 'INVALID_REQUEST', field });
  });
});

async function quoteOf(symbol: string): Promise<number> {
  const bars = await t.dependencies.marketData.bars(
    t.isin(symbol),
    '2025-06-01' as never,
    new AbortController().signal,
  );
  return bars.at(-1)?.close ?? 0;
}
