/**
 * The tax on what a sale realises, by the rules of the policy: each lot, in the order the sale takes them,
 * its gain at its own rate. Losses reduce the gains of the same sale where the rules let them.
 */
import { Decimal } from '#shared/kernel/decimal.ts';
import { Money } from '#shared/kernel/money.ts';
import type { Quantity } from '#shared/kernel/quantity.ts';

/** A lot as a sale would take it. */
export interface TaxLot {
  readonly quantity: Quantity;
  /** Of the whole lot, in base currency; undefined where nobody knows, which counts as no gain. */
  readonly cost: Money | undefined;
  /** Tax on its gain. */
  readonly gainRatio: number;
}

export interface SaleTax {
  /** Of what is sold, after the charges of the sale. */
  readonly gain: Money;
  /** Not negative. */
  readonly tax: Money;
}

/**
 * @param lots in the order the sale takes them
 * @param proceeds of the whole sale, after its charges, in base currency
 * @param offsets whether losses count against gains
 */
export function saleTax(
  lots: readonly TaxLot[],
  quantity: Quantity,
  proceeds: Money,
  offsets: boolean,
): SaleTax {
  const zero = Money.zero(proceeds.currency);
  let [left, gain, tax] = [quantity, zero, Decimal.zero];
  for (const lot of lots) {
    if (left.sign <= 0) break;
    const part = lot.quantity.compare(left) < 0 ? lot.quantity : left;
    left = left.subtract(part);
    if (!lot.cost) continue;
    const brought = share(proceeds, part, quantity);
    const each = brought.subtract(share(lot.cost, part, lot.quantity));
    gain = gain.add(each);
    if (each.sign > 0 || offsets)
      tax = tax.add(each.amount.multiply(Decimal.ofNumber(lot.gainRatio)));
  }
  return { gain, tax: tax.sign > 0 ? Money.rounded(tax, proceeds.currency, 'up') : zero };
}

function share(amount: Money, part: Quantity, whole: Quantity): Money {
  if (part.equals(whole)) return amount;
  const exact = amount.amount.multiply(part).divide(whole, 12, 'half-even');
  return Money.rounded(exact, amount.currency, 'half-even');
}

/**
 * Most tax that a sale costs, as a share of its value: no sale that ends with a lot costs a greater share,
 * so that a search that counts with it never counts too little.
 */
export function saleTaxRatio(
  lots: readonly TaxLot[],
  priceEach: (quantity: Quantity) => Money,
  offsets: boolean,
): number {
  let [taken, most] = [Decimal.zero, 0];
  for (const lot of lots) {
    taken = taken.add(lot.quantity);
    const value = priceEach(taken);
    if (value.sign <= 0) continue;
    const { tax } = saleTax(lots, taken, value, offsets);
    most = Math.max(most, tax.toEstimate() / value.toEstimate());
  }
  return most;
}
