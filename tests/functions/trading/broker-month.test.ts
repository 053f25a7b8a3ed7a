/**
 * A month at a broker that misbehaves in another way each day: each evening the book is the broker's, and no order is
 * there twice. The suite lives some of its days; DAYS=all SEED=… lives them all, in another order.
 */
import { MINUTE_MS } from '#shared/kernel/instant.ts';
import { integerBelow, seededRandom } from '#shared/kernel/random.ts';
import cancelTrade from '../../../functions/trading/cancel-trade/handler.ts';
import executeTrade from '../../../functions/trading/execute-trade/handler.ts';
import getHistory from '../../../functions/trading/get-trade-history/handler.ts';
import getStatus from '../../../functions/trading/get-trade-status/handler.ts';
import getCash from '../../../functions/portfolio/get-cash-balance/handler.ts';
import getPositions from '../../../functions/portfolio/get-positions/handler.ts';
import updatePositions from '../../../functions/portfolio/update-positions/handler.ts';
import { alpacaAbilities } from '../../support/brokers/alpaca-faults.ts';
import type { OrderFault, ReadFault } from '../../support/brokers/alpaca-mock.ts';
import { ExternalFixture } from '../../support/brokers/external-fixture.ts';
import { startTestRedis, type TestRedis } from '../../support/dependencies.ts';
import { BETA } from '../../support/markets/set-market.ts';

const SEED = process.env['SEED'] ?? 'month-1';
const DAYS = process.env['DAYS'] === 'all' ? Infinity : Number(process.env['DAYS'] ?? 7);
const random = seededRandom(SEED);
let redis: TestRedis;
let on: ExternalFixture;
let keys = 0;

beforeAll(async () => {
  redis = await startTestRedis();
  on = await new ExternalFixture(redis, {
    ...{ ORDERS_PER_DAY_MAX: '1000', DAY_TURNOVER_MAX_RATIO: '100', MAXIMUM_ORDER_RATIO: '1' },
  }).open();
});
afterAll(async () => {
  await on.close();
  await redis.stop();
});

const sync = () => on.call(updatePositions, { forceSync: true });

/** Sends an order, again with the same key while the fault lasts, and once more when it is over. */
async function trade(side: 'BUY' | 'SELL', quantity: number, fault?: OrderFault): Promise<string> {
  const key = `order-${(keys += 1)}`;
  const order = { isin: BETA, side, quantity };
  on.mock.orderFault = fault ?? 'none';
  await on.call(executeTrade, order, key);
  on.mock.orderFault = 'none';
  const { body } = await on.call(executeTrade, order, key);
  return body.tradeId as string;
}

/** Until what is unknown is known: the settling time passes between two queries. */
async function settled(tradeId: string): Promise<string> {
  for (let query = 0; query < 4; query += 1) {
    on.advance(MINUTE_MS);
    const { body } = await on.call(getStatus, { tradeId });
    if (!['UNKNOWN', 'SUBMITTING'].includes(body.execution?.state as string))
      return body.execution?.state as string;
  }
  throw new Error(`${tradeId} stays unknown`);
}

const orderFaults = Object.keys(alpacaAbilities.orderFaults) as OrderFault[];
const readFaults = alpacaAbilities.readFaults as ReadFault[];

const days: readonly (readonly [string, () => Promise<unknown>])[] = [
  ...orderFaults.map(
    (fault) =>
      [
        `an order whose answer is ${fault}`,
        async () => settled(await trade('BUY', 2, fault)),
      ] as const,
  ),
  ...readFaults.map(
    (fault) =>
      [
        `a statement that is ${fault}`,
        async () => {
          on.mock.readFault = fault;
          expect((await sync()).status).toBeGreaterThanOrEqual(500);
          await on.call(executeTrade, { isin: BETA, side: 'BUY', quantity: 1 }, `read-${fault}`);
          on.mock.readFault = 'none';
        },
      ] as const,
  ),
  [
    'a partial fill that goes on after the cancellation',
    async () => {
      on.mock.fillsAtOnce = 1_000_000_000n;
      const tradeId = await trade('BUY', 5);
      await on.call(cancelTrade, { tradeId, reason: 'enough' }, `cancel-${tradeId}`);
      on.mock.execute(await clientOf(tradeId), '2');
      on.mock.fillsAtOnce = undefined;
      await on.call(getStatus, { tradeId });
    },
  ],
  [
    'late and reordered fills',
    async () => {
      on.mock.fillsAtOnce = 1_000_000_000n;
      const tradeId = await trade('BUY', 3);
      on.mock.execute(await clientOf(tradeId), '2', { early: true });
      on.mock.fillsAtOnce = undefined;
      await on.call(getStatus, { tradeId });
    },
  ],
  ['an order by hand', async () => void on.mock.byHand('BETA', '1.123456789')],
  ['a deposit', async () => on.mock.event({ activity_type: 'CSD', net_amount: '321.09' })],
  [
    'a dividend with tax withheld',
    async () => {
      on.mock.event({ activity_type: 'DIV', net_amount: '4.20', symbol: 'BETA' });
      on.mock.event({ activity_type: 'DIVNRA', net_amount: '-0.63', symbol: 'BETA' });
    },
  ],
  ['a fee a day later', async () => on.mock.event({ activity_type: 'FEE', net_amount: '-0.07' })],
  ['cash that nobody explains', async () => void (on.mock.cash -= 1_230_000_000n)],
  ['a delivery that nobody explains', async () => on.mock.deliver('BETA', '2')],
  ['a split overnight', async () => on.mock.split('BETA', 2n)],
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

function shuffled<T>(all: readonly T[]): T[] {
  const left = [...all];
  return all.flatMap(() => left.splice(integerBelow(random, left.length), 1));
}

async function clientOf(tradeId: string): Promise<string> {
  const { body } = await on.call(getStatus, { tradeId });
  return body.execution.orderId as string;
}

async function history(): Promise<{ orderId: string; state: string }[]> {
  const { body } = await on.call(getHistory, { limit: 500 });
  return body.executions as { orderId: string; state: string }[];
}

it(`keeps the broker's book and sends nothing twice (seed ${SEED})`, async () => {
  expect(await settled(await trade('BUY', 10))).toBe('FILLED');
  let byHand = 0;
  for (const [name, day] of shuffled(days).slice(0, DAYS)) {
    await day();
    if (name === 'an order by hand') byHand += 1;
    expect([name, (await sync()).status]).toEqual([name, 200]);
    const [{ body: cash }, { body: held }] = [
      await on.call(getCash, {}),
      await on.call(getPositions, {}),
    ];
    const { books } = on.mock;
    expect([name, Number(cash.cashBalance.amount)]).toEqual([
      name,
      Number(Number(books.cash).toFixed(2)),
    ]);
    expect([name, held.positions[0]?.quantity]).toEqual([name, Number(books.shares)]);
    const clients = books.orders.map(({ client }) => client);
    expect([name, new Set(clients).size]).toEqual([name, clients.length]);
    const taken = (await history()).filter(
      ({ state }) => !['DENIED', 'ABSENT', 'REJECTED'].includes(state),
    );
    expect([name, taken.length + byHand]).toEqual([name, clients.length]);
  }
});
