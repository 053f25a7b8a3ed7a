import { addDays, parseDay } from '#shared/kernel/calendar-day.ts';
import { parseCurrency } from '#shared/kernel/currency.ts';
import { Decimal } from '#shared/kernel/decimal.ts';
import { DEFAULT_ACCOUNT, type TradeId } from '#shared/kernel/identifiers.ts';
import { instantOf } from '#shared/kernel/instant.ts';
import { parseIsin } from '#shared/kernel/isin.ts';
import { Money } from '#shared/kernel/money.ts';
import { Price } from '#shared/kernel/price.ts';
import type { CheckInputs } from '#shared/trading/model/check-inputs.ts';
import type { OrderDraft, OrderRecord } from '#shared/trading/model/order-record.ts';
import { newOrder } from '#shared/trading/model/order-progress.ts';
import type { OrderState } from '#shared/trading/model/order.ts';
import { collarLimitOf } from '#shared/trading/model/price-collar.ts';
import { validate } from '#shared/trading/model/validation.ts';

const isin = parseIsin('US0378331005');
const [usd, eur] = [parseCurrency('USD'), parseCurrency('EUR')];
const today = parseDay('2025-06-11');
const price = (amount: string, currency = 'USD'): Price => Price.parse(amount, currency);
const euros = (amount: string): Money => Money.parse(amount, 'EUR');

const buy: OrderDraft = {
  accountId: DEFAULT_ACCOUNT,
  isin,
  symbol: '',
  side: 'BUY',
  quantity: Decimal.of(10),
  orderType: 'MARKET',
  timeInForce: 'DAY',
};
const sell: OrderDraft = { ...buy, side: 'SELL' };

/** 10 shares at USD 100 and 0.90 are worth EUR 900; fees are 2 + 0.2 %. */
const sound: CheckInputs = {
  order: buy,
  base: eur,
  limits: {
    costs: {
      feeFixed: Decimal.of(2),
      feeRatio: 0.002,
      exchangeFeeRatio: 0,
      halfSpreadRatio: 0,
      sellTaxRatio: 0,
    },
    minimumOrder: Decimal.of(250),
    maximumOrderRatio: 0.25,
    orderValueMax: Decimal.of('1000000'),
    dayTurnoverMaxRatio: 1,
    ordersPerDayMax: 3,
    priceCollarRatio: 0.05,
    quoteAgeDaysMax: 5,
    cooldownDays: 30,
    minimumHoldDays: 90,
  },
  policy: {
    cash: { reserveRatio: 0.02, reserveAmount: '0', monthlyDeposit: '0' },
    ...{ excluded: [], sellOnly: [], frozen: [], restrictedUntil: {} },
  },
  control: { state: 'ACTIVE', reason: 'never set' },
  realMoneyOnSimulatedPrices: false,
  today,
  security: {
    isin,
    symbol: 'AAPL',
    name: 'Apple',
    exchange: 'XNAS',
    currency: usd,
    securityType: 'EQUITY',
    lot: Decimal.one,
    addedAt: instantOf(0),
  },
  session: { open: true, reason: 'regular hours' },
  quote: { price: price('100'), day: today },
  doubts: [],
  rate: { from: usd, to: eur, rate: Decimal.of('0.9'), day: today },
  account: { cash: euros('9100'), holdings: new Map([[isin, Decimal.of(10)]]), openOrders: [] },
  accountValue: euros('10000'),
  live: [],
  askedLately: [],
  saleDays: [],
  lots: [{ quantity: Decimal.of(10), day: addDays(today, -365) }],
};

function other(state: OrderState, changes: Partial<OrderRecord> = {}): OrderRecord {
  const order = newOrder(
    { ...buy, isin: parseIsin('US5949181045') },
    {
      tradeId: 'trade-other' as TradeId,
      clientOrderId: '1000000001',
      symbol: 'MSFT',
      value: euros('900'),
      reserved: euros('903.80'),
      errors: [],
      at: instantOf(0),
      build: 'test',
    },
    'intend',
  );
  return { ...order, state, ...changes };
}

const open = (side: 'BUY' | 'SELL', remaining: number, reserved: string, of = isin) => ({
  clientOrderId: '1000000009',
  isin: of,
  side,
  remaining: Decimal.of(remaining),
  reserved: euros(reserved),
});

const codes = (changes: Partial<CheckInputs>): string[] =>
  validate({ ...sound, ...changes }).errors.map((error) => error.code);

const limited = (text: string, currency = 'USD'): Partial<CheckInputs> => ({
  order: { ...buy, orderType: 'LIMIT', limitPrice: price(text, currency) },
});
const limits = (changes: Partial<CheckInputs['limits']>): Partial<CheckInputs> => ({
  limits: { ...sound.limits, ...changes },
});

