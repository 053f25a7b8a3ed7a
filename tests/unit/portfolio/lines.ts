/** Ledger lines and small values for tests of the book. */
import { parseDay, startOf, type CalendarDay } from '#shared/kernel/calendar-day.ts';
import { parseCurrency } from '#shared/kernel/currency.ts';
import { Decimal } from '#shared/kernel/decimal.ts';
import { DEFAULT_ACCOUNT } from '#shared/kernel/identifiers.ts';
import type { Isin } from '#shared/kernel/isin.ts';
import { Money } from '#shared/kernel/money.ts';
import { Price } from '#shared/kernel/price.ts';
import type { Book, LedgerEntry } from '#shared/portfolio/model/book.ts';
import { bookEntries, emptyBook } from '#shared/portfolio/model/booking.ts';
import { ALPHA } from '../../support/markets/set-market.ts';

export const EUR = parseCurrency('EUR');
export const euros = (amount: string): Money => Money.parse(amount, 'EUR');
export const at = (day: string) => startOf(parseDay(day));
export const day = (text: string): CalendarDay => parseDay(text);

let ids = 0;

export function line(
  kind: LedgerEntry['kind'],
  cash: string,
  more: Partial<Omit<LedgerEntry, 'kind' | 'cash'>> = {},
): LedgerEntry {
  const happenedAt = more.happenedAt ?? at('2024-01-02');
  ids += 1;
  return {
    id: `line-${ids}`,
    kind,
    cash: euros(cash),
    happenedAt,
    recordedAt: happenedAt,
    ...more,
  };
}

/** Shares at a price each; the cash is what was settled. */
export function trade(
  kind: 'buy' | 'sell' | 'transfer-in' | 'transfer-out',
  quantity: string,
  price: string,
  cash: string,
  more: { isin?: Isin; currency?: string; rate?: string; on?: string; id?: string } = {},
): LedgerEntry {
  const isin = more.isin ?? ALPHA;
  return line(kind, cash, {
    ...(more.id && { id: more.id }),
    isin,
    symbol: isin === ALPHA ? 'ALPHA' : 'BETA',
    quantity: Decimal.parse(quantity),
    price: Price.parse(price, more.currency ?? 'EUR'),
    exchangeRate: Decimal.parse(more.rate ?? '1'),
    happenedAt: at(more.on ?? '2024-01-02'),
  });
}

export function bookOf(...lines: LedgerEntry[]): Book {
  return bookEntries(emptyBook(DEFAULT_ACCOUNT, EUR), lines);
}
