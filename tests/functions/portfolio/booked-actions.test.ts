import getPerformance from '../../../functions/portfolio/get-performance/handler.ts';
import getPositions from '../../../functions/portfolio/get-positions/handler.ts';
import getSummary from '../../../functions/portfolio/get-summary/handler.ts';
import updatePositions from '../../../functions/portfolio/update-positions/handler.ts';
import verifyLedger from '../../../functions/portfolio/verify-ledger/handler.ts';
import type { OrderInstruction } from '#shared/clients/broker/broker.ts';
import type { StatedAction } from '#shared/kernel/corporate-action.ts';
import { parseDay } from '#shared/kernel/calendar-day.ts';
import { Decimal } from '#shared/kernel/decimal.ts';
import { DEFAULT_ACCOUNT } from '#shared/kernel/identifiers.ts';
import { DAY_MS } from '#shared/kernel/instant.ts';
import { Price } from '#shared/kernel/price.ts';
import { StoredBook } from '#shared/portfolio/stored-book.ts';
import { startTestRedis, type TestRedis } from '../../support/dependencies.ts';
import type { PaperFixture } from '../../support/brokers/paper-fixture.ts';
import { seedMarket } from '../../support/markets/seed-market.ts';
import { ALPHA, BETA, GAMMA } from '../../support/markets/set-market.ts';
import { ask, openAccount } from './portfolio-fixture.ts';

const NEXT_DAY = parseDay('2024-03-05');
const signal = new AbortController().signal;
const decimals = (newShares: string, oldShares: string) => ({
  newShares: Decimal.parse(newShares),
  oldShares: Decimal.parse(oldShares),
});
const action = (kind: StatedAction['kind'], more: Partial<StatedAction> = {}): StatedAction => ({
  ...{ kind, isin: ALPHA, day: NEXT_DAY, source: 'test' },
  ...more,
});

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

const hold = (quantity: number, price: string) =>
  ask(updatePositions, on, {
    positions: [
      {
        ...{ isin: ALPHA, symbol: 'ALPHA', quantity },
        averagePrice: { amount: price, currency: 'EUR' },
      },
    ],
  });

/** The next day, on which the price opens at a new level. */
async function nextDay(closes: Partial<Record<string, number>>): Promise<void> {
  on.advance(DAY_MS);
  for (const [isin, close] of Object.entries(closes))
    on.market.setClose(isin as typeof ALPHA, NEXT_DAY, close ?? 0);
  await seedMarket(on.dependencies, 0.1, ({ isin }) => isin !== GAMMA);
}

const sync = () => ask(updatePositions, on, { forceSync: true });
const cash = async () =>
  (
    await new StoredBook(on.dependencies.database, on.dependencies.baseCurrency).book(
      DEFAULT_ACCOUNT,
    )
  ).cash;
const positions = async () =>
  (await ask(getPositions, on)).body.positions as {
    isin: string;
    symbol: string;
    quantity: number;
    costBasis: { amount: string };
    marketValue?: { amount: string };
  }[];

async function inOrder(): Promise<void> {
  expect((await ask(verifyLedger, on)).body).toMatchObject({ correct: true, findings: [] });
}

describe('a split of 4:1', () => {
  const split = action('split', decimals('4', '1'));

  it('multiplies the shares, keeps their cost and the value of the account, and is booked once', async () => {
    await hold(10, '80');
    const before = (await ask(getSummary, on)).body;
    on.market.setAction(split);
    await nextDay({ [ALPHA]: 25 });
    const first = (await sync()).body;
    const second = (await sync()).body;
    expect([first.actionsBooked, second.actionsBooked]).toEqual([1, 0]);
    expect([first.externalBooked, second.externalBooked]).toEqual([0, 0]);
    expect(await positions()).toMatchObject([
      { quantity: 40, costBasis: { amount: '800.00' }, marketValue: { amount: '1000.00' } },
    ]);
    expect((await ask(getSummary, on)).body.totalValue).toEqual(before.totalValue);
    const { metrics } = (await ask(getPerformance, on)).body;
    expect(metrics.totalReturnPct).toBeCloseTo(0, 10);
    expect(metrics.maxDrawdownPct).toBeCloseTo(0, 10);
    await inOrder();
  });

  it('is known before the first bar at the new level: the account keeps its value', async () => {
    await hold(10, '80');
    const before = (await ask(getSummary, on)).body;
    on.market.setAction(split);
    await nextDay({});
    expect((await ask(getSummary, on)).body.totalValue).toEqual(before.totalValue);
    await sync();
    expect((await ask(getSummary, on)).body.totalValue).toEqual(before.totalValue);
    expect(await positions()).toMatchObject([{ quantity: 40 }]);
  });

  it('does not apply to shares bought on its day or later, whenever it is announced', async () => {
    await hold(10, '80');
    await nextDay({ [ALPHA]: 25 });
    await hold(12, '25');
    on.market.setAction(split);
    await seedMarket(on.dependencies, 0.1, ({ isin }) => isin !== GAMMA);
    const { body } = await sync();
    expect(body).toMatchObject({ actionsBooked: 1, externalBooked: 0 });
    expect(await positions()).toMatchObject([{ quantity: 42 }]);
    await inOrder();
  });

  it('changes quantity, limit and stop price of an order that stands', async () => {
    await hold(10, '80');
    const order: OrderInstruction = {
      ...{ clientOrderId: 'stop-1', accountId: DEFAULT_ACCOUNT, isin: ALPHA, symbol: 'ALPHA' },
      ...{ side: 'SELL', quantity: Decimal.of(10), type: 'STOP_LIMIT', timeInForce: 'GTC' },
      stopPrice: Price.parse('80', 'EUR'),
      limitPrice: Price.parse('79', 'EUR'),
    };
    await on.broker.submit(order, signal);
    on.market.setAction(split);
    await nextDay({ [ALPHA]: 25 });
    const seen = await on.broker.findOrder(DEFAULT_ACCOUNT, 'stop-1', signal);
    expect(seen).toMatchObject({ state: 'WORKING', fills: [] });
    expect(seen?.quantity.toString()).toBe('40');
    expect(seen?.adjustment?.stopPrice?.toString()).toBe('EUR 20');
    expect(seen?.adjustment?.limitPrice?.toString()).toBe('EUR 19.75');
    // The same order sent again is the one that is known.
    expect(await on.broker.submit(order, signal)).toMatchObject({ kind: 'accepted' });
  });
});

