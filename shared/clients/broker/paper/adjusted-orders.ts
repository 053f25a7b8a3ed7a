/**
 * Live orders after a corporate action. A split or stock dividend changes quantity, limit and stop
 * price by its ratio; what would leave no whole lot, or an order for a security that has ended or has
 * another name, is cancelled.
 */
import { sharesRatioOf, type CorporateAction } from '#shared/kernel/corporate-action.ts';
import type { Decimal } from '#shared/kernel/decimal.ts';
import { Money } from '#shared/kernel/money.ts';
import { Price } from '#shared/kernel/price.ts';
import { QUANTITY_DECIMALS_MAX } from '#shared/kernel/quantity.ts';
import {
  filledQuantity,
  liveOrders,
  withOrder,
  type PaperBook,
  type PaperOrder,
} from './paper-book.ts';

/** Decimals of prices after a split. */
const PRICE_DECIMALS = 4;

/** What of an action changes orders. */
export type OrderTerms = Pick<
  CorporateAction,
  'actionId' | 'isin' | 'day' | 'newIsin' | 'newShares' | 'oldShares'
> & { readonly kind: CorporateAction['kind'] | 'other' };

/** Orders of its day and later were given at prices that know it. */
export function ordersAfter(book: PaperBook, action: OrderTerms): PaperBook {
  const about = liveOrders(book).filter(
    ({ instruction, day }) => instruction.isin === action.isin && day < action.day,
  );
  return about.reduce((next, order) => withOrder(next, orderAfter(order, action)), book);
}

function orderAfter(order: PaperOrder, action: OrderTerms): PaperOrder {
  switch (action.kind) {
    case 'split':
    case 'stock-dividend':
      return rescaled(order, action);
    case 'merger':
    case 'delisting':
      return cancelled(order);
    case 'rename':
      return action.newIsin ? cancelled(order) : order;
    default:
      return order;
  }
}

function rescaled(order: PaperOrder, action: OrderTerms): PaperOrder {
  const { instruction } = order;
  const { newShares, oldShares } = sharesRatioOf(action);
  const after = action.kind === 'split' ? newShares : newShares.add(oldShares);
  const times = (value: Decimal, by: Decimal, over: Decimal, decimals: number): Decimal =>
    value.multiply(by).divide(over, decimals, 'half-even').normalize();
  const filled = filledQuantity(order);
  const open = instruction.quantity.subtract(filled);
  const left = open.multiply(after).divide(oldShares, decimalsOf(open), 'down').normalize();
  if (left.sign <= 0) return cancelled(order);
  const priceAfter = (price: Price): Price =>
    new Price(times(price.amount, oldShares, after, PRICE_DECIMALS), price.currency);
  const { limitPrice, stopPrice } = instruction;
  return {
    ...order,
    instruction: {
      ...instruction,
      quantity: filled.add(left).normalize(),
      ...(limitPrice && { limitPrice: priceAfter(limitPrice) }),
      ...(stopPrice && { stopPrice: priceAfter(stopPrice) }),
    },
    adjustedBy: action.actionId,
  };
}

/** An order for whole shares stays one. */
function decimalsOf(quantity: Decimal): number {
  return quantity.precision === 0 ? 0 : QUANTITY_DECIMALS_MAX;
}

function cancelled(order: PaperOrder): PaperOrder {
  return {
    ...order,
    state: 'CANCELLED',
    reason: 'corporate-action',
    reserved: Money.zero(order.reserved.currency),
  };
}
