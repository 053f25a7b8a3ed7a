/**
 * Effect of a corporate action on the lots of a security. It changes the lots that existed before
 * it took effect; their dates are kept, and so is their cost, except:
 *
 * - split, stock dividend without a stated worth, rename: the cost stays as it is, over more or
 * fewer shares;
 * - stock dividend with a stated worth: a new lot at that worth, which is income;
 * - spin-off: `costRatio` of each lot's cost goes with the new shares;
 * - merger for shares: the cost goes on with them. Cash beside them realises a gain against
 * `costRatio`
 *   of the cost; where none is stated it lowers the cost, and only what exceeds it is a gain;
 * - merger for cash, delisting: the cash less the whole cost is realised.
 */
import { assert } from '#shared/kernel/assert.ts';
import { minorDigits, type Currency } from '#shared/kernel/currency.ts';
import { Decimal } from '#shared/kernel/decimal.ts';
import { refused } from '#shared/kernel/failure.ts';
import { Money } from '#shared/kernel/money.ts';
import { Price, PRICE_DECIMALS_MAX } from '#shared/kernel/price.ts';
import { QUANTITY_DECIMALS_MAX, type Quantity } from '#shared/kernel/quantity.ts';
import type { Book, Holding, LedgerEntry, Lot, RestoredLots } from './book.ts';

/** @returns the holdings that the line changes, as they are after it */
export function actedOn(book: Book, holding: Holding, line: LedgerEntry): readonly Holding[] {
  if (line.restores) return line.restores.map((lots) => restored(book, lots, line));
  const older = holding.lots.filter(({ acquiredAt }) => acquiredAt < line.happenedAt);
  if (older.length === 0)
    throw refused('action-without-shares', `No shares of ${holding.isin} were held before it.`, {
      lineId: line.id,
    });
  const younger = holding.lots.filter((lot) => !older.includes(lot));
  const part = { book, holding, line, older, younger };
  switch (line.kind) {
    case 'split':
      return [{ ...holding, lots: [...resized(older, shares(line)), ...younger] }];
    case 'stock-dividend':
      return [stockDividend(part)];
    case 'spin-off':
      return spinOff(part);
    case 'merger':
      return line.newIsin ? exchanged(part) : [ended(part)];
    case 'rename':
      return renamed(part);
    default:
      return [ended(part)];
  }
}

/** An action is undone: what it left or made goes, and what was there before it is back. */
function restored(
  book: Book,
  { isin, symbol, made, lots, gain }: RestoredLots,
  line: LedgerEntry,
): Holding {
  const zero = Money.zero(book.currency);
  const { closedAt: _closed, ...known } = book.holdings.get(isin) ?? {
    ...{ isin, symbol, lots: [], realized: zero },
  };
  const kept = known.lots.filter(({ lotId }) => !made.includes(lotId));
  const all = [...kept, ...lots].sort((a, b) => a.acquiredAt - b.acquiredAt);
  return {
    ...{ ...known, symbol, lots: all, realized: known.realized.subtract(gain) },
    ...(all.length === 0 && { closedAt: line.happenedAt }),
  };
}

interface Part {
  readonly book: Book;
  readonly holding: Holding;
  readonly line: LedgerEntry;
  readonly older: readonly Lot[];
  readonly younger: readonly Lot[];
}

function stockDividend({ book, holding, line, older, younger }: Part): Holding {
  const { price, exchangeRate } = line;
  if (!price || !exchangeRate)
    return { ...holding, lots: [...resized(older, shares(line)), ...younger] };
  const quantity = shares(line).subtract(quantityIn(older)).normalize();
  const worth = price.amount.multiply(quantity).multiply(exchangeRate);
  const lot: Lot = {
    ...{ lotId: line.id, quantity, unitCost: price },
    cost: Money.rounded(worth, book.currency, 'half-even'),
    acquiredAt: line.happenedAt,
  };
  return { ...holding, lots: [...older, lot, ...younger] };
}

function spinOff({ book, holding, line, older, younger }: Part): Holding[] {
  const ratio = line.costRatio ?? Decimal.zero;
  const parted = older.map((lot) => partedCost(lot, ratio));
  const children = resized(
    parted.map(({ away }) => ({ ...away, lotId: `${away.lotId}/${line.id}` })),
    shares(line),
  );
  const stays = parted.map(({ left }) => left);
  return [{ ...holding, lots: [...stays, ...younger] }, joined(target(book, line), children)];
}

function exchanged({ book, holding, line, older, younger }: Part): Holding[] {
  const cost = costIn(older, book.currency);
  const stated = line.costRatio && cost.multiply(line.costRatio, 'half-even');
  const used = stated ?? (line.cash.compare(cost) < 0 ? line.cash : cost);
  const gain = line.cash.subtract(used);
  const kept = spread(older, cost.subtract(used));
  const old = {
    ...holding,
    lots: younger,
    realized: holding.realized.add(gain),
    ...(younger.length === 0 && { closedAt: line.happenedAt }),
  };
  return [old, joined(target(book, line), resized(kept, shares(line)))];
}

