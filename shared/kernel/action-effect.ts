/** The effect of a corporate action on a number of shares. */
import { sharesRatioOf, type CorporateAction } from './corporate-action.ts';
import { Decimal } from './decimal.ts';
import { QUANTITY_DECIMALS_MAX, type Quantity } from './quantity.ts';

export interface ActionEffect {
  /** Shares of the security itself that are held after it, fractions among them. */
  readonly remaining: Quantity;
  /** Shares of the new security, fractions among them. */
  readonly received: Quantity;
  /** The fraction of a share that is paid in cash instead, of whichever of the two is new. */
  readonly fraction: Quantity;
}

/** @param held shares held before the ex-date */
export function effectOn(action: CorporateAction, held: Quantity): ActionEffect {
  const { remaining, received } = sharesAfter(action, held);
  const made = received.sign > 0 ? received : remaining;
  const fraction = action.fractionPrice
    ? made.subtract(made.round(0, 'down')).normalize()
    : Decimal.zero;
  return { remaining: remaining.normalize(), received: received.normalize(), fraction };
}

function sharesAfter(
  action: CorporateAction,
  held: Quantity,
): Pick<ActionEffect, 'remaining' | 'received'> {
  const none = Decimal.zero;
  switch (action.kind) {
    case 'split':
      return { remaining: scaled(held, action), received: none };
    case 'stock-dividend':
      return { remaining: held.add(scaled(held, action)), received: none };
    case 'spin-off':
      return { remaining: held, received: scaled(held, action) };
    case 'merger':
      return { remaining: none, received: action.newIsin ? scaled(held, action) : none };
    case 'rename':
      return action.newIsin
        ? { remaining: none, received: held }
        : { remaining: held, received: none };
    case 'delisting':
      return { remaining: none, received: none };
    case 'dividend':
    case 'no-split':
      return { remaining: held, received: none };
  }
}

/** Exact to the precision of brokers' quantities. */
function scaled(held: Quantity, action: CorporateAction): Quantity {
  const { newShares, oldShares } = sharesRatioOf(action);
  return held.multiply(newShares).divide(oldShares, QUANTITY_DECIMALS_MAX, 'half-even');
}
