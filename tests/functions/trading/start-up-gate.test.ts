/** Before the first order after a start, book, orders and broker agree, or nothing is sent. */
import type { GetTradingStateResponse, OpenReconciliation } from '#protos/gen/trading.ts';
import { Decimal } from '#shared/kernel/decimal.ts';
import { epochDay } from '#shared/kernel/calendar-day.ts';
import { parseCurrency } from '#shared/kernel/currency.ts';
import { Money } from '#shared/kernel/money.ts';
import { PriceStore } from '#shared/universe/price-store.ts';
import { DEFAULT_ACCOUNT } from '#shared/kernel/identifiers.ts';
import { ReconciliationRecord } from '#shared/portfolio/reconciliation/reconciliation-record.ts';
import confirm from '../../../functions/trading/confirm-reconciliation/handler.ts';
import executeTrade from '../../../functions/trading/execute-trade/handler.ts';
import getState from '../../../functions/trading/get-trading-state/handler.ts';
import getCash from '../../../functions/portfolio/get-cash-balance/handler.ts';
import getSummary from '../../../functions/portfolio/get-summary/handler.ts';
import verifyLedger from '../../../functions/portfolio/verify-ledger/handler.ts';
import updatePositions from '../../../functions/portfolio/update-positions/handler.ts';
import { ExternalFixture } from '../../support/brokers/external-fixture.ts';
import { startTestRedis, type TestRedis } from '../../support/dependencies.ts';
import { BETA } from '../../support/markets/set-market.ts';

let redis: TestRedis;
let on: ExternalFixture;
let orders = 0;

beforeAll(async () => {
  redis = await startTestRedis();
});
afterAll(() => redis.stop());
beforeEach(async () => {
  on = await new ExternalFixture(redis).open();
  // The account is known, and the process has traded and synced.
  expect(await codesOfOrder()).toEqual([]);
  await sync();
});
afterEach(() => on.close());

async function codesOfOrder(quantity = 1): Promise<string[]> {
  const order = { isin: BETA, side: 'BUY', quantity };
  const { body } = await on.call(executeTrade, order, `order-${(orders += 1)}`);
  return (body.errors as { code: string }[]).map(({ code }) => code);
}

async function open(): Promise<OpenReconciliation | undefined> {
  const { body } = await on.call(getState, {});
  return (body as GetTradingStateResponse).reconciliations[0];
}

const sync = () => on.call(updatePositions, { forceSync: true });

it('lets the first order pass after a start where everything agrees or is explained', async () => {
  await on.restart();
  on.mock.event({ activity_type: 'CSD', net_amount: '50' });
  expect(await codesOfOrder()).toEqual([]);
  expect(on.mock.posts).toBe(2);
});

it.each([
  [
    'cash',
    () => void (on.mock.cash += 5_000_000_000n),
    'cash at the broker: +5 USD that no movement explains',
  ],
  [
    'shares',
    () => on.mock.deliver('BETA', '7'),
    `BETA (${BETA}) at the broker: +7 shares that no movement explains`,
  ],
])(
  'a difference of %s stops trading, is shown with what to do, and is confirmed',
  async (kind, change, message) => {
    await on.restart();
    change();
    expect(await codesOfOrder()).toContain('trading-halted');
    expect(await codesOfOrder()).toContain('trading-halted');
    expect(on.mock.posts).toBe(1);
    const found = await open();
    expect(found?.differences).toMatchObject([
      { kind, message, action: expect.stringMatching(/trader reconcile/) },
    ]);
    const { body: state } = await on.call(getState, {});
    expect(state).toMatchObject({ state: 'HALTED', restrictions: [{ code: 'not-reconciled' }] });

    const wrong = await on.call(confirm, { digest: '0000', reason: 'checked' }, 'wrong');
    expect([wrong.status, wrong.body.facts?.rule ?? wrong.body.rule]).toEqual([
      422,
      'differences-changed',
    ]);
    const right = await on.call(confirm, { digest: found?.digest, reason: 'checked' }, 'right');
    expect(right.body).toMatchObject({ success: true, state: 'ACTIVE', restrictions: [] });
    expect(await codesOfOrder()).toEqual([]);
    // It was booked once, and is not asked about again.
    await on.restart();
    expect(await codesOfOrder()).toEqual([]);
  },
);

it('what the broker rounds otherwise is booked as rounding, and halts nothing', async () => {
  // The broker keeps its cash finer than in cents.
  for (const quantity of ['1.00004', '1.00004', '0.33333', '2.12345']) {
    await on.restart();
    on.mock.byHand('BETA', quantity);
    expect((await sync()).body).toMatchObject({ externalBooked: 0, differences: [] });
    const { body: cash } = await on.call(getCash, {});
    expect(Number(cash.cashBalance.amount)).toBe(Number(Number(on.mock.books.cash).toFixed(2)));
    expect(await codesOfOrder()).toEqual([]);
  }
  expect((await on.call(verifyLedger, {})).body).toMatchObject({ correct: true, findings: [] });
});

it('a sync before the first order does not swallow the difference', async () => {
  await on.restart();
  on.mock.cash += 5_000_000_000n;
  const { body } = await sync();
  expect(body).toMatchObject({
    externalBooked: 1,
    differences: [expect.stringMatching(/\+5 USD/)],
  });
  expect(await codesOfOrder()).toContain('trading-halted');
  await on.restart();
  expect(await codesOfOrder()).toContain('trading-halted');
  expect((await open())?.differences).toHaveLength(1);
});

