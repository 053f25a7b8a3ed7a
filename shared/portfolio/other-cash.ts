/** What an account has in other currencies, as it counts in its value, and its movements in them. */
import type { CalendarDay } from '#shared/kernel/calendar-day.ts';
import type { Currency } from '#shared/kernel/currency.ts';
import { convertWith, type RateTable } from '#shared/kernel/exchange-rate.ts';
import type { Money } from '#shared/kernel/money.ts';
import type { MarketReader } from '#shared/universe/market-reader.ts';
import { ratesInto } from './load-prices.ts';
import type { Book, LedgerEntry } from './model/book.ts';
import { convertedLedger, type ConvertedLedger } from './model/converted-lines.ts';
import { foreignCashValue, foreignCurrencies, uncountedCash } from './model/foreign-cash.ts';
import { currenciesIn } from './model/ledger-lines.ts';

export interface OtherCash {
  /** In the account's currency; absent where there is none. */
  readonly value?: Money | undefined;
  /** A sentence for each balance, with its rate's day. */
  readonly notes: readonly string[];
}

/** @throws Failure REFUSED exchange-rate-missing for a debt without a rate */
export async function otherCashOf(
  market: MarketReader,
  book: Pick<Book, 'cash' | 'foreignCash'>,
  today: CalendarDay,
): Promise<OtherCash> {
  const { cash, foreignCash = [] } = book;
  if (foreignCash.length === 0) return { notes: [] };
  const rates = await market.rates(cash.currency, foreignCurrencies(book), today);
  const counted = foreignCash.filter(({ currency }) => rates.has(currency));
  return {
    value: foreignCashValue(book, rates),
    notes: [...counted.map((held) => noteOf(held, rates)), ...uncountedCash(book, rates)],
  };
}

function noteOf(held: Money, rates: RateTable): string {
  const worth = `${held} (${convertWith(held, rates, 'half-even')} at the rate of ${rates.get(held.currency)?.day ?? ''})`;
  return held.sign < 0
    ? `${worth} is owed to the broker; it is taken off the value.`
    : `${worth} counts in the value and pays for no order; exchange it at the broker to invest it.`;
}

/** The ledger with all cash in the account's currency. */
export async function ledgerInBase(
  market: MarketReader,
  ledger: readonly LedgerEntry[],
  base: Currency,
): Promise<ConvertedLedger> {
  const others = [...currenciesIn(ledger)].filter((currency) => currency !== base);
  if (others.length === 0) return { lines: ledger, warnings: [] };
  return convertedLedger(ledger, base, await ratesInto(market, base, others));
}
