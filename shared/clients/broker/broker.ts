/**
 * What every broker can do, in our words. A broker is the truth about orders, holdings and cash;
 * this system only keeps a book that agrees with it.
 *
 * A call that ends in a failure says nothing about what the broker did. `submit` in particular:
 * only `accepted` and `rejected` are outcomes; any failure thrown means *unknown*, and is resolved
 * by `findOrder`, never by sending again.
 */
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
  /** Made once, stored before it is sent, the same for ever. */
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
  /** Cash the broker holds back for what is not filled yet, in the account's currency. */
  readonly reserved: Money;
}

/** One execution. `settlement` is exact and final: cash moved by just that. */
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
  /** Security's currency into the account's, as the broker applied it; 1 where they are one. */
  readonly exchangeRate: Decimal;
  /** Change of the cash balance, in the account's currency, fees included; negative for a buy. */
  readonly settlement: Money;
  readonly executedAt: Instant;
}

/** Money or shares that came or went without an order. */
export interface BrokerFlow {
  readonly flowId: string;
  readonly kind: 'deposit' | 'withdrawal' | 'dividend' | 'fee' | 'transfer-in' | 'transfer-out';
  /** Change of the cash balance, in the account's currency; zero for a transfer of shares. */
  readonly amount: Money;
  readonly isin?: Isin | undefined;
  readonly quantity?: Quantity | undefined;
  /** Cost of each share transferred in, where it is known; in the security's currency. */
  readonly price?: Price | undefined;
  /** Security's currency into the account's at the time of the transfer. */
  readonly exchangeRate?: Decimal | undefined;
  readonly happenedAt: Instant;
}

export interface BrokerHolding {
  readonly isin: Isin;
  readonly symbol: string;
  readonly quantity: Quantity;
}

/** One consistent look: what is held, and everything that led there. */
export interface BrokerStatement {
  readonly accountId: AccountId;
  readonly currency: Currency;
  readonly cash: Money;
  readonly holdings: readonly BrokerHolding[];
  readonly openOrders: readonly BrokerOrder[];
  /** All movements, oldest first. Adapters may leave out what lies before their history begins. */
  readonly fills: readonly BrokerFill[];
  readonly flows: readonly BrokerFlow[];
  readonly takenAt: Instant;
}

export interface Broker {
  /** `paper`, `alpaca`, … */
  readonly name: string;
  /** True when no real money moves. */
  readonly simulated: boolean;
  /** @throws Failure UNAVAILABLE */
  ping(signal: AbortSignal): Promise<void>;
  /** Sends an order. A failure thrown means that the outcome is unknown. */
  submit(order: OrderInstruction, signal: AbortSignal): Promise<SubmitOutcome>;
  /** Asks for the rest of an order to be cancelled; the order's state says whether it was. */
  cancel(accountId: AccountId, clientOrderId: string, signal: AbortSignal): Promise<void>;
  findOrder(
    accountId: AccountId,
    clientOrderId: string,
    signal: AbortSignal,
  ): Promise<BrokerOrder | undefined>;
  statement(accountId: AccountId, signal: AbortSignal): Promise<BrokerStatement>;
  /** Present only where the broker's account is a simulation that we may fund ourselves. */
  readonly funding?: SimulatedFunding;
}

export interface SimulatedFunding {
  /** Pays money in, once for each id. */
  deposit(accountId: AccountId, id: string, amount: Money, signal: AbortSignal): Promise<void>;
  /** Makes the simulated account hold just these securities, by transfers in and out. */
  adopt(
    accountId: AccountId,
    holdings: readonly (BrokerHolding & { readonly price?: Price | undefined })[],
    signal: AbortSignal,
  ): Promise<void>;
}
