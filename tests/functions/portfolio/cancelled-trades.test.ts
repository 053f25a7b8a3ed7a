/** Trades that Interactive Brokers cancels afterwards: lots, gains and cash are as though they had never been made. */
import getCash from '../../../functions/portfolio/get-cash-balance/handler.ts';
import getGains from '../../../functions/portfolio/get-gains/handler.ts';
import exportLedger from '../../../functions/portfolio/export-ledger/handler.ts';
import updatePositions from '../../../functions/portfolio/update-positions/handler.ts';
import verifyLedger from '../../../functions/portfolio/verify-ledger/handler.ts';
import { MINUTE_MS } from '#shared/kernel/instant.ts';
import { DEFAULT_ACCOUNT } from '#shared/kernel/identifiers.ts';
import { PortfolioStore } from '#shared/portfolio/portfolio-store.ts';
import { FlexFixture } from '../../support/brokers/flex-fixture.ts';
import { startTestRedis, type TestRedis } from '../../support/dependencies.ts';
import { ALPHA, BETA } from '../../support/markets/set-market.ts';

let redis: TestRedis;
let on: FlexFixture;
beforeAll(async () => {
  redis = await startTestRedis();
});
afterAll(() => redis.stop());
beforeEach(async () => {
  on = await new FlexFixture(redis).open();
  on.mock.toDate = '20260331';
  on.mock.whenGenerated = '20260401;060000';
  on.mock.cash('Deposits/Withdrawals', 1_000_000);
  on.mock.cash('Deposits/Withdrawals', 1_000_000, 'EUR');
});
afterEach(async () => {
  // Whatever was done: the chain, the postings and the broker agree, and the journals can be written.
  expect((await on.call(verifyLedger, {})).body).toMatchObject({ correct: true, findings: [] });
  for (const format of ['hledger', 'beancount', 'csv'])
    expect((await on.call(exportLedger, { format })).status).toBe(200);
  await on.close();
});

type Row = Readonly<Record<string, string | number>>;
const trade = (
  transactionID: number,
  quantity: number,
  cents: number,
  day: number,
  more: Row = {},
) =>
  on.mock.trade('BETA', BETA, quantity, cents, {
    ...{
      transactionID,
      dateTime: `202601${String(day).padStart(2, '0')};093001`,
      ibCommission: -1,
    },
    ...more,
  });
/** All amounts of the trade with the opposite sign, as the broker writes it. */
const cancel = (of: number, quantity: number, cents: number, day: number, more: Row = {}) =>
  trade(of + 100, quantity, cents, day, {
    ...{ transactionType: 'TradeCancel', origTransactionID: of, ibCommission: 1, ...more },
  });

const sync = async () => {
  on.advance(16 * MINUTE_MS);
  const answer = await on.call(updatePositions, { forceSync: true });
  expect(answer.status).toBe(200);
  return answer.body as { warnings: string[]; fillsBooked: number; externalBooked: number };
};
const plainly = { externalBooked: 0, warnings: [] };
const lots = async (): Promise<string[]> => {
  const { book } = await new PortfolioStore(
    on.dependencies.database,
    on.dependencies.baseCurrency,
  ).load(DEFAULT_ACCOUNT);
  return [...book.holdings.values()].flatMap((holding) =>
    holding.lots.map(
      ({ lotId, quantity, cost }) => `${lotId} ${quantity.toString()} ${cost.amount.toString()}`,
    ),
  );
};
const gains = async (): Promise<string[]> => {
  const { body } = await on.call(getGains, {});
  return (body as { lots: { gain: { amount: string } }[] }).lots.map(({ gain }) => gain.amount);
};

