/** Accounts are opened by an operation of their own, and by nothing else. */
import { operations } from '#shared/contract/catalogue.ts';
import type { FunctionHandler } from '#template/function.ts';
import { openTradingFixture, type TradingFixture } from '../../support/brokers/trading-fixture.ts';
import { startTestRedis, type TestRedis } from '../../support/dependencies.ts';

let redis: TestRedis;
let t: TradingFixture;

beforeAll(async () => {
  redis = await startTestRedis();
});
afterAll(() => redis.stop());
beforeEach(async () => {
  t = await openTradingFixture(redis);
  // The fixture's broker stands for a real one; accounts are funded at the paper broker itself.
  const { funding } = paper();
  if (funding) Object.assign(t.broker, { funding });
});
afterEach(() => t.dependencies.close());

const paper = () =>
  (t.broker as unknown as { inner: TradingFixture['dependencies']['broker'] }).inner;

async function call(name: string, body: object, key?: string) {
  const [service = '', ...rest] = name.split('-');
  const file = `../../../functions/${service}/${rest.join('-')}/handler.ts`;
  const { default: handler } = (await import(file)) as { default: FunctionHandler };
  return t.call(handler, body, key);
}

const keysNow = async () => (await t.dependencies.database.redis.keys('*')).sort();
const euros = (amount: string) => ({ amount, currency: 'EUR' });

const openers = ['portfolio-open-account'];
const accountOperations = operations.filter(
  ({ name, request }) =>
    'shape' in request &&
    'accountId' in (request.shape as Record<string, unknown>) &&
    !openers.includes(name),
);

/** What an operation needs beside the account. */
const bodies: Record<string, () => object> = {
  'portfolio-get-position': () => ({ isin: t.isin('ARVN') }),
  'trading-execute-trade': () => ({ isin: t.isin('ARVN'), side: 'BUY', quantity: 1 }),
  'trading-validate-trade': () => ({ isin: t.isin('ARVN'), side: 'BUY', quantity: 1 }),
  'gateway-process-deposit': () => ({ amount: euros('10.00') }),
  'trading-confirm-reconciliation': () => ({ digest: '01234567', reason: 'known' }),
  'planning-replan': () => ({ day: '2024-03-01' }),
  'gateway-approve-plan': () => ({ planId: 'plan-1', digest: '01234567' }),
  'gateway-reject-plan': () => ({ planId: 'plan-1', digest: '01234567' }),
  'gateway-change-plan': () => ({ planId: 'plan-1', digest: '01234567', quantities: {} }),
  'gateway-create-answer-tokens': () => ({ planId: 'plan-1', recipient: 'phone' }),
  'gateway-set-trust': () => ({ level: 'simulated' }),
  'portfolio-book-movement': () => ({ kind: 'deposit', amount: euros('10.00') }),
  'portfolio-reverse-movement': () => ({ lineId: 'line-1', reason: 'wrong' }),
  'portfolio-import-transactions': () => ({ content: 'date,kind\n' }),
};

describe.each(accountOperations.map(({ name }) => name))('%s', (name) => {
  it.each(['defualt', 'DEFAULT', 'nobody'])('does not know the account %s', async (accountId) => {
    const before = await keysNow();
    const { status, body } = await call(name, { ...bodies[name]?.(), accountId }, 'k1');
    expect([status, body.code, body.field]).toEqual([404, 'NOT_FOUND', 'accountId']);
    expect(body.message).toContain(accountId);
    const made = (await keysNow()).filter((key) => !before.includes(key));
    // The outcome under the idempotency key may be kept; no account, no book, no order.
    expect(made.filter((key) => /account|paper|orders|deposits/.test(key))).toEqual([]);
  });
});

it('covers operations of every service that has accounts', () => {
  expect(new Set(accountOperations.map(({ service }) => service))).toEqual(
    new Set(['portfolio', 'optimization', 'planning', 'trading', 'gateway']),
  );
});

describe('OpenAccount', () => {
  const cashOf = async (accountId: string) => {
    await call('portfolio-update-positions', { accountId, forceSync: true });
    return (await call('portfolio-get-cash-balance', { accountId })).body.cashBalance.amount;
  };

  it('opens an account beside the default one, with its own opening cash', async () => {
    const opening = { accountId: 'child', name: 'For later', openingCash: euros('750.00') };
    const { body } = await call('portfolio-open-account', opening, 'k1');
    expect(body).toMatchObject({
      success: true,
      account: { accountId: 'child', name: 'For later', currency: 'EUR' },
    });
    expect([await cashOf('child'), await cashOf('default')]).toEqual(['750.00', '25000.00']);
    const { body: listed } = await call('portfolio-list-accounts', {});
    expect(listed.accounts.map((one: { accountId: string }) => one.accountId)).toEqual([
      'default',
      'child',
    ]);
  });

  it('opens one without cash, and opens none twice', async () => {
    await call('portfolio-open-account', { accountId: 'b' }, 'k1');
    const again = await call(
      'portfolio-open-account',
      { accountId: 'b', openingCash: euros('9') },
      'k2',
    );
    expect(again.body).toMatchObject({ success: false });
    expect(await cashOf('b')).toBe('0.00');
  });

  it.each([
    [{}, 'accountId'],
    [{ accountId: 'a b' }, 'accountId'],
    [{ accountId: 'c', currency: 'USD' }, 'currency'],
    [{ accountId: 'c', openingCash: { amount: '1.00', currency: 'USD' } }, 'openingCash.currency'],
    [{ accountId: 'c', openingCash: euros('-1.00') }, 'openingCash'],
  ])('refuses %j, naming %s', async (wrong, field) => {
    const { status, body } = await call('portfolio-open-account', wrong, 'k1');
    expect([status, body.field]).toEqual([400, field]);
    expect((await call('portfolio-list-accounts', {})).body.accounts).toHaveLength(1);
  });
});

describe('UpdatePositions', () => {
  const position = (symbol: string, quantity: number) => ({
    isin: t.isin(symbol),
    symbol,
    quantity,
  });
  const held = async () =>
    (await call('portfolio-get-positions', {})).body.positions.map(
      ({ symbol }: { symbol: string }) => symbol,
    );

  it('never transfers out what a list leaves out, unless it is asked to', async () => {
    const both = { positions: [position('ARVN', 3), position('HAVL', 2)] };
    expect((await call('portfolio-update-positions', both)).status).toBe(200);
    const one = { positions: [position('ARVN', 4)] };
    const { status, body } = await call('portfolio-update-positions', one);
    expect([status, body.rule, body.field]).toEqual([422, 'holdings-missing', 'positions']);
    expect(body.message).toContain('HAVL');
    expect(await held()).toEqual(['ARVN', 'HAVL']);
    await call('portfolio-update-positions', { ...one, removeMissing: true });
    expect(await held()).toEqual(['ARVN']);
  });
});
