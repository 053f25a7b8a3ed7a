import { Decimal } from '#shared/kernel/decimal.ts';
import type { RateTable } from '#shared/kernel/exchange-rate.ts';
import { unitRate } from '#shared/kernel/exchange-rate.ts';
import { DEFAULT_ACCOUNT } from '#shared/kernel/identifiers.ts';
import type { Isin } from '#shared/kernel/isin.ts';
import { Price } from '#shared/kernel/price.ts';
import { allocation, regionOf } from '#shared/portfolio/model/allocation.ts';
import { emptyBook } from '#shared/portfolio/model/booking.ts';
import {
  accountValue,
  positionsOf,
  valuationOn,
  type SeenPrice,
} from '#shared/portfolio/model/valuation.ts';
import { parseCurrency } from '#shared/kernel/currency.ts';
import { ALPHA, BETA } from '../../support/markets/set-market.ts';
import { at, bookOf, day, EUR, euros, line, trade } from './lines.ts';

const DAY = day('2024-01-05');
const USD = parseCurrency('USD');
const seen = (alpha?: string, beta?: string): Map<Isin, SeenPrice> =>
  new Map([
    ...(alpha ? [[ALPHA, { price: Price.parse(alpha, 'EUR'), day: DAY }] as const] : []),
    ...(beta ? [[BETA, { price: Price.parse(beta, 'USD'), day: DAY }] as const] : []),
  ]);
const rates: RateTable = new Map([
  [EUR, unitRate(EUR, DAY)],
  [USD, { from: USD, to: EUR, rate: Decimal.parse('0.9'), day: DAY }],
]);

const book = bookOf(
  line('deposit', '1000.00'),
  trade('buy', '3', '100', '-303.00'),
  trade('buy', '2', '50', '-91.00', { isin: BETA, currency: 'USD', rate: '0.9' }),
);

describe('valuing', () => {
  it('values a position in its own currency, against FIFO cost with fees', () => {
    const [alpha] = positionsOf(book, seen('110'), false);
    expect(alpha?.averagePrice?.toString()).toBe('EUR 101');
    expect(alpha?.costBasis).toEqual(euros('303.00'));
    expect(alpha?.marketValue).toEqual(euros('330.00'));
    expect(alpha?.unrealized).toEqual(euros('27.00'));
    expect(alpha?.unrealizedRatio).toBeCloseTo(27 / 303, 12);
  });

  it('leaves out what rests on a price that is not stored', () => {
    const beta = positionsOf(book, seen('110'), false)[1];
    expect(beta?.symbol).toBe('BETA');
    expect(beta?.marketValue).toBeUndefined();
    expect(beta?.unrealized).toBeUndefined();
    expect(beta?.costBasis?.toString()).toBe('USD 101.11');
  });

  it('lists closed positions only when asked', () => {
    const closed = bookOf(trade('buy', '1', '10', '-10.00'), trade('sell', '1', '12', '12.00'));
    expect(positionsOf(closed, seen(), false)).toEqual([]);
    const [position] = positionsOf(closed, seen('10'), true);
    expect(position?.quantity.toString()).toBe('0');
    expect(position?.marketValue).toEqual(euros('0.00'));
  });

  it('totals cash and holdings, each converted with its rate and rounded once', () => {
    const value = accountValue(book, seen('110', '55.555'), rates);
    // 606 cash + 330 + 2 x 55.555 x 0.9 = 99.999
    expect(value.values.get(BETA)).toEqual(euros('100.00'));
    expect(value.total).toEqual(euros('1036.00'));
    expect(value.cost).toEqual(euros('394.00'));
    expect(value.gain).toEqual(euros('36.00'));
  });

  it('does not value an account without a price, and names the ISIN', () => {
    expect(() => accountValue(book, seen('110'), rates)).toThrow(
      expect.objectContaining({
        facts: expect.objectContaining({ rule: 'price-missing', isins: [BETA] }),
      }),
    );
    expect(valuationOn(DAY, book, seen('110'), rates, at('2024-01-05'))).toBeUndefined();
  });

  it('does not value an account without a rate, and names the currency', () => {
    const noDollar: RateTable = new Map([[EUR, unitRate(EUR, DAY)]]);
    expect(() => accountValue(book, seen('110', '50'), noDollar)).toThrow(
      expect.objectContaining({ facts: { rule: 'exchange-rate-missing', currency: 'USD' } }),
    );
  });
});

describe('allocating', () => {
  const value = accountValue(book, seen('110', '60'), rates);

  it('divides the total into fractions that sum to 1, cash among them', () => {
    const sectors = allocation(value, (isin) => (isin === ALPHA ? 'Technology' : undefined));
    expect(Object.keys(sectors)).toEqual(['Cash', 'Technology', 'Unknown']);
    expect(sectors['Technology']).toBeCloseTo(330 / 1044, 12);
    expect(Object.values(sectors).reduce((sum, part) => sum + part, 0)).toBeCloseTo(1, 12);
  });

  it('calls an empty account all cash', () => {
    const nothing = accountValue(emptyBook(DEFAULT_ACCOUNT, EUR), seen(), rates);
    expect(allocation(nothing, () => 'x')).toEqual({ Cash: 1 });
  });

  it('groups countries into regions', () => {
    expect(['DE', 'US', 'JP', 'BR', 'AU', 'ZA', 'XX', undefined].map(regionOf)).toEqual([
      'Europe',
      'North America',
      'Asia',
      'Latin America',
      'Pacific',
      'Middle East and Africa',
      'Other',
      undefined,
    ]);
  });
});