const split: CheckInputs['doubts'][number] = {
  ...{ kind: 'suspected-split' as const, evidence: 'jump' as const },
  ...{ day: today, ratio: 4, isLive: false },
};

describe('the checks before a trade', () => {
  it('admit a valid purchase and a valid sale', () => {
    expect(codes({})).toEqual([]);
    expect(codes({ order: sell })).toEqual([]);
  });

  it.each<[string, Partial<CheckInputs>]>([
    ['trading-halted', { control: { state: 'HALTED', reason: 'drill' } }],
    ['reducing-only', { control: { state: 'REDUCING', reason: 'drill' } }],
    ['simulated-prices', { realMoneyOnSimulatedPrices: true }],
    ['symbol-mismatch', { order: { ...buy, symbol: 'MSFT' } }],
    [
      'frozen-instrument',
      {
        security: {
          ...(sound.security as NonNullable<CheckInputs['security']>),
          removed: { at: instantOf(0), reason: 'delisted' },
        },
      },
    ],
    ['market-closed', { session: { open: false, reason: 'weekend' } }],
    ['stale-quote', { quote: { price: price('100'), day: addDays(today, -6) } }],
    ['stale-quote', { quote: { price: price('100'), day: addDays(today, 1) } }],
    ['dead-price', { doubts: [{ kind: 'dead-price', day: today, reason: 'it never moves' }] }],
    ['suspected-split', { doubts: [split] }],
    ['suspected-split', { doubts: [split], order: sell }],
    [
      'exchange-rate-missing',
      { rate: { from: usd, to: eur, rate: Decimal.of('0.9'), day: addDays(today, -6) } },
    ],
    ['limit-price-missing', { order: { ...buy, orderType: 'LIMIT' } }],
    ['limit-price-unused', { order: { ...buy, limitPrice: price('100') } }],
    ['stop-price-missing', { order: { ...buy, orderType: 'STOP' } }],
    ['stop-price-unused', { order: { ...buy, stopPrice: price('110') } }],
    ['price-currency', limited('100', 'EUR')],
    ['tick', limited('100.001')],
    ['price-collar', limited('105.01')],
    ['price-collar', limited('94.99')],
    ['stop-side', { order: { ...buy, orderType: 'STOP', stopPrice: price('100') } }],
    ['stop-side', { order: { ...sell, orderType: 'STOP', stopPrice: price('100') } }],
    ['lot', { order: { ...buy, quantity: Decimal.of('10.5') } }],
    ['order-too-large', limits({ maximumOrderRatio: 0.0899 })],
    ['order-too-large', limits({ orderValueMax: Decimal.of('899.99') })],
    [
      'day-turnover',
      {
        askedLately: [other('FILLED', { filledQuantity: Decimal.of(10), value: euros('9100.01') })],
      },
    ],
    ['day-turnover', limits({ dayTurnoverMax: Decimal.of('899.99') })],
    ['day-loss', { ...limits({ dayLossMax: Decimal.of(100) }), dayLoss: euros('100.01') }],
    ['volume-share', { ...limits({ volumeShareMaxRatio: 0.01 }), averageVolume: 999 }],
    [
      'volume-share',
      {
        ...limits({ volumeShareMaxRatio: 0.01 }),
        averageVolume: 1_000,
        askedLately: [other('FILLED', { isin, filledQuantity: Decimal.of('0.5') })],
      },
    ],
    ['day-orders', { askedLately: [other('FILLED'), other('FILLED'), other('REJECTED')] }],
    ['insufficient-cash', { account: { ...accountOf(), cash: euros('1103.79') } }],
    [
      'insufficient-cash',
      {
        account: {
          ...accountOf(),
          openOrders: [open('BUY', 1, '7996.21', parseIsin('US5949181045'))],
        },
      },
    ],
    ['insufficient-cash', { live: [other('INTENT', { reserved: euros('7996.21') })] }],
    ['insufficient-holdings', { order: { ...sell, quantity: Decimal.of(11) }, lots: lotsOf(11) }],
    ['insufficient-holdings', { order: sell, account: { ...accountOf(), holdings: new Map() } }],
    ['cooldown', { saleDays: [addDays(today, -29)] }],
    [
      'minimum-hold',
      { order: sell, lots: [{ quantity: Decimal.of(10), day: addDays(today, -89) }] },
    ],
    ['frozen-instrument', { live: [other('UNKNOWN', { isin, side: 'SELL' })] }],
    ['frozen-instrument', { live: [other('NEEDS_HUMAN', { isin })] }],
    ['broker-currency', { brokerCurrencies: [eur] }],
    ['duplicate-in-flight', { live: [other('ACCEPTED', { isin })] }],
    ['duplicate-in-flight', { account: { ...accountOf(), openOrders: [open('BUY', 1, '90')] } }],
  ])('refuse with %s alone', (code, changes) => {
    expect(codes(changes)).toEqual([code]);
  });

  it.each<[string, Partial<CheckInputs>]>([
    ['unknown-security', { security: undefined }],
    ['market-closed', { session: undefined }],
    ['price-missing', { quote: undefined }],
    ['exchange-rate-missing', { rate: undefined }],
    ['account-missing', { account: undefined }],
    ['account-value-missing', { accountValue: undefined }],
    ['cooldown', { saleDays: undefined }],
    ['minimum-hold', { order: sell, lots: undefined }],
    ['volume-missing', limits({ volumeShareMaxRatio: 0.01 })],
  ])('refuse with %s when its data is missing', (code, changes) => {
    expect(codes(changes)).toEqual([code]);
  });

  it('report all violations at once', () => {
    const found = codes({
      ...limited('120.001'),
      control: { state: 'HALTED', reason: 'drill' },
      session: { open: false, reason: 'weekend' },
      account: { cash: euros('1'), holdings: new Map(), openOrders: [] },
      saleDays: [today],
    });
    expect(found).toEqual([
      'trading-halted',
      'market-closed',
      'tick',
      'price-collar',
      'insufficient-cash',
      'cooldown',
    ]);
  });

  it('pass at the very edge of each limit', () => {
    expect(codes(limits({ maximumOrderRatio: 0.09 }))).toEqual([]);
    expect(codes({ account: { ...accountOf(), cash: euros('1103.80') } })).toEqual([]);
    expect(codes({ saleDays: [addDays(today, -30)] })).toEqual([]);
    expect(codes(limited('105'))).toEqual([]);
    expect(codes(limits({ dayTurnoverMax: Decimal.of(900) }))).toEqual([]);
    const loss = { ...limits({ dayLossMax: Decimal.of(100) }), dayLoss: euros('100') };
    expect(codes(loss)).toEqual([]);
    expect(codes({ ...loss, dayLoss: euros('101'), order: sell })).toEqual([]);
    expect(codes({ ...limits({ volumeShareMaxRatio: 0.01 }), averageVolume: 1_000 })).toEqual([]);
    expect(codes({ quote: { price: price('100'), day: addDays(today, -5) } })).toEqual([]);
  });

  it('keep shares that an open sale will deliver', () => {
    const account = {
      ...accountOf(),
      openOrders: [{ ...open('SELL', 4, '0'), clientOrderId: '1000000001' }],
    };
    const live = [other('ACCEPTED', { isin, side: 'SELL' })];
    const found = validate({ ...sound, order: sell, account, live }).errors;
    expect(found.map((error) => error.code)).toEqual([
      'insufficient-holdings',
      'duplicate-in-flight',
    ]);
    expect(found[0]?.message).toBe('10 are to be sold; 6 are free.');
  });

  it('let a sale pass while trading is REDUCING', () => {
    expect(codes({ order: sell, control: { state: 'REDUCING', reason: 'drill' } })).toEqual([]);
  });

  it('only warn of an order below the usual least', () => {
    const { errors, warnings } = validate({ ...sound, order: { ...buy, quantity: Decimal.of(2) } });
    expect(errors).toEqual([]);
    expect(warnings).toEqual([
      {
        code: 'minimum-order',
        message: 'The order is worth EUR 180.00, less than the usual least of EUR 250.00.',
      },
    ]);
  });

  it('count value, cost and free cash to the cent', () => {
    const { value, cost, needed, freeCash } = validate(sound);
    expect([value, cost, needed, freeCash].map(String)).toEqual([
      'EUR 900.00',
      'EUR 3.80',
      'EUR 903.80',
      'EUR 8900.00',
    ]);
  });
});

function accountOf(): NonNullable<CheckInputs['account']> {
  return sound.account as NonNullable<CheckInputs['account']>;
}

function lotsOf(quantity: number): CheckInputs['lots'] {
  return [{ quantity: Decimal.of(quantity), day: addDays(today, -365) }];
}

describe('the limit of a market order with a reference price', () => {
  test('is a price at which the broker’s charges are covered as well', () => {
    // 902.80 + 1.80 of charges at the quote; what is left pays for less than a percent more.
    const account = { cash: euros('909.00'), holdings: new Map(), openOrders: [] };
    const order = { ...buy, referencePrice: price('100') };
    const limit = collarLimitOf({ ...sound, order, account });
    const value = Number(limit?.amount.toString()) * 10 * 0.9;
    expect(value * 1.002 + 2).toBeLessThanOrEqual(909);
    expect(value * 1.002 + 2).toBeGreaterThan(908);
  });
});
