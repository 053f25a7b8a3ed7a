/**
 * A month at an Interactive Brokers whose statements misbehave in another way each day: each evening the book is the
 * broker's in every currency and security, and nothing is booked as external but what nobody explains. The suite lives
 * some of its days; DAYS=all SEED=… lives them all, in another order.
 */
import { integerBelow, seededRandom } from '#shared/kernel/random.ts';
import { MINUTE_MS } from '#shared/kernel/instant.ts';
import executeTrade from '../../../functions/trading/execute-trade/handler.ts';
import getCash from '../../../functions/portfolio/get-cash-balance/handler.ts';
import getPositions from '../../../functions/portfolio/get-positions/handler.ts';
import updatePositions from '../../../functions/portfolio/update-positions/handler.ts';
import verifyLedger from '../../../functions/portfolio/verify-ledger/handler.ts';
import { FlexFixture } from '../../support/brokers/flex-fixture.ts';
import { startTestRedis, type TestRedis } from '../../support/dependencies.ts';
import { ALPHA, BETA, GAMMA } from '../../support/markets/set-market.ts';

const SEED = process.env['SEED'] ?? 'month-1';
const DAYS = process.env['DAYS'] === 'all' ? Infinity : Number(process.env['DAYS'] ?? 12);
const CACHED_MS = 16 * MINUTE_MS;
const random = seededRandom(SEED);
let redis: TestRedis;
let on: FlexFixture;

beforeAll(async () => {
  redis = await startTestRedis();
  on = await new FlexFixture(redis).open();
});
afterAll(async () => {
  await on.close();
  await redis.stop();
});

const sync = async () => {
  on.advance(CACHED_MS);
  return on.call(updatePositions, { forceSync: true });
};

/** What was booked stays as it is while a statement cannot be read. */
async function isRefused(unreadable: () => void, again: () => void): Promise<void> {
  const before = await booked();
  on.mock.cash('Other Fees', -11);
  unreadable();
  expect((await sync()).status).toBeGreaterThanOrEqual(400);
  expect(await booked()).toEqual(before);
  again();
}

const failing = (fault: string) => () =>
  isRefused(
    () => (on.mock.fault = fault),
    () => (on.mock.fault = undefined),
  );
const serving = (served: (statement: string) => string) => () =>
  isRefused(
    () => (on.mock.served = served(on.mock.statement())),
    () => (on.mock.served = undefined),
  );

interface Day {
  readonly name: string;
  readonly live: () => unknown;
  /** Lines that nobody explains. */
  readonly external?: number;
}

const days: readonly Day[] = [
  ...['1012', '1014', '1003', '1018', '1019', '9999', 'html', '500'].map((fault): Day => ({
    name: `answers ${fault}`,
    live: failing(fault),
  })),
  { name: 'is cut off in the middle', live: serving((all) => all.slice(0, all.length * 0.6)) },
  { name: 'is cut off before its end', live: serving((all) => all.slice(0, -12)) },
  { name: 'is empty', live: serving(() => '') },
  {
    name: 'lacks its balances',
    live: serving((all) => all.replace(/<CashReport>.*<\/CashReport>/, '')),
  },
  {
    name: 'is that of another account',
    live: serving((all) => all.replace(/<FlexStatement .*<\/FlexStatement>/s, '')),
  },
  { name: 'is not finished at first', live: () => (on.mock.busy = 4) },
  { name: 'is one of an earlier day', live: earlier },
  { name: 'comes two days late', live: late },
  {
    name: 'has every row twice',
    live: () => ((on.mock.copies = 2), on.mock.cash('Other Fees', -7)),
  },
  { name: 'comes twice, over a restart', live: async () => (await sync(), await on.restart()) },
  { name: 'has a row of the past with another amount', live: restated, external: 1 },
  { name: 'takes a dividend back and pays another', live: corrected },
  {
    name: 'has an order by hand',
    live: () => on.mock.trade('BETA', BETA, 3, 10_050, { ibCommission: -1 }),
  },
  { name: 'has a sale by hand', live: () => on.mock.trade('BETA', BETA, -1, 10_150) },
  {
    name: 'has a trade in euros',
    live: () =>
      on.mock.trade('ALPHA', ALPHA, 2, 9_000, {
        currency: 'EUR',
        fxRateToBase: 1.1,
        ibCommission: -3,
        ibCommissionCurrency: 'EUR',
      }),
  },
  { name: 'has a dividend with tax', live: dividend },
  { name: 'has a dividend in euros with tax', live: () => dividend('EUR') },
  {
    name: 'has a deposit in euros',
    live: () => on.mock.cash('Deposits/Withdrawals', 12_345, 'EUR'),
  },
  { name: 'has a withdrawal', live: () => on.mock.cash('Deposits & Withdrawals', -4_321) },
  { name: 'has an exchange of currencies', live: () => on.mock.exchange(100, 110) },
  {
    name: 'has a commission adjusted a day later',
    live: () => on.mock.cash('Commission Adjustments', 35),
  },
  {
    name: 'has a transfer in, in euros',
    live: () =>
      on.mock.transfer('GAMMA', GAMMA, 5, 1_234, {
        currency: 'EUR',
        fxRateToBase: 1.0812,
        transferPrice: 20.5,
        direction: 'IN',
      }),
  },
  {
    name: 'has a transfer out',
    live: () => on.mock.transfer('BETA', BETA, -1, 0, { currency: 'USD', direction: 'OUT' }),
  },
  { name: 'has a split', live: () => on.mock.split('BETA', 2) },
  {
    name: 'has cash that nobody explains',
    live: () => on.mock.cents.set('USD', (on.mock.cents.get('USD') ?? 0) - 123),
    external: 1,
  },
  {
    name: 'has shares that nobody explains',
    live: () => on.mock.hold('BETA', BETA, 2),
    external: 1,
  },
];

