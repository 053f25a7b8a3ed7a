/**
 * The interface of every broker. The broker's records of orders, holdings and cash are
 * authoritative; this system keeps a book that is reconciled with them.
 *
 * A call that fails says nothing about what the broker did. `submit` in particular: only `accepted`
 * and `rejected` are outcomes; any failure thrown means *unknown*, and is resolved by `findOrder`,
 * never by sending again.
 */
import type { ClosedLot } from '#shared/kernel/closed-lot.ts';
import type { AccountId } from '#shared/kernel/identifiers.ts';
import type { Currency } from '#shared/kernel/currency.ts';
import type { Decimal } from '#shared/kernel/decimal.ts';
import type { Instant } from '#shared/kernel/instant.ts';
import type { Isin } from '#shared/kernel/isin.ts';
import type { Money } from '#shared/kernel/money.ts';
import type { Price } from '#shared/kernel/price.ts';
import type { Quantity } from '#shared/kernel/quantity.ts';

export type Side = 'BUY' | 'SELL';
export type OrderType = 'MARKET' | 'LIMIT' | 'STOP' | 'STOP_LIMIT';
export type TimeInForce = 'DAY' | 'GTC' | 'IOC' | 'FOK';

export interface OrderInstruction {
  /** Generated once, stored before the order is sent, never changed. */
  readonly clientOrderId: string;
  readonly accountId: AccountId;
  readonly isin: Isin;
  readonly symbol: string;
  readonly side: Side;
  readonly quantity: Quantity;
  readonly type: OrderType;
  readonly timeInForce: TimeInForce;
  readonly limitPrice?: Price | undefined;
  readonly stopPrice?: Price | undefined;
  /** Whether it may execute outside the regular session; never, where absent. */
  readonly extendedHours?: boolean | undefined;
}

export type SubmitOutcome =
  | { readonly kind: 'accepted'; readonly brokerOrderId: string }
  | { readonly kind: 'rejected'; readonly reason: string };

export type BrokerOrderState =
  'WORKING' | 'PARTIAL' | 'FILLED' | 'CANCELLED' | 'EXPIRED' | 'REJECTED';

export interface BrokerOrder {
  readonly clientOrderId: string;
  readonly brokerOrderId: string;
  readonly isin: Isin;
  readonly symbol: string;
  readonly side: Side;
  readonly quantity: Quantity;
  readonly filledQuantity: Quantity;
  readonly state: BrokerOrderState;
  readonly reason?: string | undefined;
  readonly fills: readonly BrokerFill[];
  /** Cash the broker reserves for the unfilled quantity, in the account's currency. */
  readonly reserved: Money;
  /** The terms as they are now, where a corporate action changed them. */
  readonly adjustment?: OrderAdjustment | undefined;
}

/** An open order of the account; without an ISIN where it buys or sells what has none, such as a currency. */
export type OpenOrder = Omit<BrokerOrder, 'isin'> & { readonly isin?: Isin | undefined };

export interface OrderAdjustment {
  readonly actionId: string;
  /** Filled shares and what is open now. */
  readonly quantity: Quantity;
  readonly limitPrice?: Price | undefined;
  readonly stopPrice?: Price | undefined;
}

/** One execution. `settlement` is exact and final, but for `isRounded`: cash changed by exactly that amount. */
export interface BrokerFill {
  readonly fillId: string;
  readonly clientOrderId: string;
  readonly isin: Isin;
  readonly symbol: string;
  readonly side: Side;
  readonly quantity: Quantity;
  /** In the security's currency. */
  readonly price: Price;
  /** In the account's currency; never negative. */
  readonly commission: Money;
  /** Exchange fees and taxes, in the account's currency; never negative. */
  readonly fees: Money;
  /**
   * The broker takes commission and fees at once and has not stated them yet: they come as a flow of kind `fee`, and
   * the cash is less by them until then.
   */
  readonly awaitsCharges?: boolean | undefined;
  /**
   * Rate from the security's currency into the account's, as the broker applied it; 1 where they
   * are the same.
   */
  readonly exchangeRate: Decimal;
  /** Of a sale: the lots that it closed, where the broker states them; a later statement may correct them. */
  readonly closedLots?: readonly ClosedLot[] | undefined;
  /** The fill that this one takes back, in the other direction, where the broker cancels a trade afterwards. */
  readonly cancels?: string | undefined;
  /** Change of the cash balance, in the account's currency, fees included; negative for a buy. */
  readonly settlement: Money;
  /** The broker does not state the settlement, and quantity times price is no whole number of minor units. */
  readonly isRounded?: boolean | undefined;
  readonly executedAt: Instant;
}

