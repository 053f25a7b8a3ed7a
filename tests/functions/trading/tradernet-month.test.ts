/**
 * A month at a Tradernet that misbehaves in another way each day, as `broker-month` at Alpaca: each evening the book is
 * the broker's in every currency, and no order is there twice. Tradernet takes a repeated order for a second one and
 * cannot prove that it has none; there a person decides. The suite lives some of its days; DAYS=all SEED=… all of them.
 */
import { epochDay } from '#shared/kernel/calendar-day.ts';
import { parseCurrency } from '#shared/kernel/currency.ts';
import { MINUTE_MS } from '#shared/kernel/instant.ts';
import { integerBelow, seededRandom } from '#shared/kernel/random.ts';
import { PriceStore } from '#shared/universe/price-store.ts';
import cancelTrade from '../../../functions/trading/cancel-trade/handler.ts';
import executeTrade from '../../../functions/trading/execute-trade/handler.ts';
import getHistory from '../../../functions/trading/get-trade-history/handler.ts';
import getState from '../../../functions/trading/get-trading-state/handler.ts';
import getStatus from '../../../functions/trading/get-trade-status/handler.ts';
import getCash from '../../../functions/portfolio/get-cash-balance/handler.ts';
import getPositions from '../../../functions/portfolio/get-positions/handler.ts';
import updatePositions from '../../../functions/portfolio/update-positions/handler.ts';
import verifyLedger from '../../../functions/portfolio/verify-ledger/handler.ts';
import { tradernetAbilities } from '../../support/brokers/tradernet-faults.ts';
import { TradernetFixture } from '../../support/brokers/tradernet-fixture.ts';
import type {
  TradernetOrderFault,
  TradernetReadFault,
} from '../../support/brokers/tradernet-mock.ts';
import { startTestRedis, type TestRedis } from '../../support/dependencies.ts';
import { BETA } from '../../support/markets/set-market.ts';

const SEED = process.env['SEED'] ?? 'month-1';
const DAYS = process.env['DAYS'] === 'all' ? Infinity : Number(process.env['DAYS'] ?? 6);
const INSTRUMENT = 'BETA.US';
const random = seededRandom(SEED);
let redis: TestRedis;
let on: TradernetFixture;
let keys = 0;

beforeAll(async () => {
  redis = await startTestRedis();
  on = await new TradernetFixture(redis, {
    ...{ ORDERS_PER_DAY_MAX: '1000', DAY_TURNOVER_MAX_RATIO: '100', MAXIMUM_ORDER_RATIO: '1' },
  }).open();
  const { database, marketData, now } = on.dependencies;
  const [prices, today] = [new PriceStore(database), marketData.today(now())];
  await prices.putRates(parseCurrency('EUR'), parseCurrency('USD'), {
    days: Int32Array.of(epochDay(today)),
    rates: Float64Array.of(1.1),
  });
  await prices.putFetched('rates:EUR-USD', { through: today, at: now() });
});
afterAll(async () => {
  await on.close();
  await redis.stop();
});

const sync = () => on.call(updatePositions, { forceSync: true });

async function trade(side: 'BUY' | 'SELL', quantity: number, fault?: TradernetOrderFault) {
  const key = `order-${(keys += 1)}`;
  const order = { isin: BETA, side, quantity };
  on.mock.orderFault = fault ?? 'none';
  await on.call(executeTrade, order, key);
  on.mock.orderFault = 'none';
  const { body } = await on.call(executeTrade, order, key);
  return body.tradeId as string;
}

/** Asked until it is known; where the broker does not show it, a person says that it has none. */
async function settled(tradeId: string): Promise<string> {
  for (let query = 0; query < 4; query += 1) {
    on.advance(MINUTE_MS);
    const { body } = await on.call(getStatus, { tradeId });
    const state = body.execution?.state as string;
    if (state === 'NEEDS_HUMAN')
      await on.call(cancelTrade, { tradeId, reason: 'not at Tradernet' }, `person-${tradeId}`);
    else if (!['UNKNOWN', 'SUBMITTING'].includes(state)) return state;
  }
  throw new Error(`${tradeId} stays unknown`);
}

async function clientOf(tradeId: string): Promise<string> {
  const { body } = await on.call(getStatus, { tradeId });
  return body.execution.orderId as string;
}

type Day = readonly [name: string, live: () => Promise<unknown>];
const faulty = Object.entries(tradernetAbilities.orderFaults) as [TradernetOrderFault, boolean][];
const unread = tradernetAbilities.readFaults as TradernetReadFault[];

