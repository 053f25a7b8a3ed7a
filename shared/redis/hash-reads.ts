/** Reads of many hashes at once, in one round trip for some dozen of them. */
import type { Redis } from 'ioredis';
import type { StoredField } from './kept-field.ts';

export type HashField = readonly [name: string, field: StoredField];

/** Fields of a hash that are asked for. */
export interface AskedFields {
  readonly key: string;
  readonly names: readonly string[];
}

type Pipeline = ReturnType<Redis['pipeline']>;

/** Hashes read in one pipeline; bounds what waits in the socket. */
const PIPELINE_SIZE = 50;

export class HashReads {
  private readonly redis: Redis;

  constructor(redis: Redis) {
    this.redis = redis;
  }

  /** The names of the fields of each hash. */
  names(keys: readonly string[]): Promise<readonly string[][]> {
    return this.piped<string[], string>(keys, (pipe, key) => pipe.hkeys(key));
  }

  /** Of each hash those of the fields asked for that are there; some must be asked for. */
  async some(asked: readonly AskedFields[]): Promise<readonly HashField[][]> {
    const found = await this.piped<(string | null)[], AskedFields>(asked, (pipe, { key, names }) =>
      pipe.hmget(key, ...names),
    );
    return asked.map(({ names }, i) =>
      names.flatMap((name, at) => {
        const text = found[i]?.[at];
        return typeof text === 'string' ? [[name, text] as const] : [];
      }),
    );
  }

  /** All fields of each hash. */
  async all(keys: readonly string[]): Promise<readonly HashField[][]> {
    const found = await this.piped<Record<string, string>, string>(keys, (pipe, key) =>
      pipe.hgetall(key),
    );
    return found.map((fields) => Object.entries(fields));
  }

  private async piped<T, Item>(
    items: readonly Item[],
    add: (pipe: Pipeline, item: Item) => unknown,
  ): Promise<T[]> {
    const found: T[] = [];
    for (let first = 0; first < items.length; first += PIPELINE_SIZE) {
      const pipe = this.redis.pipeline();
      for (const item of items.slice(first, first + PIPELINE_SIZE)) add(pipe, item);
      for (const [error, value] of (await pipe.exec()) ?? []) {
        if (error) throw error;
        found.push(value as T);
      }
    }
    return found;
  }
}
