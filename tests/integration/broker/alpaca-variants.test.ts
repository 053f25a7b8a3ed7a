/** The adapter to Alpaca against answers that its published description allows and the mock does not give. */
import { AlpacaApi } from '#shared/clients/broker/alpaca/alpaca-api.ts';
import { AlpacaBroker } from '#shared/clients/broker/alpaca/alpaca-broker.ts';
import type { BrokerStatement, OrderInstruction } from '#shared/clients/broker/broker.ts';
import { BrokerSymbols } from '#shared/clients/broker/symbols.ts';
import { Decimal } from '#shared/kernel/decimal.ts';
import { DEFAULT_ACCOUNT } from '#shared/kernel/identifiers.ts';
import { instantOf } from '#shared/kernel/instant.ts';
import {
  AlteringProxy,
  eachObject,
  type Alteration,
  type Fields,
} from '../../support/brokers/altering-proxy.ts';
import { AlpacaMock, KEYS } from '../../support/brokers/alpaca-mock.ts';
import { explainedCash } from '../../support/brokers/broker-conformance.ts';
import { BETA, SetMarket } from '../../support/markets/set-market.ts';

const signal = new AbortController().signal;
let mock: AlpacaMock;
let direct: string;
let url: string;
let proxy: AlteringProxy;

beforeEach(async () => {
  mock = new AlpacaMock();
  direct = await mock.start();
  proxy = new AlteringProxy();
  url = await proxy.start(direct);
});
afterEach(async () => {
  await proxy.stop();
  await mock.stop();
});

function open(baseUrl = url): AlpacaBroker {
  const now = () => instantOf(Date.now());
  return new AlpacaBroker({
    api: new AlpacaApi({ baseUrl, keyId: () => KEYS.keyId, secretKey: () => KEYS.secretKey }),
    symbols: new BrokerSymbols(new SetMarket(), now),
    simulated: true,
    lastPrice: () => Promise.resolve(Decimal.of(100)),
    now,
  });
}

const order = (clientOrderId: string, quantity: string): OrderInstruction => ({
  ...{ clientOrderId, accountId: DEFAULT_ACCOUNT, isin: BETA, symbol: 'BETA', side: 'BUY' },
  ...{ quantity: Decimal.of(quantity), type: 'MARKET', timeInForce: 'DAY' },
});
const seenBy = async (broker: AlpacaBroker): Promise<Omit<BrokerStatement, 'takenAt'>> => {
  const { takenAt: _, ...seen } = await broker.statement(DEFAULT_ACCOUNT, signal);
  return seen;
};
const isOrders = (path: string) => /^\/v2\/orders\?/.test(path);
/** What an adapter cannot do without. */
const NEEDED = new Set([
  ...['id', 'client_order_id', 'symbol', 'side', 'status', 'qty', 'filled_qty', 'limit_price'],
  ...['cash', 'currency', 'activity_type', 'order_id', 'price', 'transaction_time', 'date'],
  ...['net_amount', 'timestamp', 'is_open', 'next_open', 'next_close', 'tradable'],
  ...['replaced_by', 'replaces', 'created_at', 'stop_price'],
]);
const MOMENTS = ['created_at', 'transaction_time', 'submitted_at', 'timestamp'];

const variants: readonly (readonly [string, Alteration])[] = [
  [
    'without what is optional',
    (body) =>
      eachObject(body, (fields) =>
        Object.fromEntries(Object.entries(fields).filter(([name]) => NEEDED.has(name))),
      ),
  ],
  [
    'with fields that the description does not have',
    (body) => eachObject(body, (fields) => ({ ...fields, new_field: { a: [null, 1] }, usd: {} })),
  ],
  [
    'with null where there is none',
    (body) =>
      eachObject(body, (fields) => ({
        ...{ legs: null, hwm: null, trail_price: null, notional: null, order_class: '' },
        ...fields,
      })),
  ],
  [
    'with nine decimals of a second, in another zone',
    (body) =>
      eachObject(body, (fields) => ({ ...fields, ...within(fields, MOMENTS, inAnotherZone) })),
  ],
  [
    'with a time of day in the date of an activity',
    (body) =>
      eachObject(body, (fields) => ({
        ...fields,
        ...within(fields, ['date'], (day) => `${day}T00:00:00Z`),
      })),
  ],
  [
    'with pages of two',
    (body, path) =>
      Array.isArray(body) && !path.startsWith('/v2/positions') ? body.slice(0, 2) : body,
  ],
];

function within(fields: Fields, names: readonly string[], change: (text: string) => string) {
  const there = names.filter((name) => typeof fields[name] === 'string');
  return Object.fromEntries(there.map((name) => [name, change(fields[name] as string)]));
}

