/** An order of ours and its outcome. */
import type { AccountId, TradeId } from '#shared/kernel/identifiers.ts';
import type { Instant } from '#shared/kernel/instant.ts';
import type { Isin } from '#shared/kernel/isin.ts';
import type { Money } from '#shared/kernel/money.ts';
import type { Price } from '#shared/kernel/price.ts';
import type { Quantity } from '#shared/kernel/quantity.ts';

/**
 * INTENT → SUBMITTING → ACCEPTED | UNKNOWN | REJECTED | DENIED; UNKNOWN → ACCEPTED | ABSENT |
 * NEEDS_HUMAN; ACCEPTED → PARTIAL → FILLED | CANCELLED | EXPIRED; CANCEL_PENDING beside.
 */
export type OrderState =
  | 'INTENT'
  | 'SUBMITTING'
  | 'ACCEPTED'
  | 'UNKNOWN'
  | 'REJECTED'
  | 'DENIED'
  | 'ABSENT'
  | 'NEEDS_HUMAN'
  | 'PARTIAL'
  | 'CANCEL_PENDING'
  | 'FILLED'
  | 'CANCELLED'
  | 'EXPIRED';

export interface Order {
  readonly tradeId: TradeId;
  readonly accountId: AccountId;
  /** Generated once from a durable counter; identifies the order at the broker. */
  readonly clientOrderId: string;
  readonly brokerOrderId?: string | undefined;
  readonly isin: Isin;
  readonly symbol: string;
  readonly side: 'BUY' | 'SELL';
  readonly quantity: Quantity;
  readonly orderType: 'MARKET' | 'LIMIT' | 'STOP' | 'STOP_LIMIT';
  readonly timeInForce: 'DAY' | 'GTC' | 'IOC' | 'FOK';
  readonly limitPrice?: Price | undefined;
  readonly stopPrice?: Price | undefined;
  readonly state: OrderState;
  readonly message: string;
  readonly filledQuantity: Quantity;
  /** Of what is filled; in the security's currency. */
  readonly averagePrice?: Price | undefined;
  /** In the account's currency. */
  readonly commission: Money;
  readonly fees: Money;
  /** Cash moved by the fills; negative for a buy. */
  readonly settlement: Money;
  /** Cash reserved while the order is live. */
  readonly reserved: Money;
  readonly fillIds: readonly string[];
  readonly requestedAt: Instant;
  readonly submittedAt?: Instant | undefined;
  readonly executedAt?: Instant | undefined;
  readonly updatedAt: Instant;
  /** Version of the build that wrote the order. */
  readonly build: string;
}
