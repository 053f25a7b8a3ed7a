import { Decimal } from '#shared/kernel/decimal.ts';
import { Money } from '#shared/kernel/money.ts';
import { Price } from '#shared/kernel/price.ts';
import { parseQuantity } from '#shared/kernel/quantity.ts';
import { changeTo, valueAccount, weightIn } from '#shared/optimization/model/account.ts';
import { changesTo } from '#shared/optimization/model/optimise.ts';
import {
  closesOf,
  EUR,
  isinOf,
  rateSeriesOf,
  sketchView,
  USD,
  VIEW_DAY,
} from '../../support/markets/market-views.ts';

const rates = new Map([[USD, rateSeriesOf([[VIEW_DAY, 0.9]])]]);
const view = sketchView(
  [{ closes: closesOf([100]) }, { closes: closesOf([33]), currency: USD }],
  rates,
);
const cash = Money.parse('5030.00', 'EUR');
const account = valueAccount(view, [{ isin: isinOf(1), quantity: parseQuantity('100.5') }], cash);

describe('account', () => {
  it('is worth its cash and its holdings at the rate of the day, exactly', () => {
    expect(account.total.toString()).toBe('EUR 8014.85');
    expect(weightIn(account, isinOf(1))).toBeCloseTo(2984.85 / 8014.85, 12);
    expect(weightIn(account, isinOf(0))).toBe(0);
  });

  it('buys whole lots rounded down', () => {
    const change = changeTo(account, isinOf(0), 0.1, false);
    expect([change?.side, change?.quantity.toString(), change?.value.toString()]).toEqual([
      'BUY',
      '8',
      'EUR 800.00',
    ]);
  });

  it('sells whole lots rounded up, and all of it for a weight of 0', () => {
    expect(changeTo(account, isinOf(1), 0.2, false)).toMatchObject({
      side: 'SELL',
      quantity: Decimal.of(47),
    });
    expect(changeTo(account, isinOf(1), 0, false)?.quantity.toString()).toBe('100.5');
  });

  it('trades parts of shares to six decimals when allowed', () => {
    expect(changeTo(account, isinOf(0), 0.1, true)?.quantity.toString()).toBe('8.01485');
  });

  it('changes nothing for less than a lot, or for the weight it has', () => {
    expect(changeTo(account, isinOf(0), 0.01, false)).toBeUndefined();
    expect(changeTo(account, isinOf(1), weightIn(account, isinOf(1)), false)).toBeUndefined();
    expect(changesTo(account, new Map([[isinOf(1), weightIn(account, isinOf(1))]]), false)).toEqual(
      [],
    );
  });

  it('prefers a stated price', () => {
    const holding = {
      isin: isinOf(0),
      quantity: Decimal.of(2),
      price: new Price(Decimal.of(7), EUR),
    };
    expect(valueAccount(view, [holding], cash).total.toString()).toBe('EUR 5044.00');
  });

  it('refuses a holding without a price', () => {
    const priceless = { ...view, securities: view.securities.slice(0, 1) };
    expect(() =>
      valueAccount(priceless, [{ isin: isinOf(1), quantity: Decimal.one }], cash),
    ).toThrow('no stored price');
  });
});
