import bookMovement from '../../../functions/portfolio/book-movement/handler.ts';
import getPositions from '../../../functions/portfolio/get-positions/handler.ts';
import getPerformance from '../../../functions/portfolio/get-performance/handler.ts';
import reverseMovement from '../../../functions/portfolio/reverse-movement/handler.ts';
import verifyLedger from '../../../functions/portfolio/verify-ledger/handler.ts';
import request from 'supertest';
import { endpointOf } from '../../support/host.ts';
import { startTestRedis, type TestRedis } from '../../support/dependencies.ts';
import type { PaperFixture } from '../../support/brokers/paper-fixture.ts';
import { openTrader } from '../../support/trader-command.ts';
import { ALPHA, BETA } from '../../support/markets/set-market.ts';
import { ask, buy, openAccount, sync } from './portfolio-fixture.ts';

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

const eur = (amount: string) => ({ amount, currency: 'EUR' });
const book = (kind: string, more: object = {}) => ask(bookMovement, on, { kind, ...more });
const keyed = (key: string, body: object) =>
  request(endpointOf(bookMovement, on.dependencies))
    .post('/')
    .set('idempotency-key', key)
    .send(body);
const reverse = (lineId: string) => ask(reverseMovement, on, { lineId, reason: 'wrong' });
const inOrder = async () =>
  expect((await ask(verifyLedger, on)).body).toMatchObject({ correct: true, findings: [] });

describe('BookMovement', () => {
  it('books cash of each kind with its sign', async () => {
    const cash = async (kind: string, amount: string, more: object = {}) =>
      (await book(kind, { amount: eur(amount), ...more })).body.cashBalance.amount;
    expect(await cash('deposit', '500')).toBe('1500.00');
    expect(await cash('withdrawal', '100.50')).toBe('1399.50');
    expect(await cash('interest', '1.25')).toBe('1400.75');
    expect(await cash('interest', '-0.75')).toBe('1400.00');
    expect(await cash('fee', '4')).toBe('1396.00');
    expect(await cash('dividend', '10', { isin: BETA })).toBe('1406.00');
    expect(await cash('tax', '1.5', { isin: BETA })).toBe('1404.50');
    expect(await cash('tax', '-0.5')).toBe('1405.00');
    await inOrder();
  });

  it('books once for a key, and another body under it is refused', async () => {
    const first = await keyed('one', { kind: 'deposit', amount: eur('5') });
    const again = await keyed('one', { kind: 'deposit', amount: eur('5') });
    const other = await keyed('one', { kind: 'deposit', amount: eur('6') });
    expect(again.body).toEqual(first.body);
    expect(first.body.cashBalance.amount).toBe('1005.00');
    expect(other.body.code).toBe('KEY_REUSED');
  });

  it('transfers shares in at their cost, and out again', async () => {
    const shares = { isin: ALPHA, quantity: 3 };
    await book('transfer-in', { ...shares, price: eur('80') });
    await book('transfer-out', { isin: ALPHA, quantity: 1 });
    const { positions } = (await ask(getPositions, on)).body;
    expect(positions).toMatchObject([{ quantity: 2, costBasis: { amount: '160.00' } }]);
    await inOrder();
  });

  it.each([
    ['bonus', {}, 400, 'kind'],
    ['deposit', {}, 400, 'amount'],
    ['deposit', { amount: eur('-5') }, 400, 'amount'],
    ['deposit', { amount: { amount: '5', currency: 'USD' } }, 400, 'amount.currency'],
    ['deposit', { amount: eur('5'), day: '2024-03-05' }, 400, 'day'],
    ['deposit', { amount: eur('5'), quantity: 1 }, 400, 'quantity'],
    ['dividend', { amount: eur('5') }, 400, 'isin'],
    ['transfer-in', { quantity: 1 }, 400, 'isin'],
    ['transfer-in', { isin: ALPHA }, 400, 'quantity'],
    ['transfer-in', { isin: BETA, quantity: 1, price: eur('1') }, 400, 'price.currency'],
  ])('refuses %s %j naming the field', async (kind, more, status, field) => {
    const answer = await book(kind, more);
    expect({ status: answer.status, field: answer.body.field }).toEqual({ status, field });
  });

  it('refuses what the account does not have, and books nothing', async () => {
    const cash = await book('withdrawal', { amount: eur('1000.01') });
    const shares = await book('transfer-out', { isin: ALPHA, quantity: 1 });
    expect([cash.body.rule, shares.body.rule]).toEqual([
      'insufficient-cash',
      'insufficient-shares',
    ]);
    expect((await ask(verifyLedger, on)).body.lines).toBe(1);
  });

  it('refuses to book at a broker whose money is real', async () => {
    const { funding: _none, ...rest } = Object.assign(Object.create(on.broker), on.broker);
    const broker = { ...rest, statement: on.broker.statement.bind(on.broker) };
    const dependencies = { ...on.dependencies, broker: broker as never };
    const answer = await ask(
      bookMovement,
      { ...on, dependencies },
      { kind: 'fee', amount: eur('1') },
    );
    expect(answer.body).toMatchObject({ code: 'REFUSED', rule: 'broker-books' });
  });
});

