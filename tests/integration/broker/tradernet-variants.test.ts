/** The adapter to Tradernet against answers that its description allows and the mock does not give. */
import { LosslessNumber } from 'lossless-json';
import type { BrokerStatement, OrderInstruction } from '#shared/clients/broker/broker.ts';
import { OrderLinks } from '#shared/clients/broker/order-links.ts';
import { TradernetApi } from '#shared/clients/broker/tradernet/tradernet-api.ts';
import { TradernetBroker } from '#shared/clients/broker/tradernet/tradernet-broker.ts';
import { parseCurrency } from '#shared/kernel/currency.ts';
import { Decimal } from '#shared/kernel/decimal.ts';
import { DEFAULT_ACCOUNT } from '#shared/kernel/identifiers.ts';
import { instantOf } from '#shared/kernel/instant.ts';
import type { Dependencies } from '#shared/runtime/context.ts';
import {
  AlteringProxy,
  eachObject,
  type Alteration,
  type Fields,
} from '../../support/brokers/altering-proxy.ts';
import { explainedCash } from '../../support/brokers/broker-conformance.ts';
import { TRADERNET_KEYS, TradernetMock } from '../../support/brokers/tradernet-mock.ts';
import {
  openTestDependencies,
  startTestRedis,
  type TestRedis,
} from '../../support/dependencies.ts';
import { BETA } from '../../support/markets/set-market.ts';

const signal = new AbortController().signal;
const USD = parseCurrency('USD');
let redis: TestRedis;
let dependencies: Dependencies;
let mock: TradernetMock;
let direct: string;
let url: string;
let proxy: AlteringProxy;

beforeAll(async () => {
  redis = await startTestRedis();
});
afterAll(() => redis.stop());
beforeEach(async () => {
  dependencies = await openTestDependencies(redis);
  mock = new TradernetMock();
  direct = await mock.start();
  proxy = new AlteringProxy();
  url = await proxy.start(direct);
});
afterEach(async () => {
  await proxy.stop();
  await mock.stop();
  await dependencies.close();
});

function open(baseUrl = url): TradernetBroker {
  const now = () => instantOf(Date.now());
  return new TradernetBroker({
    api: new TradernetApi({
      ...{ baseUrl, nowMs: now },
      pace: { turn: async (at) => at.throwIfAborted() },
      publicKey: () => TRADERNET_KEYS.publicKey,
      privateKey: () => TRADERNET_KEYS.privateKey,
    }),
    links: new OrderLinks(dependencies.database),
    ...{ currency: USD, simulated: true, now },
    lastPrice: () => Promise.resolve(Decimal.of(100)),
  });
}

const order = (clientOrderId: string, quantity: number): OrderInstruction => ({
  ...{ clientOrderId, accountId: DEFAULT_ACCOUNT, isin: BETA, symbol: 'BETA', side: 'BUY' },
  ...{ quantity: Decimal.of(quantity), type: 'MARKET', timeInForce: 'DAY' },
});
const seenBy = async (broker: TradernetBroker): Promise<Omit<BrokerStatement, 'takenAt'>> => {
  const { takenAt: _, ...seen } = await broker.statement(DEFAULT_ACCOUNT, signal);
  return seen;
};

const isNumber = (value: unknown): value is LosslessNumber => value instanceof LosslessNumber;
const changed = (fields: Fields, change: (value: unknown, name: string) => unknown) =>
  Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, change(value, name)]));
const everyValue =
  (change: (value: unknown, name: string) => unknown): Alteration =>
  (body) =>
    eachObject(body, (fields) => changed(fields, change));
const adding =
  (more: Fields): Alteration =>
  (body) => ({ ...(body as Fields), ...more });

