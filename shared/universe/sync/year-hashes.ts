/** Hashes with a field a year: the years from a day on, the latest ones, and the writes of those that differ. */
import type { CalendarDay } from '#shared/kernel/calendar-day.ts';
import type { Database } from '#shared/redis/database.ts';
import type { Write } from '#shared/redis/change.ts';
import type { HashField, HashReads } from '#shared/redis/hash-reads.ts';

/** A year and what is stored of it. */
export type YearField = HashField;

export class YearHashes {
  private readonly database: Database;

  constructor(database: Database) {
    this.database = database;
  }

  private get hashes(): HashReads {
    return this.database.hashes();
  }

  /** For each key its years; only the years from a day on where one is given. */
  read(keys: readonly string[], from?: CalendarDay): Promise<readonly YearField[][]> {
    if (from === undefined) return this.hashes.all(keys);
    return this.chosen(keys, (known) => known.filter((year) => year >= from.slice(0, 4)));
  }

  /** For each key its latest year. */
  readLatest(keys: readonly string[]): Promise<readonly YearField[][]> {
    return this.chosen(keys, (known) => known.sort().slice(-1));
  }

  /** The names of the years of each key, the earliest first. */
  async names(keys: readonly string[]): Promise<readonly (readonly string[])[]> {
    const found = await this.hashes.names(keys);
    for (const years of found) if (years.length > 1) years.sort();
    return found;
  }

  /** One year of each key; undefined where it is not there. */
  async years(
    asked: readonly { readonly key: string; readonly year: string }[],
  ): Promise<readonly (YearField | undefined)[]> {
    const found = await this.hashes.some(asked.map(({ key, year }) => ({ key, names: [year] })));
    return found.map((fields) => fields[0]);
  }

  /** The writes that make a hash hold just these years; none where it does already. */
  async writes(key: string, requested: ReadonlyMap<string, string>): Promise<Write[]> {
    const stored = await this.database.redis.hgetall(key);
    const changed = [...requested].filter(([year, json]) => stored[year] !== json);
    const gone = Object.keys(stored).filter((year) => !requested.has(year));
    return [
      ...(changed.length > 0 ? [{ op: 'HSET', key, args: changed.flat() } as const] : []),
      ...(gone.length > 0 ? [{ op: 'HDEL', key, args: gone } as const] : []),
    ];
  }

  private async chosen(
    keys: readonly string[],
    choose: (known: string[]) => string[],
  ): Promise<readonly YearField[][]> {
    const names = await this.hashes.names(keys);
    const asked = keys.flatMap((key, i) => {
      const years = choose(names[i] ?? []);
      return years.length > 0 ? [{ key, i, names: years }] : [];
    });
    const found = asked.length > 0 ? await this.hashes.some(asked) : [];
    const fields: YearField[][] = keys.map(() => []);
    asked.forEach(({ i }, at) => (fields[i] = found[at] ?? []));
    return fields;
  }
}
