/** Hashes with a field a year: read many in one round trip, write only the years that differ. */
import type { CalendarDay } from '#shared/kernel/calendar-day.ts';
import type { Database } from '#shared/redis/database.ts';
import type { Write } from '#shared/redis/change.ts';
import type { YearField } from '../year-chunks.ts';

type Pipeline = ReturnType<Database['redis']['pipeline']>;

/** Hashes read in one pipeline; bounds what waits in the socket. */
const PIPELINE_SIZE = 50;

export class YearHashes {
  private readonly database: Database;

  constructor(database: Database) {
    this.database = database;
  }

  /** For each key its years and their JSON; only the years from a day on where one is given. */
  read(keys: readonly string[], from?: CalendarDay): Promise<YearField[][]> {
    return this.inParts(keys, async (part) => {
      if (from !== undefined)
        return this.years(part, (known) => known.filter((year) => year >= from.slice(0, 4)));
      const all = await this.piped<Record<string, string>>(part, (pipe, key) => pipe.hgetall(key));
      return all.map((fields) => Object.entries(fields));
    });
  }

  /** For each key its latest years. */
  readLatest(keys: readonly string[], count = 1): Promise<YearField[][]> {
    return this.inParts(keys, (part) => this.years(part, (known) => known.sort().slice(-count)));
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

  /** The writes that make these years be so and leave the others. @param before as they were read */
  changes(
    key: string,
    requested: ReadonlyMap<string, string>,
    before: readonly YearField[],
  ): Write[] {
    const stored = new Map(before);
    const changed = [...requested].filter(([year, text]) => stored.get(year) !== text);
    return changed.length > 0 ? [{ op: 'HSET', key, args: changed.flat() }] : [];
  }

  private async inParts(
    keys: readonly string[],
    read: (part: readonly string[]) => Promise<YearField[][]>,
  ): Promise<YearField[][]> {
    const found: YearField[][] = [];
    for (let i = 0; i < keys.length; i += PIPELINE_SIZE)
      found.push(...(await read(keys.slice(i, i + PIPELINE_SIZE))));
    return found;
  }

  private async years(
    keys: readonly string[],
    choose: (known: string[]) => string[],
  ): Promise<YearField[][]> {
    const known = await this.piped<string[]>(keys, (pipe, key) => pipe.hkeys(key));
    const fields: YearField[][] = keys.map(() => []);
    const requested = known.flatMap((stored, i) => {
      const years = choose(stored);
      return years.length > 0 ? [{ key: keys[i] ?? '', i, years }] : [];
    });
    const values = await this.piped<(string | null)[], (typeof requested)[number]>(
      requested,
      (pipe, { key, years }) => pipe.hmget(key, ...years),
    );
    requested.forEach(({ i, years }, at) =>
      years.forEach((year, y) => {
        const text = values[at]?.[y];
        if (typeof text === 'string') fields[i]?.push([year, text]);
      }),
    );
    return fields;
  }

  private async piped<T, Item = string>(
    items: readonly Item[],
    add: (pipe: Pipeline, item: Item) => unknown,
  ): Promise<T[]> {
    if (items.length === 0) return [];
    const pipe = this.database.redis.pipeline();
    for (const item of items) add(pipe, item);
    const replies = (await pipe.exec()) ?? [];
    return replies.map(([error, value]) => {
      if (error) throw error;
      return value as T;
    });
  }
}
