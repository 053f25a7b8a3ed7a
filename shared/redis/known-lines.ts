/** What the lines of lists say that are only ever appended to, so that each line is read once. */
import type { Redis } from 'ioredis';
import { grown } from '#shared/kernel/collections/growing-list.ts';

interface Known {
  readonly last: string;
  readonly values: readonly unknown[];
}

export class KnownLines {
  private readonly redis: Redis;
  private readonly linesMax: number;
  private readonly byKey = new Map<string, Known>();

  /** @param linesMax lines that are kept of all lists together; the list read longest ago goes first */
  constructor(redis: Redis, linesMax: number) {
    this.redis = redis;
    this.linesMax = linesMax;
  }

  /** The same lines, read through another object of the connection. */
  through(redis: Redis): KnownLines {
    return Object.assign(Object.create(this) as KnownLines, { redis });
  }

  async read<T>(key: string, reader: (line: string) => T): Promise<readonly T[]> {
    const known = this.byKey.get(key);
    const first = known ? known.values.length - 1 : 0;
    const lines = await this.redis.lrange(key, first, -1);
    if (!known) return this.keep(key, lines, lines.map(reader));
    if (lines[0] !== known.last) return this.anew(key, reader);
    const values = known.values as readonly T[];
    if (lines.length === 1) return values;
    return this.keep(key, lines, grown(values, lines.slice(1).map(reader)));
  }

  private anew<T>(key: string, reader: (line: string) => T): Promise<readonly T[]> {
    this.byKey.delete(key);
    return this.read(key, reader);
  }

  private keep<T>(key: string, lines: readonly string[], values: readonly T[]): readonly T[] {
    this.byKey.delete(key);
    const last = lines.at(-1);
    if (last === undefined) return values;
    this.byKey.set(key, { last, values });
    let kept = [...this.byKey.values()].reduce((sum, one) => sum + one.values.length, 0);
    for (const [oldest, one] of this.byKey) {
      if (kept <= this.linesMax) break;
      this.byKey.delete(oldest);
      kept -= one.values.length;
    }
    return values;
  }
}
