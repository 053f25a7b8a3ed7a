/**
 * How a line of the ledger changes the book. There is no other way to change cash or shares, so a
 * ledger replayed from nothing gives the book.
 *
 * Shares are kept in lots, and sales take from the oldest lot first (FIFO). A lot's cost is the cash
 * that was paid for it, to the minor unit; when part of a lot goes, it takes its share of the cost
 * rounded half-even and the rest keeps the difference, so that no cent appears or is lost.
 */
import { assert } from '#shared/kernel/assert.ts';
import type { Currency } from '#shared/kernel/currency.ts';
import { Decimal } from '#shared/kernel/decimal.ts';
import { refused } from '#shared/kernel/failure.ts';
import type { AccountId } from '#shared/kernel/identifiers.ts';
import type { Isin } from '#shared/kernel/isin.ts';
import { Money } from '#shared/kernel/money.ts';
import { Price, PRICE_DECIMALS_MAX } from '#shared/kernel/price.ts';
import type { Quantity } from '#shared/kernel/quantity.ts';
import type { Book, Holding, LedgerEntry, Lot } from './book.ts';

export function emptyBook(accountId: AccountId, currency: Currency): Book {
  const zero = Money.zero(currency);
  return {
    accountId,
    currency,
    cash: zero,
    holdings: new Map(),
    booked: new Set(),
    pendingDeposits: zero,
    pendingWithdrawals: zero,
    syncedAt: undefined,
  };
}

/** Books each line once; a line whose id is known changes nothing. */
export function bookEntries(book: Book, entries: readonly LedgerEntry[]): Book {
  const booked = new Set(book.booked);
  let next = book;
  for (const entry of entries) {
    if (booked.has(entry.id)) continue;
    booked.add(entry.id);
    next = moved(next, entry);
  }
  return { ...next, booked };
}

function moved(book: Book, entry: LedgerEntry): Book {
  const paid: Book = { ...book, cash: book.cash.add(entry.cash) };
  switch (entry.kind) {
    case 'buy':
    case 'transfer-in':
    case 'external-in':
      return withHolding(paid, received(holdingOf(paid, entry), entry, book.currency));
    case 'sell':
    case 'transfer-out':
    case 'external-out':
      return withHolding(paid, given(holdingOf(paid, entry), entry));
    default:
      return paid;
  }
}

export function quantityHeld(book: Book, isin: Isin): Quantity {
  return quantityOf(book.holdings.get(isin));
}

export function quantityOf(holding: Holding | undefined): Quantity {
  const lots = holding?.lots ?? [];
  return lots.reduce((sum, lot) => sum.add(lot.quantity), Decimal.zero).normalize();
}

export function costOf(holding: Holding, currency: Currency): Money {
  return Money.sum(
    holding.lots.map((lot) => lot.cost),
    currency,
  );
}

function holdingOf(book: Book, { isin, symbol }: LedgerEntry): Holding {
  assert(isin !== undefined && symbol !== undefined, 'a line that moves shares names the security');
  const known = book.holdings.get(isin);
  return known ?? { isin, symbol, lots: [], realized: Money.zero(book.currency) };
}

function received(holding: Holding, entry: LedgerEntry, base: Currency): Holding {
  const quantity = quantityIn(entry);
  const cost = entry.kind === 'buy' ? entry.cash.negate() : transferCost(entry, quantity, base);
  const lot: Lot = {
    lotId: entry.id,
    quantity,
    unitCost: unitCost(entry, cost, quantity),
    cost,
    acquiredAt: entry.happenedAt,
  };
  return {
    isin: holding.isin,
    symbol: entry.symbol ?? holding.symbol,
    lots: [...holding.lots, lot],
    realized: holding.realized,
  };
}

/** Shares that came without an order cost what they were worth; 0 where nobody knows. */
function transferCost(entry: LedgerEntry, quantity: Quantity, base: Currency): Money {
  if (!entry.price || !entry.exchangeRate) return Money.zero(base);
  const worth = entry.price.amount.multiply(quantity).multiply(entry.exchangeRate);
  return Money.rounded(worth, base, 'half-even');
}

/** In the security's currency, fees included. */
function unitCost(entry: LedgerEntry, cost: Money, quantity: Quantity): Price {
  if (!entry.price || !entry.exchangeRate) return new Price(Decimal.zero, cost.currency);
  if (entry.kind !== 'buy') return entry.price;
  const shares = quantity.multiply(entry.exchangeRate);
  const each = cost.amount.divide(shares, PRICE_DECIMALS_MAX, 'half-even');
  return new Price(each, entry.price.currency);
}

function given(holding: Holding, entry: LedgerEntry): Holding {
  const { lots, cost } = takeOldest(holding, quantityIn(entry), entry.cash.currency);
  const gain = entry.kind === 'sell' ? entry.cash.subtract(cost) : Money.zero(cost.currency);
  return {
    isin: holding.isin,
    symbol: holding.symbol,
    lots,
    realized: holding.realized.add(gain),
    ...(lots.length === 0 && { closedAt: entry.happenedAt }),
  };
}

function takeOldest(
  holding: Holding,
  wanted: Quantity,
  currency: Currency,
): { lots: Lot[]; cost: Money } {
  const lots: Lot[] = [];
  let [missing, cost] = [wanted, Money.zero(currency)];
  for (const lot of holding.lots) {
    const taken = missing.compare(lot.quantity) < 0 ? missing : lot.quantity;
    const takenCost = costShare(lot, taken);
    missing = missing.subtract(taken);
    cost = cost.add(takenCost);
    const quantity = lot.quantity.subtract(taken).normalize();
    if (quantity.sign > 0) lots.push({ ...lot, quantity, cost: lot.cost.subtract(takenCost) });
  }
  if (missing.sign > 0)
    throw refused('no-short', `${holding.isin}: more shares leave the book than it holds.`, {
      isin: holding.isin,
      missing: missing.toString(),
    });
  return { lots, cost };
}

function costShare(lot: Lot, taken: Quantity): Money {
  if (taken.sign === 0) return Money.zero(lot.cost.currency);
  if (taken.equals(lot.quantity)) return lot.cost;
  const units = new Decimal(lot.cost.minorUnits, 0).multiply(taken);
  return new Money(units.divide(lot.quantity, 0, 'half-even').units, lot.cost.currency);
}

function withHolding(book: Book, holding: Holding): Book {
  return { ...book, holdings: new Map(book.holdings).set(holding.isin, holding) };
}

function quantityIn(entry: LedgerEntry): Quantity {
  assert(entry.quantity && entry.quantity.sign > 0, 'a line that moves shares says how many');
  return entry.quantity;
}
