import { brokerCharges, orderCost } from '#shared/kernel/costs.ts';
import { parseCurrency } from '#shared/kernel/currency.ts';
import { Decimal } from '#shared/kernel/decimal.ts';
import { convertWith, type ExchangeRate } from '#shared/kernel/exchange-rate.ts';
import { parseDay } from '#shared/kernel/calendar-day.ts';
import { Money } from '#shared/kernel/money.ts';
import { Price } from '#shared/kernel/price.ts';
import { coarserLot, isWholeLots, parseQuantity, wholeLots } from '#shared/kernel/quantity.ts';

const eur = (amount: string): Money => Money.parse(amount, 'EUR');

describe('Money', () => {
  test('counts in minor units of its currency', () => {
    expect(eur('10.5').toJSON()).toEqual({ amount: '10.50', currency: 'EUR' });
    expect(Money.parse('1200', 'JPY').toString()).toBe('JPY 1200');
    expect(Money.parse('1.234', 'KWD').minorUnits).toBe(1234n);
  });

  test('refuses finer amounts than the currency has, and unknown currencies', () => {
    expect(() => eur('0.001')).toThrow(/more decimals/);
    expect(() => Money.parse('0.5', 'JPY')).toThrow(/more decimals/);
    expect(() => Money.parse('1', 'EURO')).toThrow(/ISO 4217/);
    expect(eur('1.500').amount.toString()).toBe('1.50');
  });

  test('never adds two currencies without a rate', () => {
    const usd = Money.parse('1', 'USD');
    expect(() => eur('1').add(usd)).toThrow(/without a rate/);
    expect(() => eur('1').compare(usd)).toThrow(/without a rate/);
    expect(eur('1').equals(usd)).toBe(false);
  });

  test('converts at a dated rate, and fails when there is none', () => {
    const rate: ExchangeRate = {
      from: parseCurrency('USD'),
      to: parseCurrency('EUR'),
      rate: Decimal.parse('0.9213'),
      day: parseDay('2026-11-20'),
    };
    const rates = new Map([[rate.from, rate]]);
    expect(convertWith(Money.parse('100.01', 'USD'), rates, 'half-even')).toEqual(eur('92.14'));
    expect(() => convertWith(Money.parse('1', 'GBP'), rates, 'down')).toThrow(
      /no exchange rate from GBP to EUR/,
    );
  });
});

describe('Price', () => {
  test('times a quantity is money, rounded by the mode given', () => {
    const price = Price.parse('3.3333', 'EUR');
    expect(price.times(parseQuantity(3), 'up')).toEqual(eur('10.00'));
    expect(price.times(parseQuantity(2), 'down')).toEqual(eur('6.66'));
  });

  test.each(['0', '-1', '0.123456789'])('refuses %s', (amount) => {
    expect(() => Price.parse(amount, 'EUR')).toThrow();
  });
});

describe('quantities', () => {
  test('round down to whole lots', () => {
    const lot = parseQuantity(100);
    expect(wholeLots(parseQuantity('399.5'), lot).toString()).toBe('300');
    expect(isWholeLots(parseQuantity('0.3'), parseQuantity('0.1'))).toBe(true);
    expect(isWholeLots(parseQuantity(150), lot)).toBe(false);
  });

  it('makes a lot as coarse as quantities are counted, and keeps it a multiple', () => {
    const coarser = (lot: string, decimals: number) =>
      coarserLot(parseQuantity(lot), decimals).toString();
    const lots = ['0.001', '0.25', '1.5', '0.7', '1', '10', '100'];
    expect(lots.map((lot) => coarser(lot, 0))).toEqual(['1', '1', '3', '7', '1', '10', '100']);
    expect(coarser('0.000000001', 4)).toBe('0.0001');
    expect(coarser('0.25', 1)).toBe('0.5');
    expect(coarser('0.001', 9)).toBe('0.001');
  });

  test.each([-1, Number.NaN, Number.POSITIVE_INFINITY, 1e16, 0.1234567891])(
    'refuse %p',
    (value) => {
      expect(() => parseQuantity(value)).toThrow();
    },
  );
});

describe('the cost model', () => {
  const model = {
    feeFixed: Decimal.parse('2'),
    feeRatio: 0.002,
    exchangeFeeRatio: 0.0001,
    halfSpreadRatio: 0.0005,
    sellTaxRatio: 0.001,
  };

  test('charges the fixed fee, the shares of the value, and the tax on sales only', () => {
    expect(orderCost(model, 'BUY', eur('1000')).total).toEqual(eur('4.60'));
    expect(orderCost(model, 'SELL', eur('1000')).total).toEqual(eur('5.60'));
  });

  test('rounds what is owed up to the minor unit', () => {
    const { commission, fees } = brokerCharges(model, 'BUY', eur('0.01'));
    expect([commission, fees]).toEqual([eur('2.01'), eur('0.01')]);
  });
});
