/**
 * Valuation of the book. All amounts are exact; the only conversion to estimates is `weightOf` at
 * the end of the file.
 */
import type { Currency } from '#shared/kernel/currency.ts';
import { Decimal } from '#shared/kernel/decimal.ts';
import type { ExchangeRate, RateTable } from '#shared/kernel/exchange-rate.ts';
import { areSameRates, requireRate } from '#shared/kernel/exchange-rate.ts';
import { refused } from '#shared/kernel/failure.ts';
import type { CalendarDay } from '#shared/kernel/calendar-day.ts';
import type { Instant } from '#shared/kernel/instant.ts';
import type { Isin } from '#shared/kernel/isin.ts';
import { Money } from '#shared/kernel/money.ts';
import { Price, priceDecimalsMax } from '#shared/kernel/price.ts';
import type { Quantity } from '#shared/kernel/quantity.ts';
import type { Book, Holding } from './book.ts';
import type { ShareValue } from './reconciliation/reconcile.ts';
import { costOf, quantityOf } from './booking.ts';
import { foreignCashValue } from './foreign-cash.ts';

/** A latest price. */
export interface SeenPrice {
  readonly price: Price;
  readonly day: CalendarDay;
  /** There is no market price: the price is the cost of the shares. */
  readonly isAtCost?: boolean | undefined;
}

/** A holding as it stands; what depends on a price is absent while none is stored. */
export interface PositionValue {
  readonly isin: Isin;
  readonly symbol: string;
  readonly quantity: Quantity;
  /** In the account's currency, fees included, exact. */
  readonly cost: Money;
  /** In the security's currency, fees included; absent where the cost is not known. */
  readonly averagePrice?: Price | undefined;
  readonly costBasis?: Money | undefined;
  readonly seen?: SeenPrice | undefined;
  /** In the security's currency. */
  readonly marketValue?: Money | undefined;
  readonly unrealized?: Money | undefined;
  /** Gain as a fraction of the cost. */
  readonly unrealizedRatio?: number | undefined;
}

/** Holdings and prices that are the same objects are valued once. */
const valued = new WeakMap<Holding, PositionValue>();

function positionValue(
  holding: Holding,
  seen: SeenPrice | undefined,
  base: Currency,
): PositionValue {
  const known = valued.get(holding);
  if (known?.seen === seen && known?.cost.currency === base) return known;
  const value = newlyValued(holding, seen, costOf(holding, base));
  valued.set(holding, value);
  return value;
}

function newlyValued(holding: Holding, seen: SeenPrice | undefined, cost: Money): PositionValue {
  const quantity = quantityOf(holding);
  const paid = paidInOwnCurrency(holding);
  const common = { isin: holding.isin, symbol: holding.symbol, quantity, cost, ...paid };
  if (!seen) return common;
  const marketValue = seen.price.times(quantity, 'half-even');
  const { costBasis } = paid;
  if (!costBasis || costBasis.currency !== marketValue.currency)
    return { ...common, seen, marketValue };
  const unrealized = marketValue.subtract(costBasis);
  return {
    ...common,
    seen,
    marketValue,
    unrealized,
    unrealizedRatio: weightOf(unrealized, costBasis),
  };
}

interface Listed {
  readonly seen: ReadonlyMap<Isin, SeenPrice>;
  readonly positions: readonly PositionValue[];
}

/** A book and prices that are the same objects are listed once, for what is held. */
const listed = new WeakMap<Book['holdings'], Listed>();

/** Positions by symbol. @param includeClosed adds those that were sold, with quantity 0 */
export function positionsOf(
  book: Book,
  seen: ReadonlyMap<Isin, SeenPrice>,
  includeClosed: boolean,
): readonly PositionValue[] {
  const known = includeClosed ? undefined : listed.get(book.holdings);
  if (known?.seen === seen) return known.positions;
  const positions = newlyListed(book, seen, includeClosed);
  if (!includeClosed) listed.set(book.holdings, { seen, positions });
  return positions;
}

function newlyListed(
  book: Book,
  seen: ReadonlyMap<Isin, SeenPrice>,
  includeClosed: boolean,
): readonly PositionValue[] {
  return [...book.holdings.values()]
    .filter((holding) => includeClosed || holding.lots.length > 0)
    .map((holding) => positionValue(holding, seen.get(holding.isin), book.currency))
    .sort((a, b) => (a.symbol < b.symbol ? -1 : a.symbol > b.symbol ? 1 : 0));
}

/** An account that could be valued in full, in its own currency. */
export interface AccountValue {
  /** Cash of every currency, and holdings. */
  readonly total: Money;
  /** In the account's currency. */
  readonly cash: Money;
  /** Worth of the cash in other currencies, at the rates of the valuation. */
  readonly foreignCash: Money;
  /** Of what is held, fees included. */
  readonly cost: Money;
  /** Market value of what is held, less its cost. */
  readonly gain: Money;
  /** Market values by ISIN; their sum with both kinds of cash is `total`. */
  readonly values: ReadonlyMap<Isin, Money>;
  /** The oldest price of the market that it rests on; absent without any. */
  readonly pricedOn?: CalendarDay | undefined;
}

interface Worth {
  readonly seen: ReadonlyMap<Isin, SeenPrice>;
  readonly rates: RateTable;
  readonly value: AccountValue;
}

