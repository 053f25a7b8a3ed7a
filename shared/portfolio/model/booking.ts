/**
 * Applies a ledger line to the book. Nothing else changes cash or shares, so replaying the ledger
 * from an empty book gives the book.
 *
 * Shares are kept in lots; which of them a sale takes (`lots.ts`) is said by its line, so that a
 * replay needs no setting: the oldest first where it says nothing. A lot's cost is the cash that
 * was paid for it, to the minor unit.
 */
import { assert } from '#shared/kernel/assert.ts';
import { minorDigits, type Currency } from '#shared/kernel/currency.ts';
import { Decimal } from '#shared/kernel/decimal.ts';
import { GrowingSet } from '#shared/kernel/collections/growing-set.ts';
import type { AccountId } from '#shared/kernel/identifiers.ts';
import type { Instant } from '#shared/kernel/instant.ts';
import type { Isin } from '#shared/kernel/isin.ts';
import { Money } from '#shared/kernel/money.ts';
import { Price, priceDecimalsMax } from '#shared/kernel/price.ts';
import type { Quantity } from '#shared/kernel/quantity.ts';
import { actedOn } from './action-booking.ts';
import type { Book, Holding, LedgerEntry, Lot } from './book.ts';
import { reportedParts } from './closed-lots.ts';
import { withAwaited } from './reconciliation/awaited-charges.ts';
import { withCash } from './foreign-cash.ts';
import { movesShares } from './ledger-lines.ts';
import { takeLots } from './lots.ts';
import { postingsOf, type Posting } from './posting.ts';

export function emptyBook(accountId: AccountId, currency: Currency): Book {
  const zero = Money.zero(currency);
  return {
    accountId,
    currency,
    cash: zero,
    holdings: new Map(),
    booked: GrowingSet.of(),
    pendingDeposits: zero,
    pendingWithdrawals: zero,
    foreignCash: [],
    syncedAt: undefined,
  };
}

/** A line with what it debits and credits. */
export interface PostedLine {
  readonly line: LedgerEntry;
  readonly postings: readonly Posting[];
}

/** Books each line once; a line whose id is known changes nothing. */
export function bookEntries(book: Book, entries: readonly LedgerEntry[]): Book {
  return postEntries(book, entries).book;
}

/** As `bookEntries`, with the postings of each line that was booked. */
export function postEntries(book: Book, entries: readonly LedgerEntry[]): Posted {
  const known = postedTo.get(entries);
  if (known?.before === book) return known.posted;
  const posted = newlyPosted(book, entries);
  postedTo.set(entries, { before: book, posted });
  return posted;
}

interface Posted {
  readonly book: Book;
  readonly posted: readonly PostedLine[];
}

/** What is decided on and what is stored is the same, and need not be worked out again. */
const postedTo = new WeakMap<
  readonly LedgerEntry[],
  { readonly before: Book; readonly posted: Posted }
>();

function newlyPosted(book: Book, entries: readonly LedgerEntry[]): Posted {
  const posted: PostedLine[] = [];
  let next = book;
  for (const line of entries) {
    if (next.booked.has(line.id)) continue;
    const after = { ...moved(next, line), booked: next.booked.with(line.id) };
    posted.push({ line, postings: postingsOf(next, after, line) });
    next = after;
  }
  return { book: next, posted };
}

function moved(book: Book, entry: LedgerEntry): Book {
  const paid = withAwaited(withCash(book, entry.cash), entry);
  if (entry.cash.currency !== book.currency)
    assert(!movesShares(entry), "a line that moves shares is in the account's currency");
  switch (entry.kind) {
    case 'buy':
    case 'transfer-in':
    case 'external-in':
      return withHolding(paid, received(holdingOf(paid, entry), entry, book.currency));
    case 'sell':
    case 'cash-in-lieu':
    case 'transfer-out':
    case 'external-out':
      return withHolding(paid, given(holdingOf(paid, entry), entry));
    case 'split':
    case 'stock-dividend':
    case 'spin-off':
    case 'merger':
    case 'rename':
    case 'delisting':
      return actedOn(paid, holdingOf(paid, entry), entry).reduce(withHolding, paid);
    default:
      return paid;
  }
}

export function quantityHeld(book: Book, isin: Isin): Quantity {
  return quantityOf(book.holdings.get(isin));
}

/** Lots that never change are summed once. */
const quantities = new WeakMap<readonly Lot[], Quantity>();
const costs = new WeakMap<readonly Lot[], Money>();

export function quantityOf(holding: Holding | undefined): Quantity {
  if (!holding) return Decimal.zero;
  const { lots } = holding;
  const known = quantities.get(lots);
  if (known) return known;
  const sum = lots.reduce((sum, lot) => sum.add(lot.quantity), Decimal.zero).normalize();
  quantities.set(lots, sum);
  return sum;
}

export function costOf({ lots }: Holding, currency: Currency): Money {
  const known = costs.get(lots);
  if (known?.currency === currency) return known;
  const sum = Money.sum(
    lots.map((lot) => lot.cost),
    currency,
  );
  costs.set(lots, sum);
  return sum;
}

function holdingOf(book: Book, { isin, symbol }: LedgerEntry): Holding {
  assert(isin !== undefined && symbol !== undefined, 'a line that moves shares names the security');
  const known = book.holdings.get(isin);
  return known ?? { isin, symbol, lots: [], realized: Money.zero(book.currency) };
}

