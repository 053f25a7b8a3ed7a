/** What a line that took shares took of each lot, and the terms under which the shares come back to it. */
import type { Decimal } from '#shared/kernel/decimal.ts';
import type { Money } from '#shared/kernel/money.ts';
import { Price, PRICE_DECIMALS_MAX } from '#shared/kernel/price.ts';
import type { Quantity } from '#shared/kernel/quantity.ts';
import type { Book, Holding, LedgerEntry, Lot } from './book.ts';
import { postEntries, type PostedLine } from './booking.ts';

/** Decimals of a rate by which a cost is computed back to the minor unit. */
const RATE_DECIMALS = 18;

/** Shares of a lot that come back. */
export interface ReturnedPart {
  readonly lot: Lot;
  readonly quantity: Quantity;
  /** Change of the cash balance: together those of all parts take back what the line brought. */
  readonly cash: Money;
  /** Price and rate that give the cost back to the minor unit; none where the cost is 0. */
  readonly terms: { readonly price: Price; readonly exchangeRate: Decimal } | Record<string, never>;
}

/**
 * One part for each lot; of a sale the last one takes back the gain.
 * @param before the holding as it was before the line
 */
export function returnedParts(
  { line, postings }: PostedLine,
  before: Holding | undefined,
): readonly ReturnedPart[] {
  const taken = postings.flatMap(({ lotId, quantity, amount }) => {
    const lot = before?.lots.find((one) => one.lotId === lotId);
    return lot && quantity && quantity.sign < 0 ? [{ lot, quantity, cost: amount.negate() }] : [];
  });
  let left = line.cash;
  return taken.map(({ lot, quantity, cost }, i) => {
    const cash = i === taken.length - 1 || line.kind !== 'sell' ? left : cost;
    left = left.subtract(cash);
    const shares = quantity.negate();
    return { lot, quantity: shares, cash: cash.negate(), terms: termsOf(lot, shares, cost) };
  });
}

/** What takes a sale back, without id, note and time of record: a purchase for each lot that it took. */
export function saleTakenBack(
  before: Book,
  line: LedgerEntry,
): readonly Omit<LedgerEntry, 'id' | 'recordedAt'>[] {
  const { id: reverses, isin, symbol, happenedAt } = line;
  const holding = isin && before.holdings.get(isin);
  return postEntries(before, [line]).posted.flatMap((posted) =>
    returnedParts(posted, holding).map(({ lot, quantity, cash, terms }) => ({
      ...{ kind: 'buy' as const, reverses, quantity, cash, isin, symbol, ...terms, happenedAt },
      ...{ lotIds: [lot.lotId], acquiredAt: lot.acquiredAt },
    })),
  );
}

function termsOf({ unitCost }: Lot, shares: Decimal, cost: Money): ReturnedPart['terms'] {
  if (cost.sign <= 0) return {};
  const isKnown = unitCost.amount.sign > 0;
  const each = cost.amount.divide(shares, PRICE_DECIMALS_MAX, 'half-even');
  const price = isKnown ? unitCost : new Price(each, cost.currency);
  const worth = price.amount.multiply(shares);
  return {
    price,
    exchangeRate: cost.amount.divide(worth, RATE_DECIMALS, 'half-even').normalize(),
  };
}
