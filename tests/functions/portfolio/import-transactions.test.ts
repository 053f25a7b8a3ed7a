import { writeFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import importTransactions from '../../../functions/portfolio/import-transactions/handler.ts';
import getPositions from '../../../functions/portfolio/get-positions/handler.ts';
import verifyLedger from '../../../functions/portfolio/verify-ledger/handler.ts';
import { startTestRedis, type TestRedis } from '../../support/dependencies.ts';
import type { PaperFixture } from '../../support/brokers/paper-fixture.ts';
import { openTrader } from '../../support/trader-command.ts';
import { BETA } from '../../support/markets/set-market.ts';
import { ask, openAccount, sync } from './portfolio-fixture.ts';

let redis: TestRedis;
let on: PaperFixture;
beforeAll(async () => {
  redis = await startTestRedis();
});
afterAll(() => redis.stop());
beforeEach(async () => {
  on = await openAccount(redis, { PAPER_OPENING_CASH: '1000' });
  await sync(on);
});
afterEach(() => on.dependencies.close());

const files = {
  trading212: `Action,Time,ISIN,Ticker,Name,No. of shares,Price / share,Currency (Price / share),Exchange rate,Result,Currency (Result),Total,Currency (Total),Withholding tax,Currency (Withholding tax),Notes,ID,Currency conversion fee,Currency (Currency conversion fee)
Market buy,2024-01-05 14:30:05.123,US0378331005,BETA,"Apple",2.5000000000,189.40,USD,1.10000,,"EUR",431.10,"EUR",,,,EOF1000000001,0.65,"EUR"
Dividend (Dividend),2024-02-12 09:32:51,US0378331005,BETA,"Apple",2.5000000000,0.22,USD,Not available,,,0.42,"EUR",0.09,USD,,,,
Result adjustment,2024-02-12 09:32:51,,,,,,,,,,1,EUR,,,,,,
`,
  'trade-republic': `"datetime","date","account_type","category","type","asset_class","name","symbol","shares","price","amount","fee","tax","currency","original_amount","original_currency","fx_rate","description","transaction_id","counterparty_name"
"2024-01-06T10:20:05.865Z","2024-01-06","DEFAULT","TRADING","BUY","STOCK","Apple","US0378331005","0.5000000000","180.0000000000","-90.00","-1.00","","EUR","","","","Buy trade (made up)","00000000-0000-4000-8000-000000000001",""
"2024-01-27T12:43:11.375Z","2024-01-27","DEFAULT","CASH","DIVIDEND","STOCK","Apple","US0378331005","0.5000000000","","0.10","","-0.02","EUR","0.11","USD","0.909000","Dividend (made up)","00000000-0000-4000-8000-000000000002",""
"2024-01-28T12:43:11.375Z","2024-01-28","DEFAULT","CASH","CARD_TRANSACTION","","","","","","-9.10","","","EUR","","","","Shop","00000000-0000-4000-8000-000000000003",""
`,
  scalable: `date;time;status;reference;description;assetType;type;isin;shares;price;amount;fee;tax;currency
2024-01-05;13:10:35;Executed;"SCAL0000000001";"Apple";Security;Buy;US0378331005;2;172,18;-344,36;0,99;0,00;EUR
2024-01-12;02:00:00;Executed;"SCAL0000000002";"Apple";Cash;Distribution;US0378331005;;;0,37;0,00;0,06;EUR
2024-01-13;02:00:00;Cancelled;"SCAL0000000003";"Apple";Security;Buy;US0378331005;2;172,18;-344,36;0,99;;EUR
`,
  'degiro-transactions': `Date,Time,Product,ISIN,Reference exchange,Venue,Quantity,Price,,Local value,,Value EUR,Exchange rate,AutoFX Fee,Transaction and/or third party fees EUR,Total EUR,Order ID,
05-01-2024,15:30,APPLE INC. - COMMON ST,US0378331005,NDQ,XNAS,2,"189,4000",USD,"-378,80",USD,"-344,36","1,1000","-0,86","-2,00","-347,22",,0a1b2c3d-0000-4000-8000-000000000001
06-01-2024,09:04,APPLE INC. - COMMON ST,US0378331005,NDQ,XNAS,-1,"190,0000",USD,"190,00",USD,"172,70",,"0,00","-1,00","171,70",,0a1b2c3d-0000-4000-8000-000000000002
07-01-2024,09:04,ISHARES CORE WORLD,IE00B4L5Y983,EAM,XAMS,-5,"104,1000",EUR,"520,50",EUR,"520,50",,"0,00","-1,00","519,50",,0a1b2c3d-0000-4000-8000-000000000003
`,
  ghostfolio: JSON.stringify({
    activities: [
      {
        ...{ id: 'a', type: 'BUY', date: '2024-01-05T00:00:00.000Z', symbol: 'AAPL' },
        ...{ currency: 'EUR', quantity: 2, unitPrice: 100.5, fee: 1.25 },
      },
      {
        ...{ id: 'b', type: 'LIABILITY', date: '2024-01-06T00:00:00.000Z', symbol: 'X' },
        ...{ currency: 'EUR', quantity: 1, unitPrice: 1, fee: 0 },
      },
    ],
    assetProfiles: [{ symbol: 'AAPL', isin: 'US0378331005' }],
  }),
  plain: `date,kind,isin,symbol,quantity,price,price_currency,amount,currency,fee,tax,id
2024-01-02,deposit,,,,,,500,EUR,,,d-1
2024-01-05,buy,,BETA,2,200,USD,-361.00,EUR,1.00,,b-1
2024-02-05,dividend,US0378331005,,,,,8.50,EUR,,1.50,v-1
2024-02-06,bonus,,,,,,1,EUR,,,x-1
`,
};

const expected: Record<keyof typeof files, readonly [string, string, number]> = {
  // Cash, shares, rows left out.
  trading212: ['569.32', '2.5', 1],
  'trade-republic': ['899.98', '0.5', 0],
  scalable: ['655.02', '2', 1],
  'degiro-transactions': ['824.48', '1', 1],
  ghostfolio: ['797.75', '2', 1],
  plain: ['1147.50', '2', 1],
};

describe.each(Object.keys(files) as (keyof typeof files)[])('a file of %s', (name) => {
  const post = (apply: boolean) => ask(importTransactions, on, { content: files[name], apply });

  it('is shown, booked once, and changes nothing again', async () => {
    const [cash, shares, left] = expected[name];
    const shown = (await post(false)).body;
    expect(shown).toMatchObject({ format: name, applied: false, cashAfter: { amount: cash } });
    expect(shown.leftRows).toHaveLength(left);
    expect(shown.positions).toMatchObject([{ isin: BETA, quantityAfter: shares }]);
    expect((await ask(verifyLedger, on)).body.lines).toBe(1);

    const applied = (await post(true)).body;
    expect(applied).toMatchObject({ applied: true, cashAfter: { amount: cash } });
    const { positions } = (await ask(getPositions, on)).body;
    expect(positions).toMatchObject([{ isin: BETA, quantity: Number(shares) }]);

    const again = (await post(true)).body;
    expect(again).toMatchObject({ applied: false, newMovements: 0, cashBefore: { amount: cash } });
    expect(again.knownRows).toBeGreaterThan(0);
    const verified = (await ask(verifyLedger, on)).body;
    expect(verified).toMatchObject({ correct: true, lines: 1 + applied.newMovements });
  });
});

describe('an import', () => {
  it('refuses a file of no known format, and none', async () => {
    const strange = await ask(importTransactions, on, { content: 'a,b\n1,2\n' });
    const empty = await ask(importTransactions, on, {});
    expect([strange, empty].map(({ status, body }) => [status, body.field])).toEqual([
      [400, 'content'],
      [400, 'content'],
    ]);
  });

  it('books nothing where the account would be short', async () => {
    const content = `date,kind,isin,quantity,amount,currency\n2024-01-05,buy,${BETA},9,-5000,EUR\n`;
    const answer = await ask(importTransactions, on, { content, apply: true });
    expect(answer.body).toMatchObject({ code: 'REFUSED', rule: 'insufficient-cash' });
    expect((await ask(verifyLedger, on)).body.lines).toBe(1);
  });

  it('distinguishes equal rows of a file without ids', async () => {
    const content =
      'date,kind,amount,currency\n2024-01-05,deposit,5,EUR\n2024-01-05,deposit,5,EUR\n';
    const { cashAfter } = (await ask(importTransactions, on, { content, apply: true })).body;
    expect(cashAfter.amount).toBe('1010.00');
    const again = (await ask(importTransactions, on, { content, apply: true })).body;
    expect(again).toMatchObject({ newMovements: 0, knownRows: 2 });
  });

  it('has a command', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'import-'));
    const file = join(folder, 'mine.csv');
    await writeFile(file, files.scalable);
    const trader = await openTrader(on.dependencies);
    const shown = await trader.run('import', file);
    expect(shown.stdout).toMatch(/Nothing is booked yet/);
    expect(shown.stdout).toMatch(/Line 4 is left out: status "Cancelled"/);
    const booked = (await trader.run('import', file, '--apply')).stdout;
    const [importId = ''] = /import:scalable:\w+/.exec(booked) ?? [];
    const undone = (await trader.run('reverse', importId, 'wrong file')).stdout;
    expect(undone).toMatch(/is undone\.[\s\S]*Cash is EUR 1000\.00/);
    const missing = await trader.run('import', join(folder, 'none.csv'));
    expect(missing).toMatchObject({ status: 2 });
    await trader.close();
    await rm(folder, { recursive: true });
  });
});