describe.each([
  { when: 'before the sync', before: false },
  { when: 'after it was booked', before: true },
])('a trade that is cancelled $when', ({ before }) => {
  const booked = async () => {
    if (before) expect(await sync()).toMatchObject(plainly);
  };

  it('gives a purchase back out of its own lot, and not out of the oldest', async () => {
    trade(1, 10, 10_000, 5);
    trade(2, 5, 12_000, 6);
    await booked();
    cancel(2, -5, 12_000, 6);
    expect(await sync()).toMatchObject(plainly);
    expect(await lots()).toEqual(['fill-1 10 1001.00']);
    expect(await gains()).toEqual([]);
    // The statement repeats its history.
    expect(await sync()).toMatchObject({ ...plainly, fillsBooked: 0 });
    expect(await lots()).toEqual(['fill-1 10 1001.00']);
  });

  it('gives the shares of a sale back to the lots that it took, and takes back the gain', async () => {
    trade(1, 10, 10_000, 5);
    trade(2, 10, 13_000, 6);
    trade(3, -12, 14_000, 12);
    await booked();
    if (before) expect(await gains()).toHaveLength(2);
    cancel(3, 12, 14_000, 12);
    expect(await sync()).toMatchObject(plainly);
    expect(await lots()).toEqual(['fill-1 10 1001.00', 'fill-2 10 1301.00']);
    expect(await gains()).toEqual([]);
    expect(await sync()).toMatchObject({ ...plainly, fillsBooked: 0 });
    // The right one follows, and takes the oldest.
    trade(4, -12, 13_900, 12);
    expect(await sync()).toMatchObject({ ...plainly, fillsBooked: 1 });
    expect(await lots()).toEqual(['fill-2 8 1040.80']);
  });

  it('books what is not given back', async () => {
    trade(1, 10, 10_000, 5);
    await booked();
    cancel(1, -10, 10_000, 5, { ibCommission: 0 });
    expect(await sync()).toMatchObject(plainly);
    expect(await lots()).toEqual([]);
    expect((await on.call(getCash, {})).body).toMatchObject({ cashBalance: { amount: '9999.00' } });
  });

  it('is exact in another currency, whose rate has changed', async () => {
    const euros = { currency: 'EUR', ibCommissionCurrency: 'EUR', dateTime: '20260107;093001' };
    on.mock.trade('ALPHA', ALPHA, 3, 9_000, {
      ...{ transactionID: 7, ibCommission: -2, fxRateToBase: 1.1, ...euros },
    });
    await booked();
    on.mock.trade('ALPHA', ALPHA, -3, 9_000, {
      ...{ transactionID: 8, ibCommission: 2, fxRateToBase: 1.13, buySell: 'BUY (Ca.)', ...euros },
      origTransactionID: 7,
    });
    expect(await sync()).toMatchObject(plainly);
    expect(await lots()).toEqual([]);
    expect(await gains()).toEqual([]);
    expect((await on.call(getCash, {})).body).toMatchObject({
      cashBalance: { amount: '10000.00' },
    });
  });

  it('is found by the number of the trade as well', async () => {
    trade(1, 10, 10_000, 5, { tradeID: 77 });
    await booked();
    cancel(1, -10, 10_000, 5, { origTransactionID: 0, origTradeID: 77 });
    expect(await sync()).toMatchObject(plainly);
    expect([await lots(), await gains()]).toEqual([[], []]);
  });
});

it('stays unknown once the trade is before the period of the statement', async () => {
  trade(1, 10, 10_000, 5);
  trade(2, 5, 12_000, 6);
  cancel(2, -5, 12_000, 7);
  expect(await sync()).toMatchObject(plainly);
  const statement = on.mock.statement();
  on.mock.served = statement.replace(/<Trade [^>]*transactionID="2"[^>]*>/g, '');
  expect(on.mock.served).not.toBe(statement);
  expect(await sync()).toMatchObject({ ...plainly, fillsBooked: 0 });
  expect(await lots()).toEqual(['fill-1 10 1001.00']);
});

it('is a trade in the other direction where its shares were sold or split since, with a warning', async () => {
  trade(1, 10, 10_000, 5);
  trade(2, 10, 10_000, 6);
  trade(3, -4, 11_000, 8);
  expect(await sync()).toMatchObject(plainly);
  cancel(1, -10, 10_000, 9);
  const done = await sync();
  expect(done).toMatchObject({ externalBooked: 0, fillsBooked: 1 });
  expect(done.warnings).toEqual([
    expect.stringMatching(
      /^The broker cancelled the trade 1 of BETA; .* in the other direction\.$/,
    ),
  ]);
  expect(await lots()).toEqual(['fill-2 6 600.60']);
  expect(await sync()).toMatchObject({ ...plainly, fillsBooked: 0 });
});

it('is a trade in the other direction where the trade is not known, with a warning', async () => {
  trade(1, 10, 10_000, 5);
  cancel(9, -4, 10_000, 9);
  const done = await sync();
  expect(done).toMatchObject({ externalBooked: 0, fillsBooked: 2 });
  expect(done.warnings).toEqual([expect.stringMatching(/cancelled the trade 9 of BETA/)]);
});
