/** A ledger whose cash is all in the account's currency: for sums by year, and for taxes. */
import { dayOf, type CalendarDay } from '#shared/kernel/calendar-day.ts';
import type { Currency } from '#shared/kernel/currency.ts';
import type { Decimal } from '#shared/kernel/decimal.ts';
import { Money } from '#shared/kernel/money.ts';
import type { LedgerEntry } from './book.ts';

export interface ConvertedLine extends LedgerEntry {
  /** As it was booked, where that was in another currency. */
  readonly paid?: Money | undefined;
}

export interface ConvertedLedger {
  /** In the same order; without lines that no rate converts. */
  readonly lines: readonly ConvertedLine[];
  /** A sentence for each currency of lines that were left out. */
  readonly warnings: readonly string[];
}

/** The rate of a day into the account's currency: the last on or before it. */
export type RateOfDay = (currency: Currency, day: CalendarDay) => Decimal | undefined;

/** Each line at the rate that the broker stated with it, else at that of its day. */
export function convertedLedger(
  ledger: readonly LedgerEntry[],
  base: Currency,
  rateOf: RateOfDay,
): ConvertedLedger {
  const lines: ConvertedLine[] = [];
  const missing = new Map<Currency, number>();
  for (const line of ledger) {
    const converted = convertedLine(line, base, rateOf);
    if (converted) lines.push(converted);
    else missing.set(line.cash.currency, (missing.get(line.cash.currency) ?? 0) + 1);
  }
  return {
    lines,
    warnings: [...missing].map(
      ([currency, count]) =>
        `There is no rate from ${currency} to ${base} for ${count} of its movements; they are left out.`,
    ),
  };
}

function convertedLine(
  line: LedgerEntry,
  base: Currency,
  rateOf: RateOfDay,
): ConvertedLine | undefined {
  const { cash, exchangeRate, happenedAt } = line;
  if (cash.currency === base) return line;
  const rate = exchangeRate ?? rateOf(cash.currency, dayOf(happenedAt));
  if (!rate) return undefined;
  return {
    ...line,
    paid: cash,
    cash: Money.rounded(cash.amount.multiply(rate), base, 'half-even'),
  };
}
