/**
 * Years of an account by chance, entered once by a file and once by hand for beancount: every balance, every lot's cost
 * and every gain is the same to the cent. `YEARS=500 SEED=x npx jest tests/functions/portfolio/seeded-years.test.ts`
 * lives through more of them; what failed is said by its seed.
 */
import exportLedger from '../../../functions/portfolio/export-ledger/handler.ts';
import importTransactions from '../../../functions/portfolio/import-transactions/handler.ts';
import reverseMovement from '../../../functions/portfolio/reverse-movement/handler.ts';
import verifyLedger from '../../../functions/portfolio/verify-ledger/handler.ts';
import {
  beancountErrors,
  hledgerErrors,
  missingBeancount,
  missingHledger,
} from '../../support/brokers/ledger-programs.ts';
import type { PaperFixture } from '../../support/brokers/paper-fixture.ts';
import { seededYear, type SeededYear } from '../../support/brokers/seeded-year.ts';
import { startTestRedis, type TestRedis } from '../../support/dependencies.ts';
import { seedMarket } from '../../support/markets/seed-market.ts';
import { ALPHA, BETA, GAMMA } from '../../support/markets/set-market.ts';
import { testNeeding } from '../../support/needing.ts';
import { expectJournal } from './journal-by-hand.ts';
import { ask, openAccount, sync } from './portfolio-fixture.ts';

const YEARS = Number(process.env['YEARS'] ?? 2);
const SEED = process.env['SEED'] ?? 'years';
const DAY_MS = 86_400_000;

const security = (isin: string, name: string) => ({ isin, symbol: name, name });
const securities = [
  ...[security(ALPHA, 'ALPHA'), security(BETA, 'BETA'), security(GAMMA, 'GAMMA')],
  security('FR0000120271', 'DELTA'),
];
const spare = [
  ...[security('US5949181045', 'SPARA'), security('US0231351067', 'SPARB')],
  ...[security('GB00BH4HKS39', 'SPARC'), security('US02079K3059', 'SPARD')],
  ...[security('DE0005190003', 'SPARE'), security('US30303M1027', 'SPARF')],
];

const seeds = Array.from({ length: YEARS }, (_, n) => `${SEED}-${n}`);

describe.each(seeds)('the year of seed %s', (seed) => {
  let redis: TestRedis;
  let on: PaperFixture;
  let year: SeededYear;
  beforeAll(async () => {
    redis = await startTestRedis();
    on = await openAccount(redis, { PAPER_OPENING_CASH: '100000' });
    on.market.setRate('USD', 'EUR', '2024-01-01', 0.9);
    await seedMarket(on.dependencies, 0.3);
    await sync(on);
    on.advance(400 * DAY_MS);
    year = seededYear(seed, securities, spare);
  });
  afterAll(async () => {
    await on.dependencies.close();
    await redis.stop();
  });
  const imported = async () =>
    (await ask(importTransactions, on, { content: year.file, apply: true })).body;

  it('is booked from its file, undone, and booked again, with its ledger in order', async () => {
    const booked = await imported();
    expect(booked).toMatchObject({ applied: true, leftRows: [], cashAfter: { amount: year.cash } });
    expect(year.events).toBeGreaterThanOrEqual(60);
    const undone = await ask(reverseMovement, on, { lineId: booked.importId, reason: 'again' });
    expect(undone.body).toMatchObject({ success: true, cashBalance: { amount: '100000.00' } });
    expect(await imported()).toMatchObject({ applied: true, cashAfter: { amount: year.cash } });
    expect(await imported()).toMatchObject({ applied: false, newMovements: 0, leftRows: [] });
    await sync(on);
    expect((await ask(verifyLedger, on)).body).toMatchObject({ correct: true, findings: [] });
  });

  testNeeding(missingBeancount, 'has the balances and gains of the journal', async () => {
    await expectJournal(on, year.journal, year.holdings);
  });

  const exported = async (format: string) =>
    ((await ask(exportLedger, on, { format })).body as { content: string }).content;

  testNeeding(missingBeancount, 'is exported in order for beancount', async () => {
    expect(await beancountErrors(await exported('beancount'))).toBe('');
  });

  testNeeding(missingHledger, 'is exported in order for hledger', async () => {
    expect(await hledgerErrors(await exported('hledger'))).toBe('');
  });
});
