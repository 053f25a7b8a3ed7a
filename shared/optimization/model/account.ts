/** Exact holdings and value of an account, and the changes that lead to other weights. */
import { Decimal } from '#shared/kernel/decimal.ts';
import type { Currency } from '#shared/kernel/currency.ts';
import { requireRate, type ExchangeRate } from '#shared/kernel/exchange-rate.ts';
import { refused } from '#shared/kernel/failure.ts';
import type { Isin } from '#shared/kernel/isin.ts';
import { Money } from '#shared/kernel/money.ts';
import type { Price } from '#shared/kernel/price.ts';
import { wholeLots, type Quantity } from '#shared/kernel/quantity.ts';
import type { MarketView } from '#shared/universe/model/market-view.ts';
import type { Security } from '#shared/universe/model/security.ts';

/** Decimals of a quantity where parts of shares may be traded. */
const FRACTION_DECIMALS = 6;

export interface Listing {
  readonly security: Security;
  readonly price: Price;
  /** Into the base currency. */
  readonly rate: ExchangeRate;
}

export interface PricedHolding {
  readonly isin: Isin;
  readonly quantity: Quantity;
  /** Instead of the stored quote; the last known value of one that nobody prices. */
  readonly price?: Price | undefined;
}

export interface ValuedHoldings {
  readonly base: Currency;
  readonly cash: Money;
  /** Cash, that in other currencies too, and holdings. */
  readonly total: Money;
  readonly quantities: ReadonlyMap<Isin, Quantity>;
  /** In base currency; with holdings that nobody prices, which count and are not traded. */
  readonly values: ReadonlyMap<Isin, Money>;
  /** Every security of the view, and its price. */
  readonly listings: ReadonlyMap<Isin, Listing>;
}

/**
 * @param cash in the view's base currency
 * @param otherCash worth of that in other currencies, which pays for nothing
 * @throws Failure REFUSED price-missing, exchange-rate-missing
 */
export function valueAccount(
  view: MarketView,
  holdings: readonly PricedHolding[],
  cash: Money,
  otherCash: Money = Money.zero(view.base),
): ValuedHoldings {
  const stated = new Map(holdings.map(({ isin, price }) => [isin, price]));
  const listings = new Map(
    view.securities.flatMap((security): [Isin, Listing][] => {
      const price = stated.get(security.isin) ?? view.quotes.get(security.isin)?.price;
      if (!price) return [];
      return [[security.isin, { security, price, rate: requireRate(view.rates, price.currency) }]];
    }),
  );
  const held = holdings.filter(({ quantity }) => quantity.sign > 0);
  const traded = held.filter(({ isin, price }) => listings.has(isin) || !price);
  const values = new Map(
    held.map(({ isin, quantity, price }) => {
      const kept = price && { price, rate: requireRate(view.rates, price.currency) };
      return [
        isin,
        valueOf(listings.get(isin) ?? kept ?? requireListing(listings, isin), quantity),
      ];
    }),
  );
  return {
    base: view.base,
    cash,
    total: Money.sum(values.values(), view.base).add(cash).add(otherCash),
    quantities: new Map(traded.map(({ isin, quantity }) => [isin, quantity])),
    values,
    listings,
  };
}

/** @throws Failure REFUSED price-missing */
export function requireListing(listings: ReadonlyMap<Isin, Listing>, isin: Isin): Listing {
  const listing = listings.get(isin);
  if (!listing)
    throw refused('price-missing', `There is no stored price, or no exchange rate, for ${isin}.`, {
      isin,
    });
  return listing;
}

/** In base currency, rounded once. */
export function valueOf(
  { price, rate }: Pick<Listing, 'price' | 'rate'>,
  quantity: Quantity,
): Money {
  return Money.rounded(price.amount.multiply(quantity).multiply(rate.rate), rate.to, 'half-even');
}

/** The border from exact to estimate; 0 of an account that is worth nothing. */
export function weightIn(account: ValuedHoldings, isin: Isin): number {
  const value = account.values.get(isin);
  return value && account.total.sign > 0 ? value.toEstimate() / account.total.toEstimate() : 0;
}

export interface PositionChange {
  readonly isin: Isin;
  readonly symbol: string;
  readonly currentWeight: number;
  readonly targetWeight: number;
  readonly side: 'BUY' | 'SELL';
  /** Never negative. */
  readonly quantity: Quantity;
  /** Price x quantity in base currency, never negative. */
  readonly value: Money;
}

/**
 * The order that brings a security to a weight; undefined when not even one lot has to move.
 * Purchases are rounded down and sales up to whole lots, so that rounding never spends the reserve;
 * a weight of 0 sells everything.
 */
export function changeTo(
  account: ValuedHoldings,
  isin: Isin,
  targetWeight: number,
  allowFractional: boolean,
): PositionChange | undefined {
  const listing = requireListing(account.listings, isin);
  const { security } = listing;
  const held = account.quantities.get(isin) ?? Decimal.zero;
  const currentWeight = weightIn(account, isin);
  const side = targetWeight > currentWeight ? 'BUY' : 'SELL';
  const lot = allowFractional ? new Decimal(1n, FRACTION_DECIMALS) : security.lot;
  const quantity =
    side === 'BUY'
      ? wholeLots(sharesOf(account, listing, targetWeight - currentWeight), lot)
      : sold(held, sharesOf(account, listing, currentWeight - targetWeight), lot, targetWeight);
  if (quantity.sign === 0) return undefined;
  const value = valueOf(listing, quantity);
  return { isin, symbol: security.symbol, currentWeight, targetWeight, side, quantity, value };
}

/** Value that moves: positive for purchases, negative for sales. */
export function signedValue({ side, value }: PositionChange): Money {
  return side === 'BUY' ? value : value.negate();
}

function sold(held: Quantity, requested: Quantity, lot: Quantity, targetWeight: number): Quantity {
  if (targetWeight === 0) return held;
  const down = wholeLots(requested, lot);
  const up = down.equals(requested) ? down : down.add(lot);
  return up.compare(held) > 0 ? held : up;
}

/** Shares that a part of the account's value buys; rounding noise of the weight is cut off. */
function sharesOf(account: ValuedHoldings, { price, rate }: Listing, weight: number): Quantity {
  const worth = account.total.amount.multiply(Decimal.fromEstimate(weight, 12, 'half-even'));
  const each = price.amount.multiply(rate.rate);
  return worth.divide(each, FRACTION_DECIMALS, 'half-even').normalize();
}
