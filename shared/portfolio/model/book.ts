/** The book of one account: what it holds, what it paid for it, and what has been booked. */
import type { ClosedLot } from '#shared/kernel/closed-lot.ts';
import type { AccountId } from '#shared/kernel/identifiers.ts';
import type { Currency } from '#shared/kernel/currency.ts';
import type { Decimal } from '#shared/kernel/decimal.ts';
import type { GrowingSet } from '#shared/kernel/collections/growing-set.ts';
import type { Instant } from '#shared/kernel/instant.ts';
import type { Isin } from '#shared/kernel/isin.ts';
import type { Money } from '#shared/kernel/money.ts';
import type { Price } from '#shared/kernel/price.ts';
import type { Quantity } from '#shared/kernel/quantity.ts';
import type { LotMethod } from './lots.ts';

/** Shares bought together. */
export interface Lot {
  readonly lotId: string;
  readonly quantity: Quantity;
  /** Paid for each share, in the security's currency, fees included. */
  readonly unitCost: Price;
  /**
   * The whole lot's cost in the account's currency, fees included; exact. With average cost a sale
   * gives all that are left the same cost a share.
   */
  readonly cost: Money;
  readonly acquiredAt: Instant;
}

export interface Holding {
  readonly isin: Isin;
  readonly symbol: string;
  /** Oldest first; empty when closed. */
  readonly lots: readonly Lot[];
  /** Gains of what was sold, in the account's currency. */
  readonly realized: Money;
  readonly closedAt?: Instant | undefined;
}

/** Lots of a security from before a corporate action, in place of those that it left or made. */
export interface RestoredLots {
  readonly isin: Isin;
  readonly symbol: string;
  /** Ids of the lots that the action left or made. */
  readonly made: readonly string[];
  readonly lots: readonly Lot[];
  /** Of the number of shares; signed. */
  readonly change: Decimal;
  /** Realised by the action, and taken back. */
  readonly gain: Money;
}

export interface Book {
  readonly accountId: AccountId;
  readonly currency: Currency;
  readonly cash: Money;
  readonly holdings: ReadonlyMap<Isin, Holding>;
  /** Ids of fills and flows that have been booked; each is booked once. */
  readonly booked: GrowingSet<string>;
  /** Deposits and withdrawals that the broker has not completed yet. */
  readonly pendingDeposits: Money;
  readonly pendingWithdrawals: Money;
  /**
   * Balances in other currencies, by currency and without those of 0; no part of `cash`. Undefined in a book from
   * before they were booked.
   */
  readonly foreignCash?: readonly Money[] | undefined;
  /** Sums of `charges` that are not itemised yet, negative, by currency; absent where there are none. */
  readonly awaitedCharges?: readonly Money[] | undefined;
  /** The last day that the broker's statement covered, where it states one. */
  readonly coversThrough?: Instant | undefined;
  /** When the broker's statement was last taken. */
  readonly syncedAt: Instant | undefined;
}

/** A line of the ledger. Replaying all of them from nothing gives the book. */
export interface LedgerEntry {
  readonly id: string;
  readonly kind:
    | 'buy'
    | 'sell'
    | 'deposit'
    | 'withdrawal'
    | 'dividend'
    /** Withheld from a dividend or from interest. */
    | 'tax'
    | 'interest'
    /** The half of an exchange of currencies that moved this cash. */
    | 'conversion'
    | 'fee'
    | 'transfer-in'
    | 'transfer-out'
    | 'external-in'
    | 'external-out'
    | 'external-cash'
    /** What the broker took for executions and has not itemised yet; positive when it has. */
    | 'charges'
    /** What the broker rounds otherwise than the book. */
    | 'rounding'
    /** Corporate actions (kernel/corporate-action.ts); they change the lots from before `happenedAt`. */
    | 'split'
    | 'stock-dividend'
    | 'spin-off'
    | 'merger'
    | 'rename'
    | 'delisting'
    /** A fraction of a share that an action left, sold. */
    | 'cash-in-lieu';
  readonly isin?: Isin | undefined;
  readonly symbol?: string | undefined;
  /**
   * Shares that moved; of a dividend, those it was paid on; of a split or a stock dividend, those that
   * the lots from before then hold; of a spin-off or a merger, those of `newIsin`.
   */
  readonly quantity?: Quantity | undefined;
  readonly price?: Price | undefined;
  /** Into the account's currency: from the security's, or from that of `cash` where it is another one. */
  readonly exchangeRate?: Decimal | undefined;
  /** Shares that a corporate action found. */
  readonly heldQuantity?: Quantity | undefined;
  /** Terms of a corporate action: so many shares for so many. */
  readonly newShares?: Decimal | undefined;
  readonly oldShares?: Decimal | undefined;
  readonly newIsin?: Isin | undefined;
  readonly newSymbol?: string | undefined;
  /** Share of the cost that goes to the new shares (spin-off) or to the cash (merger). */
  readonly costRatio?: Decimal | undefined;
  /** Which lots a line that takes shares takes; the oldest first where absent. */
  readonly lotMethod?: LotMethod | undefined;
  /** With `specific`: those, in this order. */
  readonly lotIds?: readonly string[] | undefined;
  /** With `specific`: what was reported of a sale; shares of lots that are not there are taken from the oldest. */
  readonly closedLots?: readonly ClosedLot[] | undefined;
  /** Change of the cash balance in its currency; a line that moves shares is in the account's. */
  readonly cash: Money;
  /** Commission, exchange fees and taxes of an order that `cash` contains; never negative. */
  readonly charges?: Money | undefined;
  /** Where the line comes from: `broker:paper`, `owner`, … Absent of lines before version 0.2. */
  readonly source?: string | undefined;
  /** The line that this one undoes. */
  readonly reverses?: string | undefined;
  /** Of a corporate action that is undone: the lots from before it. */
  readonly restores?: readonly RestoredLots[] | undefined;
  /** Of a sale that is undone: when the shares that come back to the lot `lotIds` were acquired. */
  readonly acquiredAt?: Instant | undefined;
  /** For a person. */
  readonly note?: string | undefined;
  readonly happenedAt: Instant;
  readonly recordedAt: Instant;
}
