/**
 * Double entry: what a line of the ledger debits and credits. A debit is positive. The postings of a
 * line sum to zero in each currency; shares are carried at cost, lot by lot.
 */
import { assert } from '#shared/kernel/assert.ts';
import type { Currency } from '#shared/kernel/currency.ts';
import { Decimal } from '#shared/kernel/decimal.ts';
import type { Isin } from '#shared/kernel/isin.ts';
import { Money } from '#shared/kernel/money.ts';
import type { Book, Holding, LedgerEntry, Lot } from './book.ts';
import { cashIn } from './foreign-cash.ts';

/** The chart of accounts. */
export const ledgerAccounts = [
  'assets:cash',
  'assets:securities',
  /** What the owner paid in and took out. */
  'equity:deposits',
  /** Cost of shares that were delivered in or out. */
  'equity:transfers',
  /** Halves of an exchange of currencies: what came and what went, each in its own. */
  'equity:conversions',
  /** Positions at the broker that no order of this system explains. */
  'equity:adjustments',
  'income:dividends',
  'income:interest',
  /** Realised gains; a loss is a debit. */
  'income:gains',
  'expenses:fees',
  /** Withheld at source. */
  'expenses:tax',
] as const;
export type LedgerAccount = (typeof ledgerAccounts)[number];

export interface Posting {
  readonly account: LedgerAccount;
  readonly amount: Money;
  /** Of `assets:securities`: the lot, and the change of its shares. */
  readonly isin?: Isin | undefined;
  readonly lotId?: string | undefined;
  readonly quantity?: Decimal | undefined;
}

/** The counter account for the remainder of cash and cost of shares. */
const counterAccount: Record<LedgerEntry['kind'], LedgerAccount> = {
  buy: 'income:gains',
  sell: 'income:gains',
  deposit: 'equity:deposits',
  withdrawal: 'equity:deposits',
  dividend: 'income:dividends',
  tax: 'expenses:tax',
  interest: 'income:interest',
  conversion: 'equity:conversions',
  fee: 'expenses:fees',
  'transfer-in': 'equity:transfers',
  'transfer-out': 'equity:transfers',
  'external-in': 'equity:adjustments',
  'external-out': 'equity:adjustments',
  'external-cash': 'equity:adjustments',
  charges: 'expenses:fees',
  rounding: 'expenses:fees',
  split: 'income:gains',
  'stock-dividend': 'income:dividends',
  'spin-off': 'income:gains',
  merger: 'income:gains',
  rename: 'income:gains',
  delisting: 'income:gains',
  'cash-in-lieu': 'income:gains',
};

/** @param before and after the line was booked */
export function postingsOf(before: Book, after: Book, line: LedgerEntry): readonly Posting[] {
  const { currency } = line.cash;
  const cash = cashIn(after, currency).subtract(cashIn(before, currency));
  const postings: Posting[] = cash.sign === 0 ? [] : [{ account: 'assets:cash', amount: cash }];
  postings.push(...securityPostings(before, after));
  for (const open of imbalance(postings))
    postings.push({ account: counterAccount[line.kind], amount: open.negate() });
  assert(imbalance(postings).length === 0, 'the postings of a line sum to zero');
  return postings;
}

/** Currencies in which postings do not sum to zero, with what is left over. */
export function imbalance(postings: readonly Posting[]): readonly Money[] {
  const sums = new Map<Currency, Money>();
  for (const { amount } of postings) {
    const sum = sums.get(amount.currency);
    sums.set(amount.currency, sum ? sum.add(amount) : amount);
  }
  return [...sums.values()].filter((sum) => sum.sign !== 0);
}

function securityPostings(before: Book, after: Book): Posting[] {
  return [...after.holdings].flatMap(([isin, holding]) => {
    const was = before.holdings.get(isin);
    return was === holding ? [] : lotPostings(isin, was, holding, after.currency);
  });
}

function lotPostings(
  isin: Isin,
  before: Holding | undefined,
  after: Holding,
  currency: Currency,
): Posting[] {
  const [old, now] = changed(before?.lots ?? [], after.lots).map(byId) as [LotsById, LotsById];
  return [...new Set([...old.keys(), ...now.keys()])].flatMap((lotId): Posting[] => {
    const [was, is] = [old.get(lotId), now.get(lotId)];
    const quantity = (is?.quantity ?? Decimal.zero).subtract(was?.quantity ?? Decimal.zero);
    const amount = (is?.cost ?? Money.zero(currency)).subtract(was?.cost ?? Money.zero(currency));
    if (quantity.sign === 0 && amount.sign === 0) return [];
    return [{ account: 'assets:securities', amount, isin, lotId, quantity: quantity.normalize() }];
  });
}

/** Without the lots at both ends that are the very same: there may be many, and a line moves few. */
function changed(before: readonly Lot[], after: readonly Lot[]): (readonly Lot[])[] {
  const most = Math.min(before.length, after.length);
  let first = 0;
  while (first < most && before[first] === after[first]) first += 1;
  let last = 0;
  while (last < most - first && before.at(-1 - last) === after.at(-1 - last)) last += 1;
  return [before, after].map((lots) => lots.slice(first, lots.length - last));
}

type LotsById = ReadonlyMap<string, Lot>;

function byId(lots: readonly Lot[]): LotsById {
  return new Map(lots.map((lot) => [lot.lotId, lot]));
}
