/** Splits of an imported file in the account: lots, cost, orders, dividends, performance, and their undoing. */
import getPerformance from '../../../functions/portfolio/get-performance/handler.ts';
import importTransactions from '../../../functions/portfolio/import-transactions/handler.ts';
import reverseMovement from '../../../functions/portfolio/reverse-movement/handler.ts';
import updatePositions from '../../../functions/portfolio/update-positions/handler.ts';
import verifyLedger from '../../../functions/portfolio/verify-ledger/handler.ts';
import { parseDay } from '#shared/kernel/calendar-day.ts';
import { Decimal } from '#shared/kernel/decimal.ts';
import { DEFAULT_ACCOUNT } from '#shared/kernel/identifiers.ts';
import { DAY_MS } from '#shared/kernel/instant.ts';
import { Price } from '#shared/kernel/price.ts';
import { StoredBook } from '#shared/portfolio/stored-book.ts';
import { startTestRedis, type TestRedis } from '../../support/dependencies.ts';
import type { PaperFixture } from '../../support/brokers/paper-fixture.ts';
import { seedMarket } from '../../support/markets/seed-market.ts';
import { BETA } from '../../support/markets/set-market.ts';
import { ask, openAccount } from './portfolio-fixture.ts';

let redis: TestRedis;
let on: PaperFixture;
beforeAll(async () => {
  redis = await startTestRedis();
});
afterAll(() => redis.stop());
beforeEach(async () => {
  on = await openAccount(redis, { PAPER_OPENING_CASH: '1000' });
  for (const day of ['2024-02-05', '2024-02-19', '2024-02-20', '2024-02-21'])
    on.market.setClose(BETA, day, 200).setRate('USD', 'EUR', day, 0.9);
  await seedMarket(on.dependencies, 0.1, ({ isin }) => isin === BETA);
  await sync();
});
afterEach(() => on.dependencies.close());

const sync = async () => (await ask(updatePositions, on, { forceSync: true })).body;
const load = async (content: string) =>
  (await ask(importTransactions, on, { content, apply: true })).body;
const signal = new AbortController().signal;

const HEADER =
  'Action,Time,ISIN,Ticker,Name,No. of shares,Price / share,Currency (Price / share),Exchange rate,Total,Currency (Total),ID\n';
const BOUGHT = `Deposit,2024-02-02 09:00:00,,,,,,,,900,EUR,E0
Market buy,2024-02-05 14:30:05,${BETA},BETA,Apple,1,800,USD,,720,EUR,E1
Market buy,2024-02-06 14:30:05,${BETA},BETA,Apple,0.1,800,USD,,72,EUR,E2
`;
const SPLIT = `Stock split close,2024-02-20 04:30:05,${BETA},BETA,Apple,1.1,800,USD,,0,EUR,
Stock split open,2024-02-20 04:30:05,${BETA},BETA,Apple,4.4,200,USD,,0,EUR,
`;
const SOLD = `Market sell,2024-02-21 14:30:05,${BETA},BETA,Apple,2.4,200,USD,,432,EUR,E3\n`;

async function book() {
  const { database, baseCurrency } = on.dependencies;
  const { holdings, cash } = await new StoredBook(database, baseCurrency).book(DEFAULT_ACCOUNT);
  const { lots = [], realized } = holdings.get(BETA) ?? {};
  return {
    cash: cash.toString(),
    lots: lots.map(({ quantity, cost }) => `${quantity.toString()} at ${cost.toString()}`),
    realized: realized?.toString(),
  };
}

async function requireSound(): Promise<void> {
  expect((await ask(verifyLedger, on)).body).toMatchObject({ correct: true, findings: [] });
  expect(await sync()).toMatchObject({ externalBooked: 0, actionsBooked: 0 });
}

