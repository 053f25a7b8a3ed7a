/**
 * A month at a paper broker that misbehaves in another way each day, as `broker-month` at Alpaca: each
 * evening the book is the broker's and what the test itself adds up, and no order is there twice. The suite
 * lives some of its days; DAYS=all SEED=… lives them all, in another order.
 */
import { addDays, dayOf, type CalendarDay } from '#shared/kernel/calendar-day.ts';
import { Decimal } from '#shared/kernel/decimal.ts';
import { DEFAULT_ACCOUNT } from '#shared/kernel/identifiers.ts';
import { DAY_MS, MINUTE_MS } from '#shared/kernel/instant.ts';
import { Money } from '#shared/kernel/money.ts';
import { Price } from '#shared/kernel/price.ts';
import { integerBelow, seededRandom } from '#shared/kernel/random.ts';
import cancelTrade from '../../../functions/trading/cancel-trade/handler.ts';
import executeTrade from '../../../functions/trading/execute-trade/handler.ts';
import getHistory from '../../../functions/trading/get-trade-history/handler.ts';
import getStatus from '../../../functions/trading/get-trade-status/handler.ts';
import bookMovement from '../../../functions/portfolio/book-movement/handler.ts';
import getCash from '../../../functions/portfolio/get-cash-balance/handler.ts';
import getPositions from '../../../functions/portfolio/get-positions/handler.ts';
import updatePositions from '../../../functions/portfolio/update-positions/handler.ts';
import verifyLedger from '../../../functions/portfolio/verify-ledger/handler.ts';
import type { QueryFault, SubmitFault } from '../../support/brokers/faulty-broker.ts';
import { PaperInstallation } from '../../support/brokers/paper-installation.ts';
import { startTestRedis, type TestRedis } from '../../support/dependencies.ts';
import { seedMarket } from '../../support/markets/seed-market.ts';
import { BETA } from '../../support/markets/set-market.ts';

const SEED = process.env['SEED'] ?? 'month-1';
const DAYS = process.env['DAYS'] === 'all' ? Infinity : Number(process.env['DAYS'] ?? 9);
const PRICE = 100;
const FEE = 2;
const signal = new AbortController().signal;
const random = seededRandom(SEED);
let redis: TestRedis;
let on: PaperInstallation;
let keys = 0;
/** What the account must have, in whole units. */
let [cash, shares] = [20_000, 0];

beforeAll(async () => {
  redis = await startTestRedis();
  on = await new PaperInstallation(redis, {
    ...{ ORDERS_PER_DAY_MAX: '1000', DAY_TURNOVER_MAX_RATIO: '100', MAXIMUM_ORDER_RATIO: '1' },
    ...{ PAPER_OPENING_CASH: String(cash), FEE_FIXED: String(FEE), FEE_RATIO: '0' },
    ...{ HALF_SPREAD_RATIO: '0', PAPER_SLIPPAGE_MAX_RATIO: '0', PAPER_SPLIT_RATIO: '0' },
  }).open();
});
afterAll(async () => {
  await on.close();
  await redis.stop();
});

const sync = () => on.call(updatePositions, { forceSync: true });

function bought(quantity: number): void {
  cash -= quantity * PRICE + FEE;
  shares += quantity;
}

/** Sends an order, again with the same key while the fault lasts, and once more when it is over. */
async function trade(quantity: number, fault: SubmitFault = 'none', more: object = {}) {
  const key = `order-${(keys += 1)}`;
  const order = { isin: BETA, side: 'BUY', quantity, ...more };
  on.mock.broker.submitFault = fault;
  await on.call(executeTrade, order, key);
  on.mock.broker.submitFault = 'none';
  const { body } = await on.call(executeTrade, order, key);
  return body.tradeId as string;
}

async function stateOf(tradeId: string): Promise<string> {
  return (await on.call(getStatus, { tradeId })).body.execution?.state as string;
}