function ended({ book, holding, line, older, younger }: Part): Holding {
  const gain = line.cash.subtract(costIn(older, book.currency));
  return {
    ...holding,
    lots: younger,
    realized: holding.realized.add(gain),
    ...(younger.length === 0 && { closedAt: line.happenedAt }),
  };
}

/** A renamed security is the same one: its lots and its realised gains go on under the new name. */
function renamed({ book, holding, line }: Part): Holding[] {
  const symbol = line.newSymbol ?? holding.symbol;
  if (!line.newIsin) return [{ ...holding, symbol }];
  const zero = Money.zero(book.currency);
  const before: Holding = {
    ...{ isin: holding.isin, symbol: holding.symbol, lots: [], realized: zero },
    closedAt: line.happenedAt,
  };
  const after = joined({ ...target(book, line), symbol }, holding.lots);
  return [before, { ...after, realized: after.realized.add(holding.realized) }];
}

function target(book: Book, { newIsin, newSymbol }: LedgerEntry): Holding {
  assert(newIsin !== undefined, 'an action with new shares says of which security');
  const known = book.holdings.get(newIsin);
  if (known) return known;
  const realized = Money.zero(book.currency);
  return { isin: newIsin, symbol: newSymbol ?? newIsin, lots: [], realized };
}

function joined({ closedAt: _closed, ...holding }: Holding, lots: readonly Lot[]): Holding {
  const all = [...holding.lots, ...lots].sort((a, b) => a.acquiredAt - b.acquiredAt);
  return { ...holding, lots: all };
}

/** The same lots over another number of shares; the last one takes what rounding leaves. */
function resized(lots: readonly Lot[], total: Quantity): Lot[] {
  const before = quantityIn(lots);
  let left = total;
  return lots.flatMap((lot, index) => {
    const share = lot.quantity
      .multiply(total)
      .divide(before, QUANTITY_DECIMALS_MAX, 'half-even')
      .normalize();
    const quantity = index === lots.length - 1 ? left.normalize() : share;
    left = left.subtract(quantity);
    return [{ ...lot, quantity, unitCost: unitCostOf(lot, quantity) }];
  });
}

/** What was paid for the lot, over its new number of shares. */
function unitCostOf({ unitCost, quantity: before }: Lot, quantity: Quantity): Price {
  if (quantity.sign <= 0) return unitCost;
  const paid = unitCost.amount.multiply(before);
  return new Price(paid.divide(quantity, PRICE_DECIMALS_MAX, 'half-even'), unitCost.currency);
}

function partedCost(lot: Lot, ratio: Decimal): { readonly left: Lot; readonly away: Lot } {
  const cost = lot.cost.multiply(ratio, 'half-even');
  const [one, other] = [ratio, Decimal.one.subtract(ratio)].map(
    (part) =>
      new Price(
        lot.unitCost.amount.multiply(part).round(PRICE_DECIMALS_MAX, 'half-even'),
        lot.unitCost.currency,
      ),
  );
  return {
    away: { ...lot, cost, unitCost: one ?? lot.unitCost },
    left: { ...lot, cost: lot.cost.subtract(cost), unitCost: other ?? lot.unitCost },
  };
}

/** Lots at another cost in all, each in proportion to its own. */
function spread(lots: readonly Lot[], cost: Money): Lot[] {
  const before = costIn(lots, cost.currency);
  let left = cost;
  return lots.map((lot, index) => {
    const share =
      index === lots.length - 1 || before.sign === 0
        ? left
        : Money.rounded(
            lot.cost.amount
              .multiply(cost.amount)
              .divide(before.amount, minorDigits(cost.currency), 'half-even'),
            cost.currency,
            'half-even',
          );
    left = left.subtract(share);
    const unit =
      before.sign === 0
        ? lot.unitCost.amount
        : lot.unitCost.amount
            .multiply(cost.amount)
            .divide(before.amount, PRICE_DECIMALS_MAX, 'half-even');
    return { ...lot, cost: share, unitCost: new Price(unit, lot.unitCost.currency) };
  });
}

function quantityIn(lots: readonly Lot[]): Quantity {
  return lots.reduce((sum, lot) => sum.add(lot.quantity), Decimal.zero);
}

function costIn(lots: readonly Lot[], currency: Currency): Money {
  return Money.sum(
    lots.map(({ cost }) => cost),
    currency,
  );
}

function shares({ quantity }: LedgerEntry): Quantity {
  assert(quantity && quantity.sign > 0, 'an action says how many shares there are after it');
  return quantity;
}