describe('a split in an imported file', () => {
  it('is booked once, keeps cost and value, and can be undone to the last lot', async () => {
    const before = await book();
    const loaded = await load(HEADER + BOUGHT + SPLIT + SOLD);
    expect(loaded).toMatchObject({ applied: true, leftRows: [], newMovements: 5 });
    expect(loaded.actions).toMatchObject([{ kind: 'split', isin: BETA, sharesChange: '3.3' }]);
    expect(loaded.positions).toMatchObject([{ isin: BETA, quantityAfter: '2' }]);
    expect(await book()).toEqual({
      cash: 'EUR 1540.00',
      lots: ['1.6 at EUR 288.00', '0.4 at EUR 72.00'],
      realized: 'EUR 0.00',
    });
    await requireSound();
    const { metrics } = (await ask(getPerformance, on)).body;
    expect(metrics.totalReturnPct).toBeCloseTo(0, 8);
    expect(metrics.maxDrawdownPct).toBeCloseTo(0, 8);

    expect(await load(HEADER + BOUGHT + SPLIT + SOLD)).toMatchObject({
      ...{ applied: false, newMovements: 0, knownRows: 5 },
    });
    const undone = await ask(reverseMovement, on, { lineId: loaded.importId, reason: 'mistake' });
    expect(undone.body).toMatchObject({ success: true });
    expect((await book()).cash).toBe(before.cash);
    expect((await book()).lots).toEqual([]);
    await requireSound();
    expect(await load(HEADER + BOUGHT + SPLIT + SOLD)).toMatchObject({ newMovements: 5 });
    expect((await book()).lots).toEqual(['1.6 at EUR 288.00', '0.4 at EUR 72.00']);
    await requireSound();
  });

  it('of shares that an older file brought leaves their lots as they were when it is undone', async () => {
    await load(HEADER + BOUGHT);
    const before = await book();
    const { importId } = await load(HEADER + SPLIT + SOLD);
    await requireSound();
    await ask(reverseMovement, on, { lineId: importId, reason: 'mistake' });
    expect(await book()).toMatchObject({ cash: before.cash, lots: before.lots });
    const { metrics } = (await ask(getPerformance, on)).body;
    expect(metrics.maxDrawdownPct).toBeGreaterThan(-100);
    await requireSound();
  });

  it('refuses shares from before a split that is booked', async () => {
    await load(HEADER + BOUGHT + SPLIT);
    const older = await load(
      `${HEADER}Market buy,2024-01-05 14:30:05,${BETA},BETA,Apple,1,100,USD,,90,EUR,E9\n`,
    );
    expect(older).toMatchObject({ applied: false, newMovements: 0 });
    expect(older.leftRows[0].reason).toMatch(/before the split of 2024-02-20, which is booked/);
  });

  it('changes an order from before its day, and no later one', async () => {
    const order = (clientOrderId: string) => ({
      ...{ clientOrderId, accountId: DEFAULT_ACCOUNT, isin: BETA, symbol: 'BETA', side: 'BUY' },
      ...{ quantity: Decimal.of(1), type: 'LIMIT', timeInForce: 'GTC' },
      limitPrice: Price.parse('40', 'USD'),
    });
    await on.broker.submit(order('early') as never, signal);
    on.advance(2 * DAY_MS);
    await on.broker.submit(order('late') as never, signal);
    await load(
      `date,kind,isin,quantity,amount,currency,ratio\n2024-02-05,buy,${BETA},1,-72,EUR,\n2024-03-05,split,${BETA},,0,EUR,4:1\n`,
    );
    const orders = await Promise.all(
      ['early', 'late'].map((id) => on.broker.findOrder(DEFAULT_ACCOUNT, id, signal)),
    );
    expect(orders.map((one) => one?.quantity.toString())).toEqual(['4', '1']);
    expect(orders[0]?.adjustment?.limitPrice?.amount.toString()).toBe('10');
  });
});

describe('what a market announces of imported shares', () => {
  const dividend = {
    kind: 'dividend' as const,
    ...{ isin: BETA, day: parseDay('2024-02-19'), source: 'yahoo' },
    amount: Price.parse('1', 'USD'),
  };

  it('is not paid where the other broker paid it', async () => {
    on.market.setAction(dividend);
    await load(HEADER + BOUGHT);
    await sync();
    expect((await book()).cash).toBe('EUR 1108.00');
    await requireSound();
  });

  it('is paid after the import', async () => {
    await load(HEADER + BOUGHT);
    on.advance(DAY_MS);
    on.market.setRate('USD', 'EUR', '2024-03-05', 0.9);
    on.market.setAction({ ...dividend, day: parseDay('2024-03-05') });
    await sync();
    expect((await book()).cash).toBe('EUR 1108.99');
    await requireSound();
  });

  it('is a split that the file leaves out: it is booked with the file, once', async () => {
    on.market.setAction({
      ...{ kind: 'split', isin: BETA, day: parseDay('2024-02-20'), source: 'yahoo' },
      ...{ newShares: Decimal.of(4), oldShares: Decimal.of(1) },
    });
    await seedMarket(on.dependencies, 0.1, ({ isin }) => isin === BETA);
    expect(await load(HEADER + BOUGHT + SOLD)).toMatchObject({ leftRows: [], newMovements: 5 });
    expect((await book()).lots).toEqual(['1.6 at EUR 288.00', '0.4 at EUR 72.00']);
    await requireSound();
    expect(await load(HEADER + BOUGHT + SPLIT + SOLD)).toMatchObject({ newMovements: 0 });
  });

  it('is a split that was announced after the import of a file that has it', async () => {
    await load(HEADER + BOUGHT + SPLIT + SOLD);
    on.market.setAction({
      ...{ kind: 'split', isin: BETA, day: parseDay('2024-02-19'), source: 'yahoo' },
      ...{ newShares: Decimal.of(4), oldShares: Decimal.of(1) },
    });
    await sync();
    expect((await book()).lots).toEqual(['1.6 at EUR 288.00', '0.4 at EUR 72.00']);
    await requireSound();
  });
});
