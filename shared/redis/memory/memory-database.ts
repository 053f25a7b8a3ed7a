/**
 * Stores whose state lives in this process alone. Nobody else writes it, so a document is decoded once for each of
 * its versions; what stores read is never changed by them.
 */
import type { Redis } from 'ioredis';
import type { z } from 'zod';
import { Database, type Document } from '../database.ts';
import { MemoryRedis } from './memory-redis.ts';

interface Decoded {
  readonly schema: z.ZodType;
  readonly document: Document<unknown>;
}

export class MemoryDatabase extends Database {
  private readonly decoded = new Map<string, Decoded>();

  constructor() {
    super(new MemoryRedis() as unknown as Redis);
  }

  override async find<T>(key: string, schema: z.ZodType<T>): Promise<Document<T> | undefined> {
    const version = Number(await this.redis.hget(key, 'version'));
    if (version === 0) return undefined;
    const known = this.decoded.get(key);
    if (known?.document.version === version && known.schema === schema)
      return known.document as Document<T>;
    const document = await super.find(key, schema);
    if (document) this.decoded.set(key, { schema, document });
    return document;
  }
}
