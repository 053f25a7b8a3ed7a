/**
 * Stores whose state lives in this process alone. Nobody else writes it, so documents are kept as the values that
 * were written, and a text is read once for as long as it stays; what stores read is never changed by them.
 */
import type { Redis } from 'ioredis';
import type { z } from 'zod';
import { decode } from '../codec.ts';
import { Database, type Document } from '../database.ts';
import type { Expectation, Write } from '../change.ts';
import type { Epoch } from '../epoch.ts';
import { KeptField, textOf, type StoredField } from '../kept-field.ts';
import { keys as keyOf } from '../keys.ts';
import { KnownTexts } from '../known-texts.ts';
import { noRecords } from '../outside-records.ts';
import { StateEpoch, type StateCheck } from '../state-epoch.ts';
import { executeCommit } from './commit.ts';
import { MemoryHashReads } from './memory-hash-reads.ts';
import { MemoryKeys, type Watch } from './memory-keys.ts';
import { MemoryRedis } from './memory-redis.ts';

interface Derived extends Watch {
  value: Promise<unknown> | undefined;
}

/** Nothing is on record outside: the verdict stays for as long as the epoch does. */
class MemoryEpoch extends StateEpoch {
  private readonly database: MemoryDatabase;

  constructor(database: MemoryDatabase) {
    super(database.redis, noRecords);
    this.database = database;
  }

  override verdict(): Promise<StateCheck> {
    return this.database.derive('epoch', [keyOf.state.epoch()], () => super.verdict());
  }
}

export class MemoryDatabase extends Database {
  override readonly epoch: StateEpoch;
  private readonly memory: MemoryKeys;
  private readonly hashReads: MemoryHashReads;
  private readonly computed = new Map<string, Derived>();

  constructor() {
    const memory = new MemoryKeys();
    super(
      new MemoryRedis(memory) as unknown as Redis,
      undefined,
      undefined,
      new KnownTexts(),
      Infinity,
    );
    this.memory = memory;
    this.hashReads = new MemoryHashReads(this.redis, memory);
    this.epoch = new MemoryEpoch(this);
  }

  override async find<T>(key: string, schema: z.ZodType<T>): Promise<Document<T> | undefined> {
    const version = Number(this.memory.hash(key)?.get('version') ?? 0);
    if (version === 0) return undefined;
    const known = this.memory.document(key);
    if (known?.version === version) return { key, version, value: known.value as T };
    const json = textOf(this.memory.hash(key)?.get('json') ?? '');
    const value = decode(schema, json, key);
    this.memory.keepDocument(key, { version, value });
    return { key, version, value };
  }

  override field(key: string, field: string): Promise<string | null> {
    return this.redis.hget(key, field);
  }

  override hashes(): MemoryHashReads {
    return this.hashReads;
  }

  override toField(_place: string, value: unknown, write: () => string): StoredField {
    return new KeptField(value, write);
  }

  override async mayExist(key: string): Promise<boolean> {
    return this.memory.has(key);
  }

  override async whichMayExist(keys: readonly string[]): Promise<readonly boolean[]> {
    return keys.map((key) => this.memory.has(key));
  }

  protected override apply(
    expect: readonly Expectation[],
    write: readonly Write[],
    guard?: Epoch & { readonly advance: boolean },
  ): Promise<readonly number[]> {
    const key = keyOf.state.epoch();
    return Promise.resolve(
      executeCommit(this.memory, { expect, write, guard: guard && { ...guard, key } }),
    );
  }

  /** What is derived is computed once for as long as its keys stay. */
  override reading(): Database {
    return this;
  }

  override derive<T>(
    place: string,
    keys: readonly string[],
    compute: () => Promise<T>,
  ): Promise<T> {
    const known = this.computed.get(place);
    if (known?.value && !known.isStale) return known.value as Promise<T>;
    const derived: Derived = known ?? { isStale: false, value: undefined };
    this.computed.set(place, derived);
    for (const key of keys) this.memory.watch(key, derived);
    // Before it is computed: what is written meanwhile makes it stale.
    derived.isStale = false;
    const value = compute();
    derived.value = value;
    return value;
  }
}