/** Until what is unknown is known: the settling time passes between two queries. */
async function settled(tradeId: string): Promise<string> {
  for (let query = 0; query < 6; query += 1) {
    on.advance(MINUTE_MS);
    const state = await stateOf(tradeId);
    if (!['UNKNOWN', 'SUBMITTING'].includes(state)) return state;
  }
  throw new Error(`${tradeId} stays unknown`);
}

interface Day {
  readonly name: string;
  readonly live: () => Promise<unknown>;
}

const lost: readonly SubmitFault[] = ['accepts-then-throws', 'accepts-then-answers-garbage'];
const unseen: readonly QueryFault[] = ['throws', 'garbage', 'other-order', 'fills-twice'];

const days: readonly Day[] = [
  ...lost.map((fault) => ({
    name: `an order is taken, and the answer ${fault}`,
    live: async () => {
      expect(await settled(await trade(2, fault))).toBe('FILLED');
      bought(2);
    },
  })),
  ...unseen.map((fault) => ({
    name: `an order of unknown outcome, and the query ${fault}`,
    live: async () => {
      on.mock.broker.queryFault = fault;
      const tradeId = await trade(1, 'accepts-then-throws');
      on.advance(MINUTE_MS);
      await stateOf(tradeId);
      on.mock.broker.queryFault = 'none';
      expect(await settled(tradeId)).toBe('FILLED');
      bought(1);
    },
  })),
  {
    name: 'an order that does not arrive',
    live: async () =>
      expect(await settled(await trade(2, 'throws-before-acting'))).toMatch(/ABSENT|FAILED/),
  },
  {
    name: 'an order that arrives late',
    live: async () => {
      const tradeId = await trade(2, 'appears-later');
      await on.mock.broker.arrive();
      expect(await settled(tradeId)).toBe('FILLED');
      bought(2);
    },
  },
  {
    name: 'no statement',
    live: async () => {
      on.mock.broker.statementFails = true;
      expect((await sync()).status).toBeGreaterThanOrEqual(500);
      await on.call(executeTrade, { isin: BETA, side: 'BUY', quantity: 1 }, `blind-${keys}`);
      on.mock.broker.statementFails = false;
    },
  },
  {
    name: 'a limit that is reached after a restart',
    live: async () => {
      const limit = { orderType: 'LIMIT', timeInForce: 'GTC' };
      const limitPrice = { amount: '99', currency: 'USD' };
      const tradeId = await trade(3, 'none', { ...limit, limitPrice });
      expect(await stateOf(tradeId)).toBe('ACCEPTED');
      await on.restart();
      await nextDay(98);
      expect(await settled(tradeId)).toBe('FILLED');
      cash -= 3 * 98 + FEE;
      shares += 3;
    },
  },
  {
    name: 'a limit order that is cancelled',
    live: async () => {
      const limit = { orderType: 'LIMIT', timeInForce: 'GTC' };
      const limitPrice = { amount: '99', currency: 'USD' };
      const tradeId = await trade(3, 'none', { ...limit, limitPrice });
      await on.call(cancelTrade, { tradeId, reason: 'enough' }, `cancel-${tradeId}`);
      await nextDay(98);
      expect(await stateOf(tradeId)).toBe('CANCELLED');
    },
  },
  {
    name: 'an order by hand',
    live: async () => {
      const order = { clientOrderId: `by-hand-${keys}`, accountId: DEFAULT_ACCOUNT, isin: BETA };
      const rest = { symbol: 'BETA', side: 'BUY', type: 'MARKET', timeInForce: 'DAY' } as const;
      await on.other().submit({ ...order, ...rest, quantity: Decimal.of(4) }, signal);
      bought(4);
    },
  },
  {
    name: 'a deposit at the broker',
    live: async () => {
      const paid = Money.parse('321.09', 'USD');
      await on.other().funding?.deposit(DEFAULT_ACCOUNT, 'bank', paid, signal);
      cash += 321.09;
    },
  },
  { name: 'a withdrawal', live: () => moved('withdrawal', -123.45) },
  { name: 'interest', live: () => moved('interest', 1.05) },
  { name: 'a fee a day later', live: () => moved('fee', -0.07) },
  {
    name: 'a dividend with tax withheld',
    live: async () => {
      const amount = Price.parse('0.40', 'USD');
      const taxRatio = Decimal.of('0.15');
      on.market.setAction({
        kind: 'dividend',
        isin: BETA,
        day: tomorrow(),
        source: 'set',
        amount,
        taxRatio,
      });
      await nextDay(PRICE);
      cash += 0.4 * shares * 0.85;
    },
  },
  {
    name: 'a split overnight',
    live: async () => {
      const terms = { newShares: Decimal.of(2), oldShares: Decimal.one };
      on.market.setAction({ kind: 'split', isin: BETA, day: tomorrow(), source: 'set', ...terms });
      await nextDay(PRICE);
      shares *= 2;
    },
  },
  {
    name: 'a restart in the middle of an order',
    live: async () => {
      const tradeId = await trade(1, 'accepts-then-throws');
      await on.restart();
      expect(await settled(tradeId)).toBe('FILLED');
      bought(1);
    },
  },
  {
    name: 'a sale',
    live: async () => {
      expect(await settled(await trade(1, 'accepts-then-throws', { side: 'SELL' }))).toBe('FILLED');
      cash += PRICE - FEE;
      shares -= 1;
    },
  },
];