/**
 * A movement of money or shares without an order. A fee that the broker charges after the execution
 * is a separate flow. A dividend is gross; the tax withheld on it is a separate flow that refers to
 * it. A correction is a flow with the opposite sign that names the flow it reverses.
 */
export interface BrokerFlow {
  readonly flowId: string;
  readonly kind: BrokerFlowKind;
  /**
   * Change of a cash balance: of the account's in its currency; of another one in that, for cash alone. Zero in the
   * account's currency for a transfer of shares.
   */
  readonly amount: Money;
  readonly isin?: Isin | undefined;
  readonly quantity?: Quantity | undefined;
  /** Cost of each share transferred in, where it is known; in the security's currency. */
  readonly price?: Price | undefined;
  /**
   * Rate into the account's currency at that time: from the security's of shares, from that of `amount` where the cash
   * is in another currency and the broker states one.
   */
  readonly exchangeRate?: Decimal | undefined;
  readonly happenedAt: Instant;
  /** The dividend that a tax was withheld from, or the other leg of a currency conversion. */
  readonly relatedFlowId?: string | undefined;
  /** The flow that this one reverses. */
  readonly reversesFlowId?: string | undefined;
  /** Of a sale that is reversed: the lot whose shares come back, and when they were acquired. */
  readonly restores?: { readonly lotId: string; readonly acquiredAt: Instant } | undefined;
  /** Commission, fees and taxes of an order that `amount` contains. */
  readonly charges?: Money | undefined;
  /** Of a sale from an import: the lots that it closed, where the file states them. */
  readonly closedLots?: readonly ClosedLot[] | undefined;
  /** Its origin where that is not the broker: `owner`, `import:…`. */
  readonly source?: string | undefined;
  /** Of shares from an import: how far its statement knows what happened to them. */
  readonly covered?: StatementCover | undefined;
  /** For a person. */
  readonly note?: string | undefined;
}

/**
 * What another broker's statement says already, so that it is not carried out here once more: changes of the number of
 * shares up to `sharesUntil`, dividends up to `cashUntil`.
 */
export interface StatementCover {
  readonly sharesUntil: Instant;
  readonly cashUntil: Instant;
}

/** A flow to be booked; now, where no time is given. */
export type BookedMovement = Omit<BrokerFlow, 'happenedAt'> & {
  readonly happenedAt?: Instant | undefined;
  readonly symbol?: string | undefined;
};

/** A corporate action that another broker's statement says was carried out there. */
export type BookedAction = BrokerCorporateAction & { readonly symbol: string };

/** What is booked together, all of it or none. */
export interface Bookings {
  readonly movements: readonly BookedMovement[];
  readonly actions: readonly BookedAction[];
}

export type BrokerFlowKind =
  | 'deposit'
  | 'withdrawal'
  | 'dividend'
  /** Withheld from a dividend or from interest; negative, positive when refunded. */
  | 'tax'
  /** Received when positive, paid when negative. */
  | 'interest'
  | 'fee'
  /** One of the two halves of an exchange of currencies. */
  | 'conversion'
  /** Shares delivered in. */
  | 'transfer-in'
  /** Shares delivered out. */
  | 'transfer-out'
  /** Bought or sold before the account was kept here. */
  | 'buy'
  | 'sell';