function received(holding: Holding, entry: LedgerEntry, base: Currency): Holding {
  const quantity = quantityIn(entry);
  const isBought = entry.kind === 'buy' && entry.acquiredAt === undefined;
  const cost = isBought ? entry.cash.negate() : transferCost(entry, quantity, base);
  const lot: Lot = {
    lotId: entry.id,
    quantity,
    unitCost: unitCost(entry, cost, quantity),
    cost,
    acquiredAt: entry.happenedAt,
  };
  if (entry.acquiredAt !== undefined) return restored(holding, entry, lot, entry.acquiredAt);
  return {
    isin: holding.isin,
    symbol: entry.symbol ?? holding.symbol,
    lots: inserted(holding.lots, lot),
    realized: holding.realized,
  };
}

/** Oldest first, whenever it was booked: an import brings older lots than are there. */
function inserted(lots: readonly Lot[], lot: Lot): readonly Lot[] {
  const next = lots.findIndex(({ acquiredAt }) => acquiredAt > lot.acquiredAt);
  return next < 0 ? [...lots, lot] : lots.toSpliced(next, 0, lot);
}

/** Shares that were sold or delivered are back in their lot, at their cost; the gain of a sale is taken back. */
function restored(holding: Holding, entry: LedgerEntry, part: Lot, acquiredAt: Instant): Holding {
  const [lotId = entry.id] = entry.lotIds ?? [];
  const left = holding.lots.find((lot) => lot.lotId === lotId);
  const whole: Lot = {
    ...(left ?? { ...part, lotId, acquiredAt }),
    quantity: (left?.quantity ?? Decimal.zero).add(part.quantity).normalize(),
    cost: left ? left.cost.add(part.cost) : part.cost,
  };
  return {
    isin: holding.isin,
    symbol: holding.symbol,
    lots: left
      ? holding.lots.map((lot) => (lot === left ? whole : lot))
      : inserted(holding.lots, whole),
    realized:
      entry.kind === 'buy' ? holding.realized.add(entry.cash).add(part.cost) : holding.realized,
  };
}

/** Shares received without an order cost their value at that time; 0 where it is unknown. */
function transferCost(entry: LedgerEntry, quantity: Quantity, base: Currency): Money {
  if (!entry.price || !entry.exchangeRate) return Money.zero(base);
  const worth = entry.price.amount.multiply(quantity).multiply(entry.exchangeRate);
  return Money.rounded(worth, base, 'half-even');
}

/** In the security's currency, fees included. */
function unitCost(entry: LedgerEntry, cost: Money, quantity: Quantity): Price {
  if (!entry.price || !entry.exchangeRate) return new Price(Decimal.zero, cost.currency);
  if (entry.kind !== 'buy' || entry.acquiredAt !== undefined) return entry.price;
  const shares = quantity.multiply(entry.exchangeRate);
  const { currency } = entry.price;
  const each = cost.amount.divide(shares, priceDecimalsMax(currency), 'half-even');
  return new Price(each, currency);
}

function given(holding: Holding, entry: LedgerEntry): Holding {
  const { currency } = entry.cash;
  const priced = holding.lots.map((lot) => ({ ...lot, cost: lot.cost.amount, lot }));
  const { lotMethod: method = 'fifo', lotIds, closedLots = [] } = entry;
  const choice = { method, lotIds, parts: reportedParts(holding.lots, closedLots) };
  const sale = takeLots(priced, quantityIn(entry), choice, minorDigits(currency));
  const cost = Money.rounded(sale.cost, currency, 'half-even');
  const gain = isSale(entry) ? entry.cash.subtract(cost) : Money.zero(currency);
  return {
    isin: holding.isin,
    symbol: holding.symbol,
    lots: sale.left.map(({ lot, quantity, cost: left }) => ({
      ...lot,
      quantity,
      ...(choice.method === 'average' && { unitCost: meanUnitCost(holding.lots) ?? lot.unitCost }),
      cost: Money.rounded(left, currency, 'half-even'),
    })),
    realized: holding.realized.add(gain),
    ...(sale.left.length === 0 && { closedAt: entry.happenedAt }),
  };
}

/** In the security's currency; undefined where that of some shares is not known. */
function meanUnitCost(lots: readonly Lot[]): Price | undefined {
  const [first] = lots;
  if (!first || lots.some((lot) => lot.unitCost.amount.sign === 0)) return undefined;
  const [quantity, paid] = lots.reduce(
    ([shares, cost], lot) => [
      shares.add(lot.quantity),
      cost.add(lot.unitCost.amount.multiply(lot.quantity)),
    ],
    [Decimal.zero, Decimal.zero],
  );
  const { currency } = first.unitCost;
  return new Price(paid.divide(quantity, priceDecimalsMax(currency), 'half-even'), currency);
}

function isSale({ kind }: LedgerEntry): boolean {
  return kind === 'sell' || kind === 'cash-in-lieu';
}

function withHolding(book: Book, holding: Holding): Book {
  return { ...book, holdings: new Map(book.holdings).set(holding.isin, holding) };
}

function quantityIn(entry: LedgerEntry): Quantity {
  assert(entry.quantity && entry.quantity.sign > 0, 'a line that moves shares says how many');
  return entry.quantity;
}
