/** `trader gains` of a real ledger: two rates by holding period, a loss carried over, a wash sale, income. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import type { GetGainsResponse } from '#protos/gen/portfolio.ts';
import importTransactions from '../../../functions/portfolio/import-transactions/handler.ts';
import updatePolicy from '../../../functions/portfolio/update-policy/handler.ts';
import { startTestRedis, type TestRedis } from '../../support/dependencies.ts';
import type { PaperFixture } from '../../support/brokers/paper-fixture.ts';
import { openTrader } from '../../support/trader-command.ts';
import { ask, openAccount, sync } from './portfolio-fixture.ts';

const rows = `date,kind,isin,symbol,quantity,price,price_currency,amount,currency,fee,tax,id
2022-01-03,deposit,,,,,,10000,EUR,,,d-1
2022-01-04,buy,,ALPHA,10,50,EUR,-500.00,EUR,,,b-1
2022-02-01,buy,,ALPHA,10,70,EUR,-700.00,EUR,,,b-2
2022-06-01,sell,,ALPHA,5,40,EUR,200.00,EUR,,,s-1
2022-06-10,buy,,ALPHA,2,41,EUR,-82.00,EUR,,,b-3
2023-03-01,sell,,ALPHA,10,90,EUR,900.00,EUR,,,s-2
2023-05-02,dividend,,ALPHA,,,,20.00,EUR,,3.00,v-1
`;
const document = `tax:
  lotMethod: fifo
  gainRatio: 0.25
  dividendRatio: 0.25
  washSaleDays: 30
  holdingPeriods: [{ days: 365, gainRatio: 0.10 }]
`;

describe('trader gains', () => {
  let redis: TestRedis;
  let on: PaperFixture;

  beforeAll(async () => {
    redis = await startTestRedis();
    on = await openAccount(redis, { PAPER_OPENING_CASH: '1000' });
    await sync(on);
    expect((await ask(updatePolicy, on, { document })).status).toBe(200);
    const booked = await ask(importTransactions, on, { content: rows, apply: true });
    expect(booked.body).toMatchObject({ applied: true, leftRows: [] });
  });
  afterAll(async () => {
    await on.dependencies.close();
    await redis.stop();
  });

  it('says in text, JSON and a CSV what the ledger gives', async () => {
    const trader = await openTrader(on.dependencies);
    const text = await trader.run('gains');
    // 2022: 5 at 50 sold at 40, of which 2 were bought again: a loss of 50, 20 of it does not count. 2023: 5 at 50 and
    // 5 at 70 sold at 90, held over a year: 300, less 30 carried in, at 10 %; 23 of dividends at 25 %, 3 withheld.
    expect(text.stdout).toContain(
      '2022: gains EUR 0.00, losses EUR 30.00 (EUR 20.00 more do not count)',
    );
    expect(text.stdout).toContain(
      '2023: gains EUR 300.00, losses EUR 0.00 (EUR 0.00 more do not count)',
    );
    expect(text.stdout).toContain('losses carried in EUR 30.00, out EUR 0.00');
    expect(text.stdout).toContain('estimated tax EUR 29.75');
    const json = JSON.parse(
      (await trader.run('gains', '--json', '--year', '2023')).stdout,
    ) as GetGainsResponse;
    expect(json.years.map(({ taxYear }) => taxYear)).toEqual([2023]);
    expect(json.lots.map(({ gain, gainRatio }) => [gain?.amount, gainRatio])).toEqual([
      ['200.00', 0.1],
      ['100.00', 0.1],
    ]);
    const folder = await mkdtemp(join(tmpdir(), 'trader-gains-'));
    const file = join(folder, 'gains.csv');
    expect((await trader.run('gains', '--csv', file)).stdout).toContain(
      'Wrote 3 lots and 2 payments',
    );
    const lines = parse(await readFile(file, 'utf8'), { columns: true }) as Record<
      string,
      string
    >[];
    expect(lines.map(({ type, amount, disallowed_loss: lost }) => [type, amount, lost])).toEqual([
      ['gain', '-50.00', '20.00'],
      ['gain', '200.00', '0.00'],
      ['gain', '100.00', '0.00'],
      ['dividend', '23.00', ''],
      ['tax', '-3.00', ''],
    ]);
    await rm(folder, { recursive: true });
    await trader.close();
  });
});