/** The service answers with a statement that it made a day before. */
async function earlier(): Promise<void> {
  const kept = on.mock.statement();
  on.mock.nextDay();
  on.mock.trade('BETA', BETA, 1, 10_000);
  expect((await sync()).status).toBe(200);
  const before = await booked();
  on.mock.served = kept;
  const { status, body } = await sync();
  expect([status, body.message]).toEqual([422, expect.stringContaining('is booked already')]);
  expect(await booked()).toEqual(before);
  on.mock.served = undefined;
}

async function late(): Promise<void> {
  on.mock.served = on.mock.statement();
  on.mock.nextDay();
  on.mock.trade('BETA', BETA, 1, 10_000);
  const before = await booked();
  expect((await sync()).status).toBe(200);
  expect(await booked()).toEqual(before);
  on.mock.nextDay();
  on.mock.served = undefined;
}

async function restated(): Promise<void> {
  on.mock.cash('Dividends', 440, 'USD', { isin: BETA });
  expect((await sync()).status).toBe(200);
  on.mock.restate('CashTransactions', 'Dividends', 460);
}

async function corrected(): Promise<void> {
  on.mock.cash('Dividends', 440, 'USD', { isin: BETA });
  await sync();
  on.mock.cash('Dividends', -440, 'USD', { isin: BETA });
  on.mock.cash('Dividends', 450, 'USD', { isin: BETA });
}

function dividend(currency = 'USD'): void {
  on.mock.cash('Dividends', 440, currency, { isin: BETA, actionID: '77' });
  on.mock.cash('Withholding Tax', -66, currency, { isin: BETA, actionID: '77' });
}

function shuffled<T>(all: readonly T[]): T[] {
  const left = [...all];
  return all.flatMap(() => left.splice(integerBelow(random, left.length), 1));
}

interface Money {
  readonly amount: string;
  readonly currency: string;
}

/** Cash by currency and shares by ISIN, those of 0 left out. */
async function booked(): Promise<unknown> {
  const { body: cash } = await on.call(getCash, {});
  const { body: held } = await on.call(getPositions, {});
  const others = (cash.otherBalances ?? []) as { readonly cash: Money }[];
  const positions = (held.positions ?? []) as {
    readonly isin: string;
    readonly quantity: number;
  }[];
  const balances = [cash.cashBalance as Money, ...others.map((one) => one.cash)];
  return {
    cash: balances
      .filter(({ amount }) => Number(amount) !== 0)
      .map(({ amount, currency }) => `${currency} ${amount}`)
      .sort(),
    shares: positions.map(({ isin, quantity }) => `${isin} ${quantity}`).sort(),
  };
}

function stated(): unknown {
  const { cents, shares } = on.mock;
  const held = [...shares.values()].filter(({ quantity }) => quantity !== 0);
  return {
    cash: [...cents]
      .filter(([, sum]) => sum !== 0)
      .map(([currency, sum]) => `${currency} ${(sum / 100).toFixed(2)}`)
      .sort(),
    shares: held.map(({ isin, quantity }) => `${isin} ${quantity}`).sort(),
  };
}

it(`keeps the broker's book, and sends nothing (seed ${SEED})`, async () => {
  on.mock.nextDay();
  on.mock.cash('Deposits/Withdrawals', 1_000_000);
  on.mock.cash('Deposits/Withdrawals', 100_000, 'EUR', { fxRateToBase: 1.1 });
  on.mock.trade('BETA', BETA, 10, 10_000, { ibCommission: -1, ibCommissionCurrency: 'USD' });
  expect((await sync()).body.externalBooked).toBe(0);
  for (const { name, live, external = 0 } of shuffled(days).slice(0, DAYS)) {
    on.mock.nextDay();
    await live();
    const { status, body } = await sync();
    expect([name, status, body.externalBooked]).toEqual([name, 200, external]);
    expect([name, await booked()]).toEqual([name, stated()]);
    on.mock.copies = 1;
  }
  const order = await on.call(executeTrade, { isin: BETA, side: 'BUY', quantity: 1 }, 'none');
  expect(order.body).toMatchObject({ success: false, execution: { state: 'DENIED' } });
  expect((await on.call(verifyLedger, {})).body).toMatchObject({ correct: true, findings: [] });
});
