import bookMovement from '../../../functions/portfolio/book-movement/handler.ts';
import exportLedger from '../../../functions/portfolio/export-ledger/handler.ts';
import getGains from '../../../functions/portfolio/get-gains/handler.ts';
import getPerformance from '../../../functions/portfolio/get-performance/handler.ts';
import importTransactions from '../../../functions/portfolio/import-transactions/handler.ts';
import reverseMovement from '../../../functions/portfolio/reverse-movement/handler.ts';
import verifyLedger from '../../../functions/portfolio/verify-ledger/handler.ts';
import { DEFAULT_ACCOUNT } from '#shared/kernel/identifiers.ts';
import { StoredBook } from '#shared/portfolio/stored-book.ts';
import { startTestRedis, type TestRedis } from '../../support/dependencies.ts';
import type { PaperFixture } from '../../support/brokers/paper-fixture.ts';
import { ALPHA, BETA } from '../../support/markets/set-market.ts';
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
  await post('transfer-in', { isin: ALPHA, quantity: 3, price: { amount: '80', currency: 'EUR' } });
  await post('transfer-in', {
    isin: ALPHA,
    quantity: 2,
    price: { amount: '90.01', currency: 'EUR' },
  });
});
afterEach(() => on.dependencies.close());

/** Buys, sells more than it bought so that older lots go too, and earns. */
const FILE = `date,kind,isin,symbol,quantity,price,price_currency,amount,currency,fee,tax,id
2024-01-02,deposit,,,,,,500.00,EUR,,,d-1
2024-01-05,buy,${BETA},BETA,2,200.00,USD,-361.00,EUR,1.00,,b-1
2024-01-06,buy,${ALPHA},ALPHA,1,100.00,EUR,-101.00,EUR,1.00,,b-2
2024-01-07,sell,${ALPHA},ALPHA,5,110.00,EUR,549.00,EUR,1.00,,s-1
2024-02-05,dividend,${BETA},BETA,,,,8.50,EUR,,1.50,v-1
2024-02-06,sell,${BETA},BETA,0.5,220.00,USD,99.00,EUR,,,s-2
`;

const post = (kind: string, more: object) => ask(bookMovement, on, { kind, ...more });
const load = async () => (await ask(importTransactions, on, { content: FILE, apply: true })).body;
const undo = (lineId: string) => ask(reverseMovement, on, { lineId, reason: 'wrong file' });

/** What is held and how it came, without what was closed. */
async function state() {
  const { database, baseCurrency } = on.dependencies;
  const book = await new StoredBook(database, baseCurrency).book(DEFAULT_ACCOUNT);
  const holdings = [...book.holdings.values()];
  return {
    cash: book.cash.toString(),
    realised: holdings.map(({ realized }) => realized.amount).filter(({ sign }) => sign !== 0),
    lots: holdings.flatMap(({ lots }) =>
      lots.map((lot) => ({
        id: lot.lotId,
        quantity: lot.quantity.toString(),
        cost: lot.cost.toString(),
        unitCost: lot.unitCost.toString(),
        acquiredAt: lot.acquiredAt,
      })),
    ),
  };
}

describe('an import that is undone', () => {
  it('leaves the account as it was before: cash, lots with their days and costs, gains', async () => {
    const before = await state();
    const { importId } = await load();
    expect((await state()).lots).not.toEqual(before.lots);
    const { status, body } = await undo(importId);
    expect([status, body.success]).toEqual([200, true]);
    expect(await state()).toEqual(before);
    expect((await ask(verifyLedger, on)).body).toMatchObject({ correct: true, findings: [] });
  });

  it('is in no gain and in no return', async () => {
    const { importId } = await load();
    expect((await ask(getGains, on)).body.lots).toHaveLength(4);
    await undo(importId);
    expect((await ask(getGains, on)).body.lots).toEqual([]);
    const { metrics } = (await ask(getPerformance, on)).body;
    expect(metrics.totalReturnPct).toBeCloseTo(0, 9);
  });

  it('can be repeated, and imported and undone anew', async () => {
    const before = await state();
    const { importId } = await load();
    const [first, again] = [await undo(importId), await undo(importId)];
    expect(again.body).toEqual(first.body);
    const anew = await load();
    expect(anew).toMatchObject({ applied: true, newMovements: 7 });
    expect(anew.importId).not.toBe(importId);
    expect(await load()).toMatchObject({ applied: false, newMovements: 0, knownRows: 6 });
    await undo(anew.importId);
    expect(await state()).toEqual(before);
  });

  it('is refused where later bookings used its shares, naming them, and books nothing', async () => {
    const { importId } = await load();
    await post('transfer-out', { isin: BETA, quantity: 1 });
    const held = await state();
    const { status, body } = await undo(importId);
    expect([status, body.rule]).toEqual([422, 'not-reversible']);
    expect(body.message).toMatch(/transfer-out of BETA/);
    expect(await state()).toEqual(held);
  });

  it('is refused where its cash was spent, and for an import that is not there', async () => {
    const { importId } = await load();
    const spent = { amount: { amount: '1600', currency: 'EUR' } };
    expect((await post('withdrawal', spent)).status).toBe(200);
    expect((await undo(importId)).body.rule).toBe('insufficient-cash');
    expect((await undo('import:plain:0000')).status).toBe(404);
  });

  it('is exported with its reversal', async () => {
    await undo((await load()).importId);
    const { body } = await ask(exportLedger, on, { format: 'csv' });
    expect(JSON.stringify(body)).toMatch(/flow-reversal-import-/);
  });

  it('that delivered shares out can be imported again, and has gains', async () => {
    const content = `date,kind,isin,quantity,amount,currency,id
2024-01-05,buy,${BETA},2,-361.00,EUR,b-1
2024-01-06,transfer-out,${BETA},1,0,EUR,t-1
`;
    const loaded = async () => (await ask(importTransactions, on, { content, apply: true })).body;
    await undo((await loaded()).importId);
    expect(await loaded()).toMatchObject({ applied: true, leftRows: [] });
    expect((await ask(getGains, on)).body).toMatchObject({ lots: [] });
  });

  it('takes actions back from after a purchase whose shares were sold, and others not', async () => {
    const [spun, other] = ['DE0005190003', 'US0231351067'];
    const content = `date,kind,isin,quantity,amount,currency,id,ratio,new_isin,cost_ratio
2024-01-03,buy,${BETA},2,-361.00,EUR,b-1,,,
2024-01-05,spin-off,${BETA},,0,EUR,a-1,1:1,${spun},0.25
2024-01-06,buy,${spun},1,-50.00,EUR,b-2,,,
2024-01-07,transfer-in,${spun},2,0,EUR,t-1,,,
2024-01-08,spin-off,${BETA},,0,EUR,a-2,1:1,${other},0.25
2024-01-09,sell,${spun},3.5,180.00,EUR,s-1,,,
`;
    const before = await state();
    const loaded = (await ask(importTransactions, on, { content, apply: true })).body;
    expect(loaded).toMatchObject({ applied: true, leftRows: [] });
    expect((await undo(loaded.importId)).body).toMatchObject({ success: true });
    expect(await state()).toEqual(before);
    expect((await ask(verifyLedger, on)).body).toMatchObject({ correct: true });
  });
});
