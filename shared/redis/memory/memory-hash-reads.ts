/** Reads of many hashes in memory, with the values that were kept. */
import { HashReads, type AskedFields, type HashField } from '../hash-reads.ts';
import type { MemoryKeys } from './memory-keys.ts';
import type { Redis } from 'ioredis';

export class MemoryHashReads extends HashReads {
  private readonly keys: MemoryKeys;

  constructor(redis: Redis, keys: MemoryKeys) {
    super(redis);
    this.keys = keys;
  }

  override async names(keys: readonly string[]): Promise<readonly string[][]> {
    return keys.map((key) => [...(this.keys.hashAsText(key)?.keys() ?? [])]);
  }

  override async some(asked: readonly AskedFields[]): Promise<readonly HashField[][]> {
    return asked.map(({ key, names }) => {
      const hash = this.keys.hashAsText(key);
      return names.flatMap((name): HashField[] => {
        const field = hash?.get(name);
        return field === undefined ? [] : [[name, field]];
      });
    });
  }

  override async all(keys: readonly string[]): Promise<readonly HashField[][]> {
    return keys.map((key) => [...(this.keys.hashAsText(key) ?? [])]);
  }
}
