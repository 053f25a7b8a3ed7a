/** Which reported lines a book does not have yet. */
import { beginsWith } from '#shared/kernel/collections/growing-list.ts';
import type { GrowingSet } from '#shared/kernel/collections/growing-set.ts';

interface AllBooked {
  /** Reported before, all of them in the set. */
  readonly reported: readonly object[];
  readonly size: number;
}

/**
 * Statements repeat their history. Lines that were seen in a set that grew into this one are in it still and are not
 * compared again.
 */
export class UnbookedLines<T extends object> {
  private readonly idOf: (line: T) => string;
  private readonly known = new WeakMap<object, AllBooked>();

  /** @param idOf the line of the ledger that a reported one becomes */
  constructor(idOf: (line: T) => string) {
    this.idOf = idOf;
  }

  /** @param reported a list that is not changed afterwards */
  in(booked: GrowingSet<string>, reported: readonly T[]): readonly T[] {
    const fresh = reported.slice(this.bookedBefore(booked, reported));
    const unbooked = this.eachOnce(fresh.filter((line) => !booked.has(this.idOf(line))));
    if (unbooked.length === 0) this.known.set(booked.lineage, { reported, size: booked.size });
    return unbooked;
  }

  /** By its id; the first of those that share one. */
  private eachOnce(lines: readonly T[]): readonly T[] {
    const firsts = new Map<string, T>();
    for (const line of lines) if (!firsts.has(this.idOf(line))) firsts.set(this.idOf(line), line);
    return firsts.size === lines.length ? lines : [...firsts.values()];
  }

  private bookedBefore(booked: GrowingSet<string>, reported: readonly T[]): number {
    const known = this.known.get(booked.lineage);
    if (!known || known.size > booked.size) return 0;
    return beginsWith(reported, known.reported) ? known.reported.length : 0;
  }
}
