/** What a row has to be before it is placed. Pure. */
import { addDays, dayOf, parseDay } from '#shared/kernel/calendar-day.ts';
import type { Instant } from '#shared/kernel/instant.ts';
import type { ImportedTransaction } from './formats/transaction.ts';
import { wrong } from './wrong.ts';

/** No export has older rows; a year of fewer digits is one that was mistyped. */
const FIRST_DAY = parseDay('1900-01-01');

/** A mistyped year would stand at the end of the book, or before everything. */
export function requireDay(at: Instant, now: Instant): void {
  const day = dayOf(at);
  // The day of another zone may have begun.
  if (day > addDays(dayOf(now), 1)) throw wrong(`its day ${day} is in the future`);
  if (day < FIRST_DAY) throw wrong(`its day ${day} is before ${FIRST_DAY}`);
}

export function requireSign({ kind, cash }: ImportedTransaction): void {
  if (kind === 'buy' && cash.sign >= 0) throw wrong('a purchase pays cash');
  if ((kind === 'sell' || kind === 'deposit') && cash.sign < 0)
    throw wrong(`a ${kind} brings cash`);
  if (kind === 'withdrawal' && cash.sign > 0) throw wrong('a withdrawal takes cash');
}

export function takesShares({ kind }: ImportedTransaction): boolean {
  return kind === 'sell' || kind === 'transfer-out';
}
