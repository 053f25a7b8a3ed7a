/** What the account has lost since the last day on record. */
import type { CalendarDay } from '#shared/kernel/calendar-day.ts';
import type { Decimal } from '#shared/kernel/decimal.ts';
import type { Instant } from '#shared/kernel/instant.ts';
import type { Isin } from '#shared/kernel/isin.ts';
import { Money } from '#shared/kernel/money.ts';
import type { LedgerEntry } from '#shared/portfolio/model/book.ts';
import { sharesMoved } from '#shared/portfolio/model/ledger-lines.ts';

export interface DayStart {
  readonly day: CalendarDay;
  readonly total: Money;
  readonly recordedAt: Instant;
}

export interface DayLossInputs {
  readonly today: CalendarDay;
  /** Cash and holdings now, in the base currency. */
  readonly value: Money;
  /** Values on record, by day. */
  readonly valuations: readonly DayStart[];
  /** Movements that are booked, and those of the statement that are not yet. */
  readonly booked: readonly LedgerEntry[];
  readonly reported: readonly LedgerEntry[];
  /** Worth now of the shares that a line moves, signed; undefined where it is not known. */
  readonly worth: (line: LedgerEntry, isin: Isin, moved: Decimal) => Money | undefined;
  /** Cash in the base currency; 0 of a currency without a rate, as in the value. */
  readonly inBase: (cash: Money) => Money;
}

/** Money and shares that come from outside or go there; they are neither gain nor loss. */
const outside: ReadonlySet<LedgerEntry['kind']> = new Set([
  'deposit',
  'withdrawal',
  'transfer-in',
  'transfer-out',
  'external-in',
  'external-out',
  'external-cash',
  'conversion',
] satisfies LedgerEntry['kind'][]);

/**
 * The value at the end of the last day on record, with what was paid in and delivered since, less the
 * value now; negative for a gain.
 * @returns undefined before the first such day
 */
export function dayLoss(inputs: DayLossInputs): Money | undefined {
  const { today, value, valuations, booked, reported } = inputs;
  const start = valuations.filter(({ day }) => day < today).at(-1);
  if (!start || start.total.currency !== value.currency) return undefined;
  const before = new Set(
    booked.filter(({ recordedAt }) => recordedAt <= start.recordedAt).map(({ id }) => id),
  );
  const since = new Map([...booked, ...reported].map((line) => [line.id, line]));
  const brought = [...since.values()]
    .filter(({ id, kind }) => outside.has(kind) && !before.has(id))
    .map((line) => broughtBy(line, inputs));
  return Money.sum([start.total, ...brought], value.currency).subtract(value);
}

function broughtBy(line: LedgerEntry, { worth, inBase }: DayLossInputs): Money {
  const moved = sharesMoved(line);
  const shares = moved && line.isin !== undefined ? worth(line, line.isin, moved) : undefined;
  return shares ? inBase(line.cash).add(shares) : inBase(line.cash);
}
