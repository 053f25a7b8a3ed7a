/** The planning problem: holdings, candidates, and limits. */
import { assert } from '#shared/kernel/assert.ts';
import type { CalendarDay } from '#shared/kernel/calendar-day.ts';
import type { Currency } from '#shared/kernel/currency.ts';
import type { Rounding } from '#shared/kernel/decimal.ts';
import { convert, type ExchangeRate } from '#shared/kernel/exchange-rate.ts';
import type { Isin } from '#shared/kernel/isin.ts';
import { Money } from '#shared/kernel/money.ts';
import type { Price } from '#shared/kernel/price.ts';
import type { Quantity } from '#shared/kernel/quantity.ts';
import type { Moments } from '#shared/optimization/model/security-moments.ts';
import type { PriceDoubts } from '#shared/universe/model/price-doubt.ts';
import type { GroupKind, PlanLimits } from './plan-limits.ts';
import type { TaxLot, TaxYear } from './taxes/sale-tax.ts';

/** A security, held or not. */
export interface Instrument {
  readonly isin: Isin;
  readonly symbol: string;
  /** Market identifier code. */
  readonly exchange?: string | undefined;
  readonly sector?: string | undefined;
  readonly country?: string | undefined;
  /** Of the listing, where the price is not in it. */
  readonly currency?: Currency | undefined;
  readonly lot: Quantity;
  readonly price: Price;
  /** The day of the price. */
  readonly pricedOn: CalendarDay;
  /** Into the base currency, dated. */
  readonly rate: ExchangeRate;
  readonly held: Quantity;
  /** The part of it that was bought too lately to be sold. */
  readonly locked: Quantity;
  /** Set while it was sold too lately to be bought again. */
  readonly buyableFrom?: CalendarDay | undefined;
  /** Paid for each share held, in base currency. */
  readonly unitCost?: number | undefined;
  /** What a sale takes, in its order; absent where no gain is taxed. */
  readonly taxLots?: readonly TaxLot[] | undefined;
  /** Target share of the value, 0 to 1. */
  readonly target: number;
  /** 0 to 1, where the security has one. */
  readonly score?: number | undefined;
  /** Dividends it paid lately that may be put to work, in base currency. */
  readonly dividends: number;
  /** Set for a holding that nobody prices: why it is only counted and not traded. */
  readonly keptBecause?: string | undefined;
}

export interface Unpriced {
  readonly isin: Isin;
  readonly symbol: string;
  readonly reason: string;
}

export interface PlanningProblem {
  /** The day of the prices. */
  readonly day: CalendarDay;
  readonly base: Currency;
  /** The whole balance in the base currency. */
  readonly cash: Money;
  /** Worth of cash in other currencies: it counts in the value and pays for nothing. Absent where there is none. */
  readonly otherCash?: Money | undefined;
  /** The part of it that live orders hold back. */
  readonly reserved: Money;
  /** Securities with an open order, whose outcome is not known yet. */
  readonly live: ReadonlySet<Isin>;
  readonly instruments: readonly Instrument[];
  readonly unpriced: readonly Unpriced[];
  /** Price doubts; absent where there are none. */
  readonly doubts?: PriceDoubts | undefined;
  /** Of those instruments whose history is long enough. */
  readonly moments: Moments;
  readonly limits: PlanLimits;
  /** What the plan's day has realised in its tax year; absent where no gain is taxed. */
  readonly taxYear?: TaxYear | undefined;
}

/** Price x quantity in base currency. */
export function valueIn(instrument: Instrument, quantity: Quantity, rounding: Rounding): Money {
  return convert(instrument.price.times(quantity, rounding), instrument.rate, rounding);
}

/** All cash and holdings at the day's prices. */
export function portfolioValue({ cash, otherCash, instruments, base }: PlanningProblem): Money {
  const values = instruments.map((one) => valueIn(one, one.held, 'half-even'));
  return Money.sum([cash, ...(otherCash ? [otherCash] : []), ...values], base);
}

/** The name of a security's group; undefined where it is not known. */
export function groupName(instrument: Instrument, kind: GroupKind): string | undefined {
  return kind === 'currency'
    ? (instrument.currency ?? instrument.price.currency)
    : instrument[kind] || undefined;
}

export function lotsHeld({ held, lot }: Instrument): number {
  return lotsIn(held, lot);
}

/** Lots held long enough to be sold. */
export function lotsSellable({ held, locked, lot }: Instrument): number {
  const free = held.subtract(locked);
  return free.sign > 0 ? lotsIn(free, lot) : 0;
}

function lotsIn(quantity: Quantity, lot: Quantity): number {
  const count = Number(quantity.divide(lot, 0, 'floor').units);
  assert(Number.isSafeInteger(count), 'lots are counted exactly');
  return count;
}

/** Value of one lot in base currency, as an estimate for the search. */
export function lotValue({ lot, price, rate }: Instrument): number {
  return price.toEstimate() * lot.toEstimate() * rate.rate.toEstimate();
}

/** Securities by their row in the moments. */
export function momentRows(moments: Moments): ReadonlyMap<Isin, number> {
  return new Map(moments.isins.map((isin, row) => [isin, row]));
}

/** Where the orders of a plan are traded. */
export function exchangesOf(
  { instruments }: PlanningProblem,
  { actions }: { readonly actions: readonly { readonly isin: Isin }[] },
): (string | undefined)[] {
  const traded = new Set(actions.map(({ isin }) => isin));
  return instruments.filter(({ isin }) => traded.has(isin)).map(({ exchange }) => exchange);
}