const days: readonly Day[] = [
  ...faulty.map(([fault, took]): Day => [
    `an order whose answer is ${fault}`,
    async () => {
      const end = await settled(await trade('BUY', 2, fault));
      expect([fault, took ? ['FILLED'] : ['ABSENT', 'REJECTED', 'FAILED']]).toEqual([
        fault,
        expect.arrayContaining([end]),
      ]);
    },
  ]),
  ...unread.map((fault): Day => [
    `a statement that is ${fault}`,
    async () => {
      on.mock.readFault = fault;
      expect((await sync()).status).toBeGreaterThanOrEqual(400);
      await on.call(executeTrade, { isin: BETA, side: 'BUY', quantity: 1 }, `read-${fault}`);
      on.mock.readFault = 'none';
    },
  ]),
  [
    'a partial fill that goes on after the cancellation',
    async () => {
      on.mock.fillsAtOnce = 1;
      const tradeId = await trade('BUY', 5);
      await on.call(cancelTrade, { tradeId, reason: 'enough' }, `cancel-${tradeId}`);
      on.mock.execute(await clientOf(tradeId), 2);
      on.mock.fillsAtOnce = undefined;
      await on.call(getStatus, { tradeId });
    },
  ],
  [
    'late and reordered fills',
    async () => {
      on.mock.fillsAtOnce = 1;
      const tradeId = await trade('BUY', 3);
      on.mock.execute(await clientOf(tradeId), 2, { early: true });
      on.mock.fillsAtOnce = undefined;
      await on.call(getStatus, { tradeId });
    },
  ],
  ['an order by hand', async () => void on.mock.byHand(INSTRUMENT, 1)],
  ['a deposit', async () => on.mock.flow('sepa', 32_109)],
  ['a deposit in euros', async () => on.mock.flow('sepa', 12_345, 'EUR')],
  ['a dividend with tax withheld', async () => on.mock.dividend(INSTRUMENT, 0.85, 10, 128)],
  ['an exchange of currencies', async () => on.mock.exchange('EUR/USD', 100, 1.1, true)],
  ['a fee in euros', async () => on.mock.flow('agent_fee', -77, 'EUR')],
  [
    'a commission that is stated a day later, over a restart',
    async () => {
      on.mock.commission = { cents: 120, currency: 'USD' };
      on.mock.chargesLag = true;
      on.mock.byHand(INSTRUMENT, 1);
      await on.restart();
      await evening('before the commission is stated');
      const { body } = await on.call(getState, {});
      expect(body.restrictions).toEqual([]);
      on.mock.stateCharges();
      on.mock.chargesLag = false;
      on.mock.commission = undefined;
    },
  ],
  ['cash that nobody explains', async () => on.mock.cents.set('USD', usd() - 123)],
  ['a split overnight', async () => on.mock.split(INSTRUMENT, 2)],
  [
    'a restart in the middle of an order',
    async () => {
      const tradeId = await trade('BUY', 1, 'lost-after');
      await on.restart();
      await settled(tradeId);
    },
  ],
  ['a sale', async () => settled(await trade('SELL', 1))],
];

function usd(): number {
  return on.mock.books.cents.get('USD') ?? 0;
}

function shuffled<T>(all: readonly T[]): T[] {
  const left = [...all];
  return all.flatMap(() => left.splice(integerBelow(random, left.length), 1));
}

/** Its own books are compared: cash of each currency, shares, and orders by the id that was sent. */
async function evening(name: string): Promise<void> {
  expect([name, (await sync()).status]).toEqual([name, 200]);
  const { cents, shares, orders } = on.mock.books;
  const { body: cash } = await on.call(getCash, {});
  const { body: held } = await on.call(getPositions, {});
  expect([name, cash.message]).toEqual([name, undefined]);
  const booked = [cash.cashBalance, ...cash.otherBalances.map((one: Balance) => one.cash)];
  const stated = [...cents].filter(([currency, sum]) => currency === 'USD' || sum !== 0);
  expect([name, booked.map(({ amount, currency }) => `${currency} ${amount}`).sort()]).toEqual([
    name,
    stated.map(([currency, sum]) => `${currency} ${(sum / 100).toFixed(2)}`).sort(),
  ]);
  expect([name, held.positions[0]?.quantity]).toEqual([name, shares.get(INSTRUMENT)]);
  const sent = orders.flatMap(({ userId }) => userId ?? []);
  expect([name, new Set(sent).size]).toEqual([name, sent.length]);
  const taken = (await history()).filter(
    ({ state }) => !['DENIED', 'ABSENT', 'REJECTED'].includes(state),
  );
  expect([name, taken.map(({ orderId }) => orderId).sort()]).toEqual([name, sent.sort()]);
}

interface Balance {
  readonly cash: { readonly amount: string; readonly currency: string };
}

async function history(): Promise<{ orderId: string; state: string }[]> {
  const { body } = await on.call(getHistory, { limit: 500 });
  return body.executions as { orderId: string; state: string }[];
}

it(`keeps the broker's book and sends nothing twice (seed ${SEED})`, async () => {
  expect(await settled(await trade('BUY', 10))).toBe('FILLED');
  for (const [name, live] of shuffled(days).slice(0, DAYS)) {
    await live();
    await evening(name);
  }
  const { body } = await on.call(verifyLedger, {});
  expect(body).toMatchObject({ correct: true, findings: [] });
});