/** A corporate action. Its effect on holdings is contained in the holdings already. */
export interface BrokerCorporateAction {
  readonly actionId: string;
  readonly kind:
    'split' | 'stock-dividend' | 'rename' | 'spin-off' | 'merger' | 'delisting' | 'other';
  readonly isin: Isin;
  /** Other than `isin` where the security has a new one. */
  readonly newIsin?: Isin | undefined;
  readonly newSymbol?: string | undefined;
  /** A split gives `newShares` for `oldShares`; absent where the broker does not state both. */
  readonly newShares?: Decimal | undefined;
  readonly oldShares?: Decimal | undefined;
  /** Change of the number of shares held, signed, where the broker states it. */
  readonly sharesChange?: Decimal | undefined;
  /** Shares of `newIsin` received, where the broker states them. */
  readonly sharesReceived?: Decimal | undefined;
  /** Share of the cost that goes to the new shares (spin-off) or the cash (merger). */
  readonly costRatio?: Decimal | undefined;
  /** Value of one share of a stock dividend that counts as income. */
  readonly price?: Price | undefined;
  /** Rate from the security's currency into the account's. */
  readonly exchangeRate?: Decimal | undefined;
  /** Cash that was paid for the shares, in the account's currency. */
  readonly cash?: Money | undefined;
  /** A fraction of a share that was sold; it is not in the holdings any more. */
  readonly fraction?: { readonly quantity: Quantity; readonly cash: Money } | undefined;
  /** The action that this one undoes, and the lots that were there before it. */
  readonly undoes?: UndoneAction | undefined;
  /** Its origin where that is not the broker: `import:…`. */
  readonly source?: string | undefined;
  readonly covered?: StatementCover | undefined;
  /** For a person. */
  readonly note?: string | undefined;
  readonly happenedAt: Instant;
}

export interface UndoneAction {
  readonly actionId: string;
  readonly lots: readonly RestoredLots[];
}

/** The lots of a security from before an action, which stand in place of those that it made. */
export interface RestoredLots {
  readonly isin: Isin;
  readonly symbol: string;
  /** Ids of the lots that the action left or made. */
  readonly made: readonly string[];
  readonly lots: readonly RestoredLot[];
  /** Of the number of shares; signed. */
  readonly change: Decimal;
  /** Realised by the action, and taken back. */
  readonly gain: Money;
}

export interface RestoredLot {
  readonly lotId: string;
  readonly quantity: Quantity;
  readonly unitCost: Price;
  readonly cost: Money;
  readonly acquiredAt: Instant;
}

/** A cash balance in another currency than the account's, and what moved it. */
export interface BrokerBalance {
  readonly cash: Money;
  /** In the balance's currency; each is booked once, and a remainder as external. */
  readonly flows: readonly BrokerFlow[];
}

/** When the broker's market trades, as the broker states it. */
export interface BrokerClock {
  readonly brokerTime: Instant;
  readonly open: boolean;
  readonly nextOpen?: Instant | undefined;
  readonly nextClose?: Instant | undefined;
}

export interface BrokerHolding {
  readonly isin: Isin;
  readonly symbol: string;
  readonly quantity: Quantity;
}

/** A consistent snapshot of the account: holdings, cash, and all movements that led to them. */
export interface BrokerStatement {
  readonly accountId: AccountId;
  readonly currency: Currency;
  readonly cash: Money;
  readonly holdings: readonly BrokerHolding[];
  readonly openOrders: readonly OpenOrder[];
  /** All movements, oldest first. Adapters may leave out what lies before their history begins. */
  readonly fills: readonly BrokerFill[];
  readonly flows: readonly BrokerFlow[];
  /** Balances in other currencies than the account's that hold cash or have ever moved; absent: there are none. */
  readonly otherBalances?: readonly BrokerBalance[] | undefined;
  readonly corporateActions?: readonly BrokerCorporateAction[] | undefined;
  /** Settled cash, where the broker distinguishes it from `cash`. */
  readonly settledCash?: Money | undefined;
  /** Cash on its way in that is not in `cash`, and on its way out that still is; none where absent. */
  readonly pendingDeposits?: Money | undefined;
  readonly pendingWithdrawals?: Money | undefined;
  readonly takenAt: Instant;
  /** The last day that the statement covers, where it is not the moment at which it was taken. */
  readonly coversThrough?: Instant | undefined;
}