it('pays cash for the fraction that a reverse split of 1:10 leaves', async () => {
  await hold(25, '100');
  const before = await cash();
  on.market.setAction(
    action('split', { ...decimals('1', '10'), fractionPrice: Price.parse('990', 'EUR') }),
  );
  await nextDay({ [ALPHA]: 1000 });
  await sync();
  expect(await positions()).toMatchObject([{ quantity: 2, costBasis: { amount: '2000.00' } }]);
  expect((await cash()).subtract(before).toString()).toBe('EUR 495.00');
  await inOrder();
});

it('pays a dividend in another currency on its pay day, less tax, on the shares held before', async () => {
  await hold(10, '100');
  const before = await cash();
  on.market.setAction(
    action('dividend', {
      amount: Price.parse('2', 'USD'),
      taxRatio: Decimal.parse('0.25'),
      payDay: parseDay('2024-03-06'),
    }),
  );
  await nextDay({ [ALPHA]: 98 });
  await hold(30, '98');
  expect((await cash()).equals(before)).toBe(true);
  on.advance(DAY_MS);
  on.market.setRate('USD', 'EUR', '2024-03-06', 0.8);
  const { body } = await sync();
  // 10 shares at 2 USD at 0.8, less a quarter.
  expect((await cash()).subtract(before).toString()).toBe('EUR 12.00');
  expect(body).toMatchObject({ flowsBooked: 2, externalBooked: 0 });
  expect((await sync()).body).toMatchObject({ flowsBooked: 0 });
  await inOrder();
});

it('splits the cost of a spin-off whose shares have no price yet', async () => {
  await hold(10, '100');
  on.market.setAction(
    action('spin-off', {
      ...decimals('1', '2'),
      ...{ newIsin: BETA, newSymbol: 'BETA', costRatio: Decimal.parse('0.3') },
    }),
  );
  await nextDay({ [ALPHA]: 70 });
  expect((await sync()).body).toMatchObject({ actionsBooked: 1, externalBooked: 0 });
  expect(await positions()).toMatchObject([
    { symbol: 'ALPHA', quantity: 10, costBasis: { amount: '700.00' } },
    { symbol: 'BETA', quantity: 5, costBasis: { amount: '300.00' } },
  ]);
  await inOrder();
});

it('takes a rename and a merger for cash and shares', async () => {
  await hold(10, '100');
  on.market.setAction(action('rename', { newIsin: BETA, newSymbol: 'BETA' }));
  on.market.setAction(
    action('merger', {
      ...{ isin: BETA, day: parseDay('2024-03-06'), ...decimals('2', '1') },
      ...{ newIsin: GAMMA, newSymbol: 'GAMMA', amount: Price.parse('30', 'EUR') },
    }),
  );
  await nextDay({ [BETA]: 100 });
  await sync();
  expect(await positions()).toMatchObject([
    { isin: BETA, symbol: 'BETA', quantity: 10, costBasis: { amount: '1000.00' } },
  ]);
  const before = await cash();
  on.advance(DAY_MS);
  expect((await sync()).body).toMatchObject({ actionsBooked: 1, externalBooked: 0 });
  expect((await cash()).subtract(before).toString()).toBe('EUR 300.00');
  // The cash lowers the cost.
  expect(await positions()).toMatchObject([
    { isin: GAMMA, quantity: 20, costBasis: { amount: '700.00' } },
  ]);
  await inOrder();
});

it('ends a delisted security with what is paid for it', async () => {
  await hold(10, '100');
  on.market.setAction(action('delisting', { amount: Price.parse('1.5', 'EUR') }));
  const before = await cash();
  await nextDay({ [ALPHA]: 2 });
  expect((await sync()).body).toMatchObject({ actionsBooked: 1, externalBooked: 0 });
  expect((await cash()).subtract(before).toString()).toBe('EUR 15.00');
  expect(await positions()).toEqual([]);
  await inOrder();
});
