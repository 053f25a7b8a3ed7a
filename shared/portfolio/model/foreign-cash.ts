/** Cash in other currencies than the account's: it is part of the value, and pays for no order. */
import type { Currency } from '#shared/kernel/currency.ts';
import { convertWith, type RateTable } from '#shared/kernel/exchange-rate.ts';
import { Money } from '#shared/kernel/money.ts';
import type { Book } from './book.ts';

/** The part of a book that says what cash it has. */
type CashHeld = Pick<Book, 'cash' | 'foreignCash'>;

/** The balance in a currency; 0 where there is none. */
export function cashIn({ cash, foreignCash = [] }: CashHeld, currency: Currency): Money {
  if (currency === cash.currency) return cash;
  return foreignCash.find((held) => held.currency === currency) ?? Money.zero(currency);
}

/** The book with a change of the balance in the currency of the change. */
export function withCash(book: Book, change: Money): Book {
  if (change.currency === book.currency) return { ...book, cash: book.cash.add(change) };
  const balance = cashIn(book, change.currency).add(change);
  const others = (book.foreignCash ?? []).filter(({ currency }) => currency !== change.currency);
  const held = balance.sign === 0 ? others : [...others, balance];
  return { ...book, foreignCash: held.sort((a, b) => (a.currency < b.currency ? -1 : 1)) };
}

/** Currencies that a book holds cash in, its own left out. */
export function foreignCurrencies({ foreignCash = [] }: Pick<Book, 'foreignCash'>): Currency[] {
  return foreignCash.map(({ currency }) => currency);
}

/**
 * All of it in the account's currency, each balance rounded once. A balance without a rate counts as nothing
 * (`uncountedCash` names it), so that a currency that nobody quotes does not stop the account; a debt needs a rate.
 *
 * @throws Failure REFUSED exchange-rate-missing for a negative balance without a rate
 */
export function foreignCashValue({ cash, foreignCash = [] }: CashHeld, rates: RateTable): Money {
  const counted = foreignCash.filter(({ currency, sign }) => sign < 0 || rates.has(currency));
  return Money.sum(
    counted.map((held) => convertWith(held, rates, 'half-even')),
    cash.currency,
  );
}

/** A sentence for each balance that is left out of the value. */
export function uncountedCash(
  { foreignCash = [] }: Pick<Book, 'foreignCash'>,
  rates: RateTable,
): string[] {
  return foreignCash
    .filter(({ currency, sign }) => sign > 0 && !rates.has(currency))
    .map((held) => `${held} is not counted in the value: there is no rate for ${held.currency}.`);
}