async function moved(kind: string, amount: number): Promise<void> {
  const money = { amount: Math.abs(amount).toFixed(2), currency: 'USD' };
  const { status } = await on.call(bookMovement, { kind, amount: money }, `${kind}-${keys}`);
  expect([kind, status]).toEqual([kind, 200]);
  cash += amount;
}

function tomorrow(): CalendarDay {
  return addDays(dayOf(on.dependencies.now()), 1);
}

/** The market closes at this price on the next day. */
async function nextDay(price: number) {
  on.advance(DAY_MS);
  const day = dayOf(on.dependencies.now());
  on.market.setClose(BETA, day, price, 1_000_000);
  await seedMarket(on.dependencies, 0.1, ({ symbol }) => symbol === 'BETA');
  return day;
}

function shuffled<T>(all: readonly T[]): T[] {
  const left = [...all];
  return all.flatMap(() => left.splice(integerBelow(random, left.length), 1));
}

async function evening(name: string): Promise<void> {
  expect([name, (await sync()).status]).toEqual([name, 200]);
  const { body: balance } = await on.call(getCash, {});
  const { body: held } = await on.call(getPositions, {});
  const seen = await on.other().statement(DEFAULT_ACCOUNT, signal);
  const booked = [balance.cashBalance.amount, held.positions[0]?.quantity ?? 0];
  expect([name, ...booked]).toEqual([name, cash.toFixed(2), shares]);
  expect([name, seen.cash.amount.toString()]).toEqual([name, cash.toFixed(2)]);
  const { accepted } = on.mock;
  expect([name, new Set(accepted).size]).toEqual([name, accepted.length]);
  const { body } = await on.call(getHistory, { limit: 500 });
  const sent = (body.executions as { orderId: string; state: string }[])
    .filter(({ state }) => !['DENIED', 'ABSENT', 'REJECTED'].includes(state))
    .map(({ orderId }) => orderId);
  expect([name, sent.sort()]).toEqual([name, [...accepted].sort()]);
}

it(`keeps the broker's book and sends nothing twice (seed ${SEED})`, async () => {
  expect(await settled(await trade(10))).toBe('FILLED');
  bought(10);
  for (const { name, live } of shuffled(days).slice(0, DAYS)) {
    await nextDay(PRICE);
    await live();
    await evening(name);
  }
  expect((await on.call(verifyLedger, {})).body).toMatchObject({ correct: true, findings: [] });
});