it('ends by itself when the broker explains it', async () => {
  await on.restart();
  on.mock.cash += 5_000_000_000n;
  expect(await codesOfOrder()).toContain('trading-halted');
  on.mock.cash -= 5_000_000_000n;
  on.mock.event({ activity_type: 'CSD', net_amount: '5' });
  await sync();
  expect(await open()).toBeUndefined();
  expect(await codesOfOrder()).toEqual([]);
  const { body } = await on.call(getCash, {});
  expect(body.cashBalance.amount).toBe('19805.00');
});

it('an order that somebody placed at the broker stops trading until it is gone', async () => {
  await on.restart();
  on.mock.fillsAtOnce = 0n;
  const client = on.mock.byHand('BETA', '3');
  expect(await codesOfOrder()).toContain('trading-halted');
  expect((await open())?.differences).toMatchObject([
    {
      kind: 'unknown-order',
      subject: client,
      change: '3',
      message: expect.stringMatching(/BUY 3 BETA/),
    },
  ]);
  on.mock.fillsAtOnce = undefined;
  on.mock.cancelByHand(client);
  expect(await codesOfOrder()).toEqual([]);
});

it('what is external later, while the process runs, is booked and does not stop trading', async () => {
  on.mock.cash += 5_000_000_000n;
  expect((await sync()).body).toMatchObject({ externalBooked: 1, differences: [] });
  expect(await codesOfOrder()).toEqual([]);
});

it('nothing is sent while the broker cannot be asked at the start', async () => {
  await on.restart();
  on.mock.readFault = '500';
  const order = { isin: BETA, side: 'BUY', quantity: 1 };
  const { status } = await on.call(executeTrade, order, 'k');
  expect(status).toBeGreaterThanOrEqual(500);
  expect(on.mock.posts).toBe(1);
  on.mock.readFault = 'none';
  expect((await on.call(executeTrade, order, 'k')).body).toMatchObject({ success: true });
  expect(on.mock.posts).toBe(2);
});

it('a difference that is found while an order is on its way keeps it from being sent', async () => {
  const { database } = on.dependencies;
  const commit = database.commit.bind(database);
  const difference = {
    kind: 'unknown-order',
    subject: 'x',
    change: Decimal.one,
    label: 'BUY 1 BETA',
  } as const;
  let raced = false;
  database.commit = async (expect, write, guard) => {
    if (guard === 'advancing' && !raced) {
      raced = true;
      await new ReconciliationRecord(database).putOrders(
        DEFAULT_ACCOUNT,
        [difference],
        on.dependencies.now(),
      );
    }
    return commit(expect, write, guard);
  };
  expect(await codesOfOrder()).toEqual(['trading-halted']);
  expect([raced, on.mock.posts]).toEqual([true, 1]);
});

it('shows what is pending at the broker', async () => {
  on.mock.pendingIn = '150.00';
  on.mock.pendingOut = '-20.5';
  await sync();
  const { body } = await on.call(getCash, {});
  expect(body).toMatchObject({
    pendingDeposits: { amount: '150.00', currency: 'USD' },
    pendingWithdrawals: { amount: '20.50', currency: 'USD' },
  });
  on.mock.pendingIn = null;
  on.mock.event({ activity_type: 'CSD', net_amount: '150' });
  await sync();
  const { body: later } = await on.call(getCash, {});
  expect(later.pendingDeposits.amount).toBe('0.00');
});

it('books cash in other currencies, and counts what there is a rate for', async () => {
  const { broker, database, now, marketData } = on.dependencies;
  const statement = broker.statement.bind(broker);
  const cash = [Money.parse('12.50', 'EUR'), Money.parse('800', 'JPY')];
  broker.statement = async (...given) => ({
    ...(await statement(...given)),
    otherBalances: cash.map((one) => ({ cash: one, flows: [] })),
  });
  const [prices, today] = [new PriceStore(database), marketData.today(now())];
  await prices.putRates(parseCurrency('EUR'), parseCurrency('USD'), {
    days: Int32Array.of(epochDay(today)),
    rates: Float64Array.of(1.1),
  });
  await prices.putFetched('rates:EUR-USD', { through: today, at: now() });
  const before = (await on.call(getSummary, {})).body.totalValue.amount as string;
  await sync();
  const { body } = await on.call(getCash, {});
  expect(body.otherBalances).toEqual([
    {
      cash: { amount: '12.50', currency: 'EUR' },
      value: { amount: '13.75', currency: 'USD' },
      rate: { from: 'EUR', to: 'USD', rate: '1.1', day: today },
    },
    { cash: { amount: '800', currency: 'JPY' } },
  ]);
  expect(body.warnings).toEqual(['JPY 800 is not counted in the value: there is no rate for JPY.']);
  const { body: summary } = await on.call(getSummary, {});
  expect(summary.otherCashValue).toEqual({ amount: '13.75', currency: 'USD' });
  expect(Number(summary.totalValue.amount)).toBeCloseTo(Number(before) + 13.75, 2);
  const verified = await on.call(verifyLedger, {});
  expect(verified.body).toMatchObject({ correct: true, findings: [] });
});

it('a balance in another currency that nothing explains stops trading, too', async () => {
  const { broker } = on.dependencies;
  await on.restart();
  const statement = broker.statement.bind(broker);
  on.dependencies.broker.statement = async (...given) => ({
    ...(await statement(...given)),
    otherBalances: [{ cash: Money.parse('12.50', 'EUR'), flows: [] }],
  });
  expect(await codesOfOrder()).toContain('trading-halted');
  expect((await open())?.differences).toMatchObject([
    { kind: 'cash', message: expect.stringMatching(/\+12.5 EUR/) },
  ]);
});
