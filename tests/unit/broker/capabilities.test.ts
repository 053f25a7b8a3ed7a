import type { BrokerCapabilities, OrderInstruction } from '#shared/clients/broker/broker.ts';
import { unsupported } from '#shared/clients/broker/capabilities.ts';
import { parseCurrency } from '#shared/kernel/currency.ts';
import { Decimal } from '#shared/kernel/decimal.ts';
import { DEFAULT_ACCOUNT } from '#shared/kernel/identifiers.ts';
import { parseIsin } from '#shared/kernel/isin.ts';
import { Price } from '#shared/kernel/price.ts';

const can: BrokerCapabilities = {
  takesOrders: true,
  refusesDuplicates: true,
  provesAbsence: true,
  orderTypes: ['MARKET', 'LIMIT', 'STOP'],
  timesInForce: ['DAY', 'GTC'],
  quantityDecimals: 9,
  fractionTimesInForce: ['DAY'],
  currencies: [parseCurrency('USD')],
  priceDecimals: { above: 2, below: 4 },
  extendedHours: 'limit-orders',
  clientOrderId: /^\d{1,10}$/,
};

const order: OrderInstruction = {
  clientOrderId: '1000000001',
  accountId: DEFAULT_ACCOUNT,
  isin: parseIsin('US0378331005'),
  symbol: 'AAPL',
  side: 'BUY',
  quantity: Decimal.of(10),
  type: 'MARKET',
  timeInForce: 'DAY',
};
const limit = (text: string, currency = 'USD') => ({
  type: 'LIMIT' as const,
  limitPrice: Price.parse(text, currency),
});

describe('an unsupported order', () => {
  test.each<[string, Partial<OrderInstruction>, Partial<BrokerCapabilities>]>([
    ['read-only', {}, { takesOrders: false }],
    ['order-type', { type: 'STOP_LIMIT' }, {}],
    ['time-in-force', { timeInForce: 'IOC' }, {}],
    ['quantity', { quantity: Decimal.zero }, {}],
    ['whole-shares', { quantity: Decimal.of('0.5') }, { quantityDecimals: 0 }],
    ['quantity-decimals', { quantity: Decimal.of('0.1234567891') }, {}],
    ['fraction-time-in-force', { quantity: Decimal.of('0.5'), timeInForce: 'GTC' }, {}],
    ['currency', limit('10', 'EUR'), {}],
    ['tick', limit('10.001'), {}],
    ['tick', limit('0.12345'), {}],
    ['extended-hours', { extendedHours: true }, {}],
    ['extended-hours', { extendedHours: true, ...limit('10') }, { extendedHours: 'none' }],
    ['client-order-id', { clientOrderId: 'order-1' }, {}],
    ['order-prices', { type: 'LIMIT' }, {}],
    ['order-prices', { limitPrice: Price.parse('10', 'USD') }, {}],
  ])('is named: %s', (rule, change, without) => {
    expect(unsupported({ ...order, ...change }, { ...can, ...without })?.rule).toBe(rule);
  });

  test.each<[string, Partial<OrderInstruction>]>([
    ['a market order', {}],
    ['nine decimals for the day', { quantity: Decimal.of('0.123456789') }],
    ['a limit with cents', limit('10.01')],
    ['a limit below 1 with four decimals', limit('0.1234')],
    ['a limit outside the session', { extendedHours: true, ...limit('10') }],
  ])('is supported: %s', (_, change) => {
    expect(unsupported({ ...order, ...change }, can)).toBeUndefined();
  });
});
