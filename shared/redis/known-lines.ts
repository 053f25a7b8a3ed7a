/** What the lines of lists say that are only ever appended to, so that each line is read once. */
import type { Redis } from 'ioredis';
import { grown } from '#shared/kernel/collections/growing-list.ts';

interface Known {
  readonly last: string;
  readonly values: readonly unknown[];
}

/** A line that was written here and has not been read yet. */
interface Written {
  readonly line: string;
  readonly value: unknown;
}

/** Of each list: few, unless nobody reads it here. */
const WRITTEN_MAX = 64;

export class KnownLines {
  private readonly redis: Redis;
  private readonly linesMax: number;
  private readonly byKey = new Map<string, Known>();
  private readonly written = new Map<string, Written[]>();

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
    const valueOf = (line: string): T => this.valueOf(key, line, reader);
    if (!known) return this.keep(key, lines, lines.map(valueOf));
    if (lines[0] !== known.last) return this.anew(key, reader);
    const values = known.values as readonly T[];
    if (lines.length === 1) return values;
    return this.keep(key, lines, grown(values, lines.slice(1).map(valueOf)));
  }

  /** @param values what the reader of the list would read in each line */
  remember(key: string, lines: readonly string[], values: readonly unknown[]): void {
    const written = this.written.get(key) ?? [];
    this.written.set(key, written);
    if (written.length + lines.length > WRITTEN_MAX) written.length = 0;
    if (lines.length > WRITTEN_MAX) return;
    for (const [i, line] of lines.entries()) written.push({ line, value: values[i] });
  }

  private valueOf<T>(key: string, line: string, reader: (line: string) => T): T {
    const written = this.written.get(key) ?? [];
    const at = written.findIndex((one) => one.line === line);
    return at < 0 ? reader(line) : (written.splice(at, 1)[0]?.value as T);
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