/** A book, prices and rates that are the same objects are valued once. */
const worths = new WeakMap<Book, Worth>();

/**
 * The account's value including cash. An account that cannot be valued in full is not valued.
 *
 * @throws Failure REFUSED price-missing naming the ISINs, or exchange-rate-missing
 */
export function accountValue(
  book: Book,
  seen: ReadonlyMap<Isin, SeenPrice>,
  rates: RateTable,
): AccountValue {
  const known = worths.get(book);
  if (known?.seen === seen && areSameRates(known.rates, rates)) return known.value;
  const value = newAccountValue(book, seen, rates);
  worths.set(book, { seen, rates, value });
  return value;
}

function newAccountValue(
  book: Book,
  seen: ReadonlyMap<Isin, SeenPrice>,
  rates: RateTable,
): AccountValue {
  const held = positionsOf(book, seen, false);
  const missing = held.filter((position) => !position.marketValue).map((p) => p.isin);
  if (missing.length > 0)
    throw refused('price-missing', `There is no stored price for ${missing.join(', ')}.`, {
      isins: missing,
    });
  const values = new Map<Isin, Money>();
  let cost = Money.zero(book.currency);
  let invested = cost;
  let pricedOn: CalendarDay | undefined;
  for (const position of held) {
    const value = valueInBase(position, rates);
    values.set(position.isin, value);
    cost = cost.add(position.cost);
    invested = invested.add(value);
    const { seen: one } = position;
    const isEarlier = one && !one.isAtCost && (pricedOn === undefined || one.day < pricedOn);
    if (isEarlier) pricedOn = one.day;
  }
  const foreignCash = foreignCashValue(book, rates);
  return {
    total: invested.add(book.cash).add(foreignCash),
    cash: book.cash,
    foreignCash,
    cost,
    gain: invested.subtract(cost),
    values,
    pricedOn,
  };
}

/** The account's value as it is put on record for a day. */
export interface DayValuation {
  readonly day: CalendarDay;
  readonly total: Money;
  /** In the account's currency; that in others is in `total` alone. */
  readonly cash: Money;
  /** Paid for what is held. */
  readonly cost: Money;
  readonly positions: number;
  readonly recordedAt: Instant;
}

/** Undefined while a holding has no price, or its currency or that of a debt no rate. */
export function valuationOn(
  day: CalendarDay,
  book: Book,
  seen: ReadonlyMap<Isin, SeenPrice>,
  rates: RateTable,
  recordedAt: Instant,
): DayValuation | undefined {
  const held = positionsOf(book, seen, false);
  if (!held.every((position) => position.seen && rates.has(position.seen.price.currency)))
    return undefined;
  const owed = (book.foreignCash ?? []).filter(({ sign }) => sign < 0);
  if (!owed.every(({ currency }) => rates.has(currency))) return undefined;
  const { total, cash, cost } = accountValue(book, seen, rates);
  return { day, total, cash, cost, positions: held.length, recordedAt };
}

/** What a share of each security is worth now, where price and rate are known. */
export function worthOf(
  seen: ReadonlyMap<Isin, SeenPrice>,
  rates: RateTable,
): ReadonlyMap<Isin, ShareValue> {
  const worth = new Map<Isin, ShareValue>();
  for (const [isin, { price }] of seen) {
    const rate = rates.get(price.currency)?.rate;
    if (rate) worth.set(isin, { price, exchangeRate: rate });
  }
  return worth;
}

interface InBase {
  readonly rate: ExchangeRate;
  readonly value: Money;
}

const inBase = new WeakMap<PositionValue, InBase>();

/** Rounded once, from price, quantity and rate. */
function valueInBase(position: PositionValue, rates: RateTable): Money {
  const price = position.seen?.price;
  if (!price) throw refused('price-missing', 'A price is missing.');
  const rate = requireRate(rates, price.currency);
  const known = inBase.get(position);
  if (known?.rate === rate) return known.value;
  const exact = price.amount.multiply(position.quantity).multiply(rate.rate);
  const value = Money.rounded(exact, rate.to, 'half-even');
  inBase.set(position, { rate, value });
  return value;
}

interface Paid {
  readonly averagePrice?: Price;
  readonly costBasis?: Money;
}

const paidForLots = new WeakMap<Holding['lots'], Paid>();

function paidInOwnCurrency(holding: Holding): Paid {
  const known = paidForLots.get(holding.lots) ?? paidFor(holding);
  paidForLots.set(holding.lots, known);
  return known;
}

function paidFor(holding: Holding): Paid {
  const [first] = holding.lots;
  // A lot without a unit cost was transferred in without a stated cost.
  if (!first || holding.lots.some((lot) => lot.unitCost.amount.sign === 0)) return {};
  const currency = first.unitCost.currency;
  const total = holding.lots.reduce(
    (sum, lot) => sum.add(lot.unitCost.amount.multiply(lot.quantity)),
    Decimal.zero,
  );
  const each = total.divide(quantityOf(holding), priceDecimalsMax(currency), 'half-even');
  return {
    averagePrice: new Price(each, currency),
    costBasis: Money.rounded(total, currency, 'half-even'),
  };
}

/** The border from exact to estimate: a part as a fraction of a whole; 0 of nothing. */
export function weightOf(part: Money, whole: Money): number {
  return whole.sign === 0 ? 0 : part.toEstimate() / whole.toEstimate();
}
