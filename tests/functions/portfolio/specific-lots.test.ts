/**
 * Lots that a broker or a file reports (`tax.lotMethod: specific`), calculated by hand: an account at Interactive
 * Brokers over a split, partial closes, a sale without a report and later corrections; and imports that say the same.
 */
import getGains from '../../../functions/portfolio/get-gains/handler.ts';
import importTransactions from '../../../functions/portfolio/import-transactions/handler.ts';
import updatePolicy from '../../../functions/portfolio/update-policy/handler.ts';
import updatePositions from '../../../functions/portfolio/update-positions/handler.ts';
import verifyLedger from '../../../functions/portfolio/verify-ledger/handler.ts';
import { MINUTE_MS } from '#shared/kernel/instant.ts';
import { FlexFixture } from '../../support/brokers/flex-fixture.ts';
import type { PaperFixture } from '../../support/brokers/paper-fixture.ts';
import { startTestRedis, type TestRedis } from '../../support/dependencies.ts';
import { BETA } from '../../support/markets/set-market.ts';
import { ask, openAccount, sync } from './portfolio-fixture.ts';

const AFTER_MAY_MS = 90 * 24 * 3_600_000;

const document = 'tax: { lotMethod: specific, gainRatio: 0.25 }';

interface Gains {
  readonly lots: readonly {
    readonly lotId: string;
    readonly quantity: string;
    readonly gain: { readonly amount: string };
    readonly lotMethod: string;
    readonly acquiredOn: string;
  }[];
  readonly years: readonly {
    readonly gains: { readonly amount: string };
    readonly estimatedTax: { readonly amount: string };
  }[];
}

const rowsOf = ({ lots }: Gains): string[] =>
  lots.map((lot) =>
    [lot.acquiredOn, lot.quantity, lot.gain.amount, lot.lotMethod].map(String).join(' '),
  );

let redis: TestRedis;
beforeAll(async () => {
  redis = await startTestRedis();
});
afterAll(() => redis.stop());