const variants: readonly (readonly [string, Alteration])[] = [
  ['with every number as text', everyValue((value) => (isNumber(value) ? value.value : value))],
  [
    'with text as numbers where it is one',
    everyValue((value) =>
      typeof value === 'string' && /^-?(0|[1-9]\d*)(\.\d+)?$/.test(value)
        ? new LosslessNumber(value)
        : value,
    ),
  ],
  [
    'with a decimal comma',
    everyValue((value, name) =>
      isNumber(value) && ['p', 's', 'sum', 'amount', 'currval'].includes(name)
        ? value.value.replace('.', ',')
        : value,
    ),
  ],
  ['with an empty list as error', adding({ error: [] })],
  ['with an empty object as error', adding({ error: {}, errMsg: '' })],
  ['with code 0', adding({ code: new LosslessNumber('0'), error: null, errMsg: null })],
  ['with error 0', adding({ error: new LosslessNumber('0'), warning: 'none' })],
  [
    'with fields that the description does not have',
    (body) => eachObject(body, (fields) => ({ ...fields, new_field: { a: [null] }, Yield: [] })),
  ],
  [
    'without the wrapper of the live service',
    (body) => {
      const { result } = body as { result?: { ps?: Fields } };
      return result?.ps ? result.ps : body;
    },
  ],
  [
    'with one object in place of a list of one',
    everyValue((value, name) =>
      Array.isArray(value) && value.length === 1 && name !== 'detailed' ? value[0] : value,
    ),
  ],
  [
    'with null in place of an empty list',
    everyValue((value) => (Array.isArray(value) && value.length === 0 ? null : value)),
  ],
  [
    'with pages of one',
    everyValue((value, name) =>
      name === 'cashflow' && Array.isArray(value) ? value.slice(0, 1) : value,
    ),
  ],
  [
    'with nine decimals of a second',
    everyValue((value) =>
      typeof value === 'string' && /T\d\d:\d\d:\d\d\.\d{3}$/.test(value) ? `${value}456789` : value,
    ),
  ],
];

it.each(variants)('reads the same account and orders from answers %s', async (_, change) => {
  const plain = open(direct);
  await plain.submit(order('1000000001', 10), signal);
  mock.fillsAtOnce = 1;
  await plain.submit(order('1000000002', 3), signal);
  mock.flow('sepa', 12_345, 'EUR');
  mock.dividend('BETA.US', 0.85, 10, 128);
  mock.exchange('EUR/USD', 100, 1.1, true);
  mock.split('BETA.US', 2);
  proxy.json = change;
  const altered = open();
  expect(await seenBy(altered)).toEqual(await seenBy(plain));
  for (const id of ['1000000001', '1000000002'])
    expect(await altered.findOrder(DEFAULT_ACCOUNT, id, signal)).toEqual(
      await plain.findOrder(DEFAULT_ACCOUNT, id, signal),
    );
  expect(await altered.clock(signal)).toMatchObject({ open: true });
  const sent = await altered.submit(order('1000000003', 1), signal);
  expect([sent.kind, mock.books.orders.length]).toEqual(['accepted', 3]);
});

const row = {
  ...{ id: '71', order_id: '71', date: '2026-01-05T14:30:00.000', stat: 10, oper: 1, type: 2 },
  ...{ cur: 'USD', q: 200, leaves_qty: 200, p: 1.1, stop: 0 },
};
const others: readonly (readonly [string, Fields, string, string | undefined])[] = [
  ['for euros', { instr: 'EUR/USD', instr_type: 6 }, '220.00', undefined],
  ['for euros, without type', { instr: 'EURUSD.FX' }, '220.00', undefined],
  ['for euros, without price', { instr: 'EUR/USD', instr_type: 6, p: 0 }, '231.00', undefined],
  ['for francs, whose rate is not stated', { instr: 'CHF/USD', p: 0 }, '20000.00', undefined],
  ['that sells euros', { instr: 'EUR/USD', instr_type: 6, oper: 3 }, '0.00', undefined],
  [
    'that sells dollars',
    { instr: 'USD/CHF', instr_type: 6, oper: 3, cur: 'CHF' },
    '200.00',
    undefined,
  ],
  ['of a currency type, and no pair', { instr: 'GOLD', instr_type: 6 }, '220.00', undefined],
  ['for an option', { instr: '+AAPL.16JAN2026.C200', instr_type: 4 }, '220.00', undefined],
  ['in another currency', { instr: 'ALPHA.EU', cur: 'EUR' }, '0.00', 'DE0007164600'],
  ['without price or ISIN', { instr: 'NEW.US', p: 0 }, '20000.00', undefined],
  ['in a state that is not described', { instr: 'BETA.US', stat: 99 }, '220.00', BETA],
  ['that takes a profit', { instr: 'BETA.US', type: 6, oper: 3 }, '0.00', BETA],
];

it.each(others)(
  'reads an account with an open order %s, which a person placed',
  async (_, fields, reserved, isin) => {
    mock.cents.set('EUR', 0);
    proxy.json = (body, path) =>
      path.includes('getNotifyOrderJson')
        ? { result: { orders: { key: 'mock', order: [{ ...row, ...fields }] } } }
        : body;
    const seen = await seenBy(open());
    expect(seen.openOrders).toMatchObject([{ clientOrderId: 'tradernet-71' }]);
    expect([`${seen.openOrders[0]?.reserved}`, seen.openOrders[0]?.isin]).toEqual([
      `USD ${reserved}`,
      isin,
    ]);
    expect(seen.cash).toEqual(explainedCash(seen as BrokerStatement));
  },
);
