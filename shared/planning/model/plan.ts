/** A plan: which orders would improve the portfolio, against doing nothing. */
import type { CalendarDay } from '#shared/kernel/calendar-day.ts';
import type { ExchangeRate } from '#shared/kernel/exchange-rate.ts';
import type { AccountId, PlanId, PortfolioHash } from '#shared/kernel/identifiers.ts';
import type { Instant } from '#shared/kernel/instant.ts';
import type { Isin } from '#shared/kernel/isin.ts';
import type { Money } from '#shared/kernel/money.ts';
import type { Price } from '#shared/kernel/price.ts';
import type { Quantity } from '#shared/kernel/quantity.ts';
import type { PlanStatus } from './plan-status.ts';
import type { Side } from './search/sequence.ts';

export interface PlannedAction {
  readonly side: Side;
  readonly isin: Isin;
  readonly symbol: string;
  readonly quantity: Quantity;
  /** In the security's currency. */
  readonly price: Price;
  /** Price x quantity in base currency. */
  readonly value: Money;
  readonly cost: Money;
  /** Shares of the value before and after the whole plan. */
  readonly weightBefore: number;
  readonly weightAfter: number;
  /** Place in the order of execution, from 1. */
  readonly priority: number;
  readonly reason: string;
  /** Of a sale where gains are taxed; its cost contains the tax. */
  readonly taxed?: PlannedTax | undefined;
}

export interface PlannedTax {
  /** After charges; negative for a loss. */
  readonly gain: Money;
  /** What the year's tax rises by, and what it falls by. */
  readonly tax: Money;
  readonly saved: Money;
}

/** A security that the plan leaves alone. */
export interface NotTaken {
  readonly isin: Isin;
  readonly symbol: string;
  /** Absent where neither side came into question. */
  readonly side?: Side | undefined;
  readonly rule: string;
  readonly reason: string;
}

export interface PlanSearch {
  /**
   * `to-target`: nothing was searched, the orders lead to weights that were given. `changed`: nothing was
   * searched, the owner left out or reduced orders of a plan.
   */
  readonly method: 'exhaustive' | 'anytime' | 'to-target' | 'changed';
  readonly sequencesEvaluated: number;
  /** As the request or the settings state it; sequences of every length are considered. */
  readonly depth: number;
  readonly coverageRatio: number;
  /** As fractions a year. */
  readonly utility: number;
  readonly utilityOfHolding: number;
  readonly margin: number;
  /** No plan's utility is greater; absent in plans from before it was measured. */
  readonly utilityBound?: number | undefined;
  /** Of the best that was found to the bound. */
  readonly gap?: number | undefined;
  /** Ranges of sequences that were bounded. */
  readonly nodes?: number | undefined;
}

export interface PlanContent {
  readonly actions: readonly PlannedAction[];
  readonly notTaken: readonly NotTaken[];
  readonly search: PlanSearch;
  /** Gain of utility over holding, after cost, as a fraction of the value a year. */
  readonly gain: number;
  readonly cost: Money;
  /** Expected value of the account a year after the plan. */
  readonly expectedValue: Money;
  readonly portfolioValue: Money;
  readonly cashBefore: Money;
  readonly cashAfter: Money;
  readonly summary: string;
}

/** Fractions of the value a year; per point: of one more percentage point of the limit. */
export interface PlanLimitPrice {
  readonly limit: string;
  readonly costRatio: number;
  readonly perPointRatio: number;
  readonly cost: Money;
}

export interface Plan extends PlanContent {
  readonly id: PlanId;
  readonly accountId: AccountId;
  readonly portfolioHash: PortfolioHash;
  readonly status: PlanStatus;
  readonly createdAt: Instant;
  /** Until when its orders may be sent; absent in plans from before it was kept. */
  readonly validUntil?: Instant | undefined;
  /** The day of the prices it was made on. */
  readonly pricedOn: CalendarDay;
  /** Version of the policy it was made under, 0: the settings alone; absent in older plans. */
  readonly policyVersion?: number | undefined;
  /** Shares of the value by ISIN that it aimed at; absent in plans from before they were kept. */
  readonly targets?: Readonly<Record<string, number>> | undefined;
  /** What each limit that binds on the targets costs a year; absent in older plans. */
  readonly limitPrices?: readonly PlanLimitPrice[] | undefined;
  /** Rates that it was made with, by currency; absent in plans from before they were kept. */
  readonly rates?: readonly ExchangeRate[] | undefined;
  /** On old or doubtful prices; absent in plans from before they were kept. */
  readonly warnings?: readonly string[] | undefined;
  /** The plan that its owner made this one from. */
  readonly changedFrom?: PlanId | undefined;
}
