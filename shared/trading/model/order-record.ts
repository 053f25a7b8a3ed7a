/** The order as requested, as stored, and as shown by the broker. */
import type { AccountId } from '#shared/kernel/identifiers.ts';
import type { Decimal } from '#shared/kernel/decimal.ts';
import { contentHash } from '#shared/kernel/hash.ts';
import type { Instant } from '#shared/kernel/instant.ts';
import type { Isin } from '#shared/kernel/isin.ts';
import type { Money } from '#shared/kernel/money.ts';
import type { Price } from '#shared/kernel/price.ts';
import type { Quantity } from '#shared/kernel/quantity.ts';
import type { Order } from './order.ts';

/** An order as a caller asks for it. */
export interface OrderDraft {
  readonly accountId: AccountId;
  readonly isin: Isin;
  /** Empty where the caller left it to the universe. */
  readonly symbol: string;
  readonly side: 'BUY' | 'SELL';
  readonly quantity: Quantity;
  readonly orderType: Order['orderType'];
  readonly timeInForce: Order['timeInForce'];
  readonly limitPrice?: Price | undefined;
  readonly stopPrice?: Price | undefined;
  /** What the order was decided on; prices too far from it keep the order back. */
  readonly referencePrice?: Price | undefined;
}

/** Why an order may not be sent: a stable kebab-case code, the request's field, a sentence. */
export interface Violation {
  readonly code: string;
  readonly field: string;
  readonly message: string;
}

/** One execution as the order engine keeps it; amounts are in the account's currency. */
export interface OrderFill {
  readonly fillId: string;
  readonly quantity: Quantity;
  /** In the security's currency. */
  readonly price: Price;
  readonly commission: Money;
  readonly fees: Money;
  readonly settlement: Money;
  readonly executedAt: Instant;
}

/** A broker's order, as far as the order engine reads it. */
export interface SeenOrder {
  readonly clientOrderId: string;
  readonly brokerOrderId: string;
  readonly isin: Isin;
  readonly side: 'BUY' | 'SELL';
  readonly filledQuantity: Quantity;
  readonly state: 'WORKING' | 'PARTIAL' | 'FILLED' | 'CANCELLED' | 'EXPIRED' | 'REJECTED';
  readonly reason?: string | undefined;
  readonly fills: readonly OrderFill[];
  readonly reserved: Money;
  /** The terms as they are now, where a corporate action changed them. */
  readonly adjustment?:
    | {
        readonly quantity: Quantity;
        readonly limitPrice?: Price | undefined;
        readonly stopPrice?: Price | undefined;
      }
    | undefined;
}

/**
 * Cash and shares that no movement in the broker's statement explains. The same before and after
 * an order means: nothing happened that the statement does not show.
 */
export interface Baseline {
  readonly cash: Money;
  readonly quantity: Decimal;
}

/** An order as it is stored, with what only the order engine needs. */
export interface OrderRecord extends Order {
  /** Hash of the draft as it was requested. */
  readonly bodyHash: string;
  /** Value when requested, in the base currency; counts towards the day's turnover. */
  readonly value: Money;
  readonly referencePrice?: Price | undefined;
  /** Worst price at which a market order with a reference price may be filled. */
  readonly collarLimit?: Price | undefined;
  /** Why it was denied; empty otherwise. */
  readonly errors: readonly Violation[];
  readonly fills: readonly OrderFill[];
  /** Queries after the settling time that did not find it. */
  readonly queries: number;
  readonly queriedAt?: Instant | undefined;
  /** Taken before the order was sent. */
  readonly baseline?: Baseline | undefined;
}

/**
 * What an order asks for. The symbol is only checked against the ISIN, so an order with it and one without
 * it are the same.
 */
export function hashOfDraft(draft: OrderDraft): string {
  const known = hashes.get(draft);
  if (known !== undefined) return known;
  const hash = newHashOf(draft);
  hashes.set(draft, hash);
  return hash;
}

/** Each step of an order asks whether it is still the one that was asked for. */
const hashes = new WeakMap<OrderDraft, string>();

function newHashOf(draft: OrderDraft): string {
  return contentHash({
    accountId: draft.accountId,
    isin: draft.isin,
    side: draft.side,
    quantity: draft.quantity.normalize(),
    orderType: draft.orderType,
    timeInForce: draft.timeInForce,
    limitPrice: draft.limitPrice,
    stopPrice: draft.stopPrice,
    referencePrice: draft.referencePrice,
  });
}
