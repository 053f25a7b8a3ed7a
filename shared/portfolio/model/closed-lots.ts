/**
 * Which lots of a holding a sale took, from what a broker or a file reports. A reported lot is found by the
 * transaction that opened it, else by the moment, else by the day. Lots keep their ids and dates through splits, new
 * names and mergers, so that they are found afterwards, too.
 */
import { dayOf } from '#shared/kernel/calendar-day.ts';
import type { ClosedLot } from '#shared/kernel/closed-lot.ts';
import { Decimal } from '#shared/kernel/decimal.ts';
import { DAY_MS, type Instant } from '#shared/kernel/instant.ts';
import type { Quantity } from '#shared/kernel/quantity.ts';

interface DatedLot {
  readonly lotId: string;
  readonly quantity: Quantity;
  readonly acquiredAt: Instant;
}

/** Shares of one lot. */
export interface LotPart {
  readonly lotId: string;
  readonly quantity: Quantity;
}

/**
 * @param lots oldest first
 * @returns the parts of them that are reported, in the order of the report; shares of a lot that is not found are
 *   left out
 */
export function reportedParts(
  lots: readonly DatedLot[],
  reported: readonly ClosedLot[],
): readonly LotPart[] {
  const left = new Map(lots.map(({ lotId, quantity }) => [lotId, quantity]));
  const missing = reported.map(({ quantity }) => quantity);
  const parts = reported.map((): LotPart[] => []);
  // What is named most exactly is settled first, so that a vaguer report does not take its shares.
  for (const isMeant of [isOpenedBy, isOpenedAt, isOpenedOn])
    for (const [i, lot] of reported.entries())
      for (const { lotId } of lots.filter((one) => isMeant(one, lot))) {
        const part = lesser(missing[i] ?? Decimal.zero, left.get(lotId) ?? Decimal.zero);
        if (part.sign <= 0) continue;
        parts[i]?.push({ lotId, quantity: part });
        missing[i] = (missing[i] ?? Decimal.zero).subtract(part);
        left.set(lotId, (left.get(lotId) ?? Decimal.zero).subtract(part));
      }
  return parts.flat();
}

/** Ids of lots are those of the lines that brought them; a spin-off appends its own. */
function isOpenedBy({ lotId }: DatedLot, { openedBy }: ClosedLot): boolean {
  const [line] = lotId.split('/');
  return openedBy !== undefined && (line === `fill-${openedBy}` || line === `flow-${openedBy}`);
}

function isOpenedAt({ acquiredAt }: DatedLot, { openedAt }: ClosedLot): boolean {
  return acquiredAt === openedAt;
}

/** A day begins at `openedAt`, in the zone of whoever reports it. */
function isOpenedOn({ acquiredAt }: DatedLot, { openedAt, isDayOnly }: ClosedLot): boolean {
  if (openedAt === undefined) return false;
  if (!isDayOnly) return dayOf(acquiredAt) === dayOf(openedAt);
  return acquiredAt >= openedAt && acquiredAt - openedAt < DAY_MS;
}

function lesser(one: Quantity, other: Quantity): Quantity {
  return one.compare(other) <= 0 ? one : other;
}