/** What a broker accepts orders for in one security. */
export interface OrderRules {
  readonly takesOrders: boolean;
  /** False: whole shares only. */
  readonly takesFractions: boolean;
}

/** What a broker supports; `unsupported` (capabilities.ts) compares an order with it. */
export interface BrokerCapabilities {
  /** False: the broker is read only, and takes no orders at all. */
  readonly takesOrders: boolean;
  /** The broker refuses a second order under the same client order id. */
  readonly refusesDuplicates: boolean;
  /**
   * An order that the broker does not show does not exist. False where the broker may hide the
   * client order id: then only a person may declare an order absent.
   */
  readonly provesAbsence: boolean;
  readonly orderTypes: readonly OrderType[];
  readonly timesInForce: readonly TimeInForce[];
  /** Decimals of a quantity; 0 where only whole shares trade. */
  readonly quantityDecimals: number;
  /** Times in force that an order for a fraction of a share may have. */
  readonly fractionTimesInForce: readonly TimeInForce[];
  /** Currencies that orders settle in; undefined: any. */
  readonly currencies?: readonly Currency[] | undefined;
  /** Decimals of a limit or stop price of 1 or more, and of one below 1; undefined: not bounded. */
  readonly priceDecimals?: { readonly above: number; readonly below: number } | undefined;
  readonly extendedHours: 'none' | 'limit-orders';
  /** Longest client order id, and its form. */
  readonly clientOrderId: RegExp;
  /** Time limit for an order or a statement, where the default is too short. */
  readonly queryTimeoutMs?: number | undefined;
}

export interface Broker {
  /** `paper`, `alpaca`, … */
  readonly name: string;
  /** True when no real money moves. */
  readonly simulated: boolean;
  /** What it supports. An order beyond that is rejected with a named reason before it is sent. */
  readonly capabilities: BrokerCapabilities;
  /** @throws Failure UNAVAILABLE */
  ping(signal: AbortSignal): Promise<void>;
  /** Sends an order. A failure thrown means that the outcome is unknown. */
  submit(order: OrderInstruction, signal: AbortSignal): Promise<SubmitOutcome>;
  /**
   * Requests cancellation of the unfilled quantity; the order's state says whether it was
   * cancelled.
   */
  cancel(accountId: AccountId, clientOrderId: string, signal: AbortSignal): Promise<void>;
  findOrder(
    accountId: AccountId,
    clientOrderId: string,
    signal: AbortSignal,
  ): Promise<BrokerOrder | undefined>;
  statement(accountId: AccountId, signal: AbortSignal): Promise<BrokerStatement>;
  /** Present where that differs between securities. @throws Failure UNAVAILABLE */
  orderRules?(symbol: string, signal: AbortSignal): Promise<OrderRules>;
  /** Present where the broker states when its market trades. */
  clock?(signal: AbortSignal): Promise<BrokerClock>;
  /** Present only where the account is simulated and may be funded by this system. */
  readonly funding?: SimulatedFunding;
  /** Present where it keeps books in Redis: the same broker for work within a span. @param traceparent of the span */
  within?(traceparent: string): Broker;
}

export interface SimulatedFunding {
  /**
   * Opens an account with a first deposit, or without one if that is 0; an open account is left
   * unchanged.
   */
  open(accountId: AccountId, openingCash: Money, signal: AbortSignal): Promise<void>;
  /** Books a deposit, once for each id. */
  deposit(accountId: AccountId, id: string, amount: Money, signal: AbortSignal): Promise<void>;
  /**
   * Books what the owner enters or imports, all of it or none, each once by its id.
   * @throws Failure KEY_REUSED, REFUSED insufficient-cash or insufficient-shares
   */
  book(accountId: AccountId, bookings: Bookings, signal: AbortSignal): Promise<void>;
  /** Makes the simulated account hold exactly these securities, by transfers in and out. */
  adopt(
    accountId: AccountId,
    holdings: readonly (BrokerHolding & { readonly price?: Price | undefined })[],
    signal: AbortSignal,
  ): Promise<void>;
}