describe('ReverseMovement', () => {
  it('undoes a deposit by its opposite, once, as if it had never been', async () => {
    const { lineId } = (await book('deposit', { amount: eur('5000') })).body;
    const first = (await reverse(lineId)).body;
    const again = (await reverse(lineId)).body;
    expect(first).toMatchObject({ success: true, cashBalance: { amount: '1000.00' } });
    expect(again).toEqual(first);
    expect((await ask(verifyLedger, on)).body).toMatchObject({ correct: true, lines: 3 });
    const { metrics } = (await ask(getPerformance, on)).body;
    expect(metrics.totalReturnPct).toBe(0);
  });

  it('reverses a transfer with the same shares, at their cost', async () => {
    await book('transfer-in', { isin: ALPHA, quantity: 2, price: eur('50') });
    const { lineId } = (await book('transfer-in', { isin: ALPHA, quantity: 3, price: eur('80') }))
      .body;
    await reverse(lineId);
    const { positions } = (await ask(getPositions, on)).body;
    expect(positions).toMatchObject([{ quantity: 2, costBasis: { amount: '100.00' } }]);
    await inOrder();
  });

  it('restores shares at their cost', async () => {
    await book('transfer-in', { isin: ALPHA, quantity: 3, price: eur('33.33') });
    const { lineId } = (await book('transfer-out', { isin: ALPHA, quantity: 3 })).body;
    await reverse(lineId);
    const { positions } = (await ask(getPositions, on)).body;
    expect(positions).toMatchObject([{ quantity: 3, costBasis: { amount: '99.99' } }]);
    await inOrder();
  });

  it('refuses a trade, a reversal, a line that is not there, and shares that were sold', async () => {
    const { lineId } = (await book('fee', { amount: eur('1') })).body;
    const undone = (await reverse(lineId)).body.lineId;
    await buy(on, ALPHA, 'ALPHA', 1);
    await sync(on);
    const shares = await book('transfer-in', { isin: BETA, quantity: 2 });
    await book('transfer-out', { isin: BETA, quantity: 1 });
    const answers = await Promise.all(
      [undone, 'fill-bought-1.1', 'flow-nothing', shares.body.lineId].map(reverse),
    );
    expect(answers.map(({ body }) => body.rule ?? body.code)).toEqual([
      'not-reversible',
      'not-reversible',
      'NOT_FOUND',
      'not-reversible',
    ]);
    await inOrder();
  });
});

it('has a command for each', async () => {
  const trader = await openTrader(on.dependencies);
  const out = async (...words: string[]) => (await trader.run(...words)).stdout;
  expect(await out('withdraw', '100', '--key', 'w')).toMatch(/booked.*Cash is EUR 900\.00/);
  expect(await out('withdraw', '100', '--key', 'w')).toMatch(/Cash is EUR 900\.00/);
  expect(await out('transfer-in', 'alpha', '2', '--price', '70')).toMatch(/transfer-in is booked/);
  const fee = await out('fee', '3.30', '--note', 'custody');
  const line = /\((flow-[^)]+)\)/.exec(fee)?.[1] ?? '';
  expect(await out('reverse', line, 'charged twice')).toMatch(/undone[\s\S]*Cash is EUR 900\.00/);
  const short = await trader.run('withdraw', '5000');
  expect(short).toMatchObject({ status: 2 });
  expect(short.stderr).toMatch(/^trader: It takes more than there is/);
  const unknown = await trader.run('transfer-out', 'NOBODY', '1');
  expect(unknown.stderr).toMatch(/^trader: security: the universe has no NOBODY/);
  await trader.close();
});