describe('an account at Interactive Brokers', () => {
  let on: FlexFixture;
  const gains = async (): Promise<Gains> => (await on.call(getGains, {})).body as Gains;
  const booked = async (served?: string) => {
    on.advance(16 * MINUTE_MS);
    on.mock.served = served;
    const answer = await on.call(updatePositions, { forceSync: true });
    expect(answer.status).toBe(200);
    return answer.body as { warnings: string[]; fillsBooked: number; externalBooked: number };
  };
  const trade = (transactionID: number, quantity: number, cents: number, dateTime: string) =>
    on.mock.trade('BETA', BETA, quantity, cents, { transactionID, dateTime });
  const lot = (quantity: number, openDateTime: string, transactionID?: number) =>
    on.mock.lot('BETA', BETA, quantity, {
      openDateTime,
      ...(transactionID !== undefined && { transactionID }),
    });

  beforeAll(async () => {
    on = await new FlexFixture(redis).open();
    expect((await on.call(updatePolicy, { document })).status).toBe(200);
    on.mock.toDate = '20260331';
    on.mock.whenGenerated = '20260401;060000';
    on.mock.cash('Deposits/Withdrawals', 1_000_000);
    trade(1, 10, 10_000, '20260105;093001');
    trade(2, 10, 13_000, '20260112;093001');
    trade(3, 10, 12_000, '20260202;093001');
    // Of two fills in one second, each followed by its lots; the second sale closes parts of two lots.
    trade(4, -4, 14_000, '20260210;100000');
    lot(4, '20260112;093001', 2);
    trade(5, -8, 14_000, '20260210;100000');
    lot(4, '20260112;093001', 2);
    lot(4, '20260202;093001', 3);
  });
  afterAll(() => on.close());

  it('takes the lots that the statement names, each fill its own', async () => {
    expect(await booked()).toMatchObject({ fillsBooked: 5, externalBooked: 0, warnings: [] });
    const found = await gains();
    // 4 (140 - 130) twice, 4 (140 - 120).
    expect(rowsOf(found)).toEqual([
      '2026-01-12 4 40.00 specific',
      '2026-01-12 4 40.00 specific',
      '2026-02-02 4 80.00 specific',
    ]);
    expect(found.lots.map(({ lotId }) => lotId)).toEqual(['fill-2', 'fill-2', 'fill-3']);
    expect(found.years).toMatchObject([
      { gains: { amount: '160.00' }, estimatedTax: { amount: '40.00' } },
    ]);
  });

  it('books nothing again from a statement that has every row twice', async () => {
    on.mock.copies = 2;
    expect(await booked()).toMatchObject({ fillsBooked: 0, externalBooked: 0, warnings: [] });
    on.mock.copies = 1;
    expect((await gains()).lots).toHaveLength(3);
  });

  it('finds lots after a split, by the moment alone as well, and takes the oldest without a report', async () => {
    on.mock.split('BETA', 2);
    // Left: 20 at 50, 4 at 65, 12 at 60.
    trade(6, -10, 7_000, '20260310;100000');
    lot(3, '20260105;093001');
    lot(4, '20260112;093001', 2);
    lot(3, '20260202;093001', 3);
    trade(7, -5, 7_000, '20260311;100000');
    expect(await booked()).toMatchObject({ fillsBooked: 2, externalBooked: 0, warnings: [] });
    const found = await gains();
    expect(rowsOf(found).slice(3)).toEqual([
      '2026-01-05 3 60.00 specific',
      '2026-01-12 4 20.00 specific',
      '2026-02-02 3 30.00 specific',
      '2026-01-05 5 100.00 fifo',
    ]);
    expect(found.years).toMatchObject([{ gains: { amount: '370.00' } }]);
  });

  it('follows a later correction of the lots of a sale, once', async () => {
    const statement = on.mock
      .statement()
      .replace(/<Lot (?=[^>]*quantity="3")[^>]*openDateTime="20260105[^>]*>/, '')
      .replace(/(<Lot [^>]*quantity=")3("[^>]*openDateTime="20260202)/, '$16$2');
    const before = (await gains()).years;
    expect(await booked(statement)).toMatchObject({ fillsBooked: 0, externalBooked: 0 });
    const found = await gains();
    // 4 (70 - 65), 6 (70 - 60) in place of the three; the tax year follows.
    expect(
      rowsOf(found)
        .filter((row) => !row.includes('fifo'))
        .slice(3),
    ).toEqual(['2026-01-12 4 20.00 specific', '2026-02-02 6 60.00 specific']);
    expect([before[0]?.gains.amount, found.years[0]?.gains.amount]).toEqual(['370.00', '340.00']);
    await booked(statement);
    expect(await gains()).toEqual(found);
    expect((await on.call(verifyLedger, {})).body).toMatchObject({ correct: true, findings: [] });
    // And back.
    await booked();
    expect((await gains()).years[0]?.gains.amount).toBe('370.00');
  });

  it('keeps a sale from before a split as it was booked, and says so', async () => {
    const before = await gains();
    const statement = on.mock
      .statement()
      .replace(/(<Lot [^>]*dateTime="20260210;100000"[^>]*openDateTime=")20260202/, '$120260105')
      .replace(/(openDateTime="20260105;093001" transactionID=")3"/, '$11"');
    const { warnings } = await booked(statement);
    expect(warnings).toEqual([
      expect.stringMatching(/^The broker now reports other lots for the sale fill-5 of BETA /),
    ]);
    expect(await gains()).toEqual(before);
  });

  it('books a sale anew whose lots are reported only later', async () => {
    const served = on.mock.statement();
    const named = served.replace(
      /(<Trade [^>]*levelOfDetail="ORDER"[^>]*transactionID="7"[^>]*>)|(<Trade [^>]*transactionID="7"[^>]*levelOfDetail="ORDER"[^>]*>)/,
      (row) =>
        `${row}<Lot symbol="BETA" isin="${BETA}" quantity="5" dateTime="20260311;100000" openDateTime="20260202" />`,
    );
    expect(named).not.toBe(served);
    await booked(named);
    // 5 (70 - 60), from the day alone.
    expect(rowsOf(await gains()).at(-1)).toBe('2026-02-02 5 50.00 specific');
  });
});

describe('imports', () => {
  let on: PaperFixture;
  beforeEach(async () => {
    on = await openAccount(redis, { PAPER_OPENING_CASH: '0' });
    await sync(on);
    // Its files end in May.
    on.advance(AFTER_MAY_MS);
  });
  afterEach(() => on.dependencies.close());

  const imported = async (content: string) => {
    const answer = await ask(importTransactions, on, { content, apply: true });
    return answer.body as { leftRows: unknown[] };
  };
  const gains = async () => rowsOf((await ask(getGains, on)).body as Gains);

  const plain = `date,kind,symbol,quantity,amount,currency,id,lots
2024-01-02,deposit,,,10000,EUR,d-1,
2024-01-05,buy,ALPHA,10,-1000.00,EUR,b-1,
2024-02-05,buy,ALPHA,10,-1300.00,EUR,b-2,
2024-03-05,buy,ALPHA,10,-1200.00,EUR,b-3,
2024-05-06,sell,ALPHA,12,1680.00,EUR,s-1,b-2:8; 2024-03-05:4
`;

  it('take the lots of a plain file, by id and by day', async () => {
    const set = await ask(updatePolicy, on, { document });
    expect((set.body as { warnings: string[] }).warnings).toEqual([
      expect.stringMatching(/tax.lotMethod is specific, and the broker paper does not report/),
    ]);
    expect((await imported(plain)).leftRows).toEqual([]);
    await sync(on);
    // 8 of 130 and 4 of 120, sold at 140.
    expect(await gains()).toEqual(['2024-02-05 8 80.00 specific', '2024-03-05 4 80.00 specific']);
  });

  it('take those of the policy under another method', async () => {
    await ask(updatePolicy, on, { document: 'tax: { lotMethod: fifo, gainRatio: 0.25 }' });
    await imported(plain);
    await sync(on);
    expect(await gains()).toEqual(['2024-01-05 10 400.00 fifo', '2024-02-05 2 20.00 fifo']);
  });

  it('leave out a row that names more than was sold, or what is no lot', async () => {
    await ask(updatePolicy, on, { document });
    const wrong = plain.replace('b-2:8', 'b-2:9');
    expect((await imported(wrong)).leftRows).toEqual([
      expect.objectContaining({ line: 6, reason: expect.stringContaining('lots') as string }),
    ]);
    expect((await imported(plain.replace('b-2:8', 'b-2'))).leftRows).toHaveLength(1);
  });

  it('take those of an activity statement', async () => {
    await ask(updatePolicy, on, { document });
    const statement = `Statement,Header,Field Name,Field Value
Account Information,Header,Field Name,Field Value
Account Information,Data,Base Currency,EUR
Deposits & Withdrawals,Header,Currency,Settle Date,Description,Amount
Deposits & Withdrawals,Data,EUR,2024-01-02,Transfer,10000
Trades,Header,DataDiscriminator,Asset Category,Currency,Symbol,Date/Time,Quantity,T. Price,C. Price,Proceeds,Comm/Fee,Basis,Realized P/L,Code
Trades,Data,Order,Stocks,EUR,ALPHA,"2024-01-05, 10:30:00",10,100,,-1000,0,1000,0,O
Trades,Data,Order,Stocks,EUR,ALPHA,"2024-02-05, 10:30:00",10,130,,-1300,0,1300,0,O
Trades,Data,Order,Stocks,EUR,ALPHA,"2024-05-06, 10:30:00",-12,140,,1680,0,-1540,140,C
Trades,Data,ClosedLot,Stocks,EUR,ALPHA,2024-02-05,9,130,,,,1170,90,ST
Trades,Data,ClosedLot,Stocks,EUR,ALPHA,2024-01-05,3,100,,,,300,120,ST
`;
    expect((await imported(statement)).leftRows).toEqual([]);
    await sync(on);
    expect(await gains()).toEqual(['2024-01-05 3 120.00 specific', '2024-02-05 9 90.00 specific']);
  });

  it('take those of a Flex query, over a trade of an older file as well', async () => {
    await ask(updatePolicy, on, { document });
    const flex = (rows: string) =>
      `<FlexQueryResponse><FlexStatements><FlexStatement accountId="U1"><AccountInformation currency="EUR" /><Trades>${rows}</Trades></FlexStatement></FlexStatements></FlexQueryResponse>`;
    const row = (id: number, quantity: number, price: number, dateTime: string) =>
      `<Trade tradeID="9${id}" transactionID="${id}" symbol="ALPHA" assetCategory="STK" currency="EUR" fxRateToBase="1" quantity="${quantity}" tradePrice="${price}" proceeds="${-quantity * price}" ibCommission="0" dateTime="${dateTime}" levelOfDetail="EXECUTION" buySell="${quantity < 0 ? 'SELL' : 'BUY'}" />`;
    const closed = (id: number, quantity: number, opened: string) =>
      `<Lot symbol="ALPHA" assetCategory="STK" currency="EUR" transactionID="${id}" quantity="${quantity}" dateTime="20240506;103000" openDateTime="${opened}" levelOfDetail="CLOSED_LOT" buySell="SELL" />`;
    await ask(importTransactions, on, {
      content: 'date,kind,amount,currency\n2024-01-02,deposit,10000,EUR\n',
      apply: true,
    });
    const first = row(1, 10, 100, '20240105;103000') + row(2, 10, 130, '20240205;103000');
    expect((await imported(flex(first))).leftRows).toEqual([]);
    const then =
      row(3, 10, 120, '20240305;103000') +
      row(4, -12, 140, '20240506;103000') +
      closed(2, 8, '20240205;103000') +
      closed(3, 4, '20240305;103000');
    expect((await imported(flex(then))).leftRows).toEqual([]);
    await sync(on);
    expect(await gains()).toEqual(['2024-02-05 8 80.00 specific', '2024-03-05 4 80.00 specific']);
  });
});