function inAnotherZone(text: string): string {
  const shifted = new Date(Date.parse(text) + 5.5 * 3_600_000).toISOString();
  return shifted.replace('Z', '456789+05:30');
}

it.each(variants)('reads the same account and orders from answers %s', async (_, change) => {
  const plain = open(direct);
  await plain.submit(order('1000000001', '1.123456789'), signal);
  mock.fillsAtOnce = 1_000_000_000n;
  await plain.submit(order('1000000002', '3'), signal);
  mock.event({ activity_type: 'DIV', net_amount: '4.20', symbol: 'BETA' });
  mock.event({ activity_type: 'CGD', net_amount: '1.10', symbol: 'BETA' });
  mock.event({ activity_type: 'DIVNRA', net_amount: '-0.63', symbol: 'BETA' });
  mock.event({ activity_type: 'PTR', net_amount: '0.02' });
  mock.event({ activity_type: 'JNL', net_amount: '-12.50' });
  mock.split('BETA', 2n);
  proxy.json = change;
  const altered = open();
  expect(await seenBy(altered)).toEqual(await seenBy(plain));
  for (const id of ['1000000001', '1000000002'])
    expect(await altered.findOrder(DEFAULT_ACCOUNT, id, signal)).toEqual(
      await plain.findOrder(DEFAULT_ACCOUNT, id, signal),
    );
  expect(await altered.clock(signal)).toMatchObject({ open: true });
  const sent = await altered.submit(order('1000000003', '1'), signal);
  expect([sent.kind, mock.books.orders.length]).toEqual(['accepted', 3]);
});

const plainRow = { created_at: new Date(0).toISOString(), status: 'new', filled_qty: '0' };
const others: readonly (readonly [string, Fields, string, string | undefined])[] = [
  [
    'of several legs',
    { symbol: '', order_class: 'mleg', qty: '2', limit_price: '1.5' },
    '300.00',
    undefined,
  ],
  [
    'for an amount of money',
    { symbol: 'BETA', side: 'buy', qty: null, notional: '250.5' },
    '250.50',
    BETA,
  ],
  [
    'for a currency',
    { symbol: 'BTC/USD', side: 'buy', qty: '0.01', limit_price: '60000' },
    '600.00',
    undefined,
  ],
  [
    'for an option',
    {
      symbol: 'AAPL260116C00200000',
      asset_class: 'us_option',
      side: 'buy',
      qty: '1',
      limit_price: '2.5',
    },
    '250.00',
    undefined,
  ],
  [
    'in a state that is not described',
    { symbol: 'BETA', side: 'buy', qty: '2', status: 'pending_review' },
    '210.00',
    BETA,
  ],
  ['that sells a class of shares', { symbol: 'BRK.B', side: 'sell', qty: '2' }, '0.00', undefined],
  [
    'without price in what is not listed',
    { symbol: 'BRK.B', side: 'buy', qty: '2' },
    '20000.00',
    undefined,
  ],
];

it.each(others)(
  'reads an account with an open order %s, which another client placed',
  async (_, fields, reserved, isin) => {
    proxy.json = (body, path) =>
      isOrders(path) && !path.includes('after_order_id')
        ? [{ id: 'other', ...plainRow, ...fields }]
        : body;
    const seen = await seenBy(open());
    expect(seen.openOrders).toMatchObject([{ clientOrderId: 'alpaca-other' }]);
    expect([`${seen.openOrders[0]?.reserved}`, seen.openOrders[0]?.isin]).toEqual([
      `USD ${reserved}`,
      isin,
    ]);
    expect(seen.cash).toEqual(explainedCash(seen as BrokerStatement));
  },
);

it.each([
  ['a state that is not described', { status: 'pending_review' }],
  ['no executed quantity', { filled_qty: null }],
  ['an executed quantity that is none', { filled_qty: 'NaN' }],
])('leaves the outcome of its own order with %s unknown, and sends it once', async (_, row) => {
  proxy.json = (body, path) =>
    path.startsWith('/v2/orders') ? { ...(body as Fields), ...row } : body;
  const broker = open();
  const calls = [
    () => broker.submit(order('1000000001', '1'), signal),
    () => broker.findOrder(DEFAULT_ACCOUNT, '1000000001', signal),
  ];
  // One after the other: an order that has not arrived yet is not found.
  for (const call of calls) await expect(call()).rejects.toMatchObject({ code: 'UPSTREAM_BROKEN' });
  expect(mock.posts).toBe(1);
});

it('rounds what is finer than a cent, as the cash is', async () => {
  mock.event({ activity_type: 'INT', net_amount: '0.126' });
  const seen = await seenBy(open());
  expect(seen.flows.at(-1)?.amount.toString()).toBe('USD 0.13');
  expect(seen.cash).toEqual(explainedCash(seen as BrokerStatement));
});
