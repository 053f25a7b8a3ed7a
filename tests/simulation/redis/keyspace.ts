/**
 * The keys of the model. Entries are never changed in place: a write makes a new entry and a new map
 * shares the others, so that a kept state is a reference.
 */
export type Value =
  | { readonly type: 'string'; readonly text: string }
  | { readonly type: 'hash'; readonly fields: ReadonlyMap<string, string> }
  | { readonly type: 'list'; readonly items: readonly string[] }
  | { readonly type: 'set'; readonly members: ReadonlySet<string> }
  | { readonly type: 'zset'; readonly scores: ReadonlyMap<string, number> };

export interface Entry {
  readonly value: Value;
  /** As it was set, in milliseconds; absent: it stays. */
  readonly ttlMs?: number;
}

export type Entries = ReadonlyMap<string, Entry>;

type Of<T extends Value['type']> = Extract<Value, { type: T }>;

export class Keyspace {
  private shared: Entries = new Map();
  /** Of this keyspace alone, since entries were last handed out or set. */
  private own: Map<string, Entry> | undefined;

  get entries(): Entries {
    const all = this.own ?? this.shared;
    this.shared = all;
    this.own = undefined;
    return all;
  }

  set entries(entries: Entries) {
    this.shared = entries;
    this.own = undefined;
  }

  entry(key: string): Entry | undefined {
    return (this.own ?? this.shared).get(key);
  }

  /** @throws Error WRONGTYPE */
  find<T extends Value['type']>(key: string, type: T): Of<T> | undefined {
    const value = this.entry(key)?.value;
    if (value && value.type !== type)
      throw new Error('WRONGTYPE Operation against a key holding the wrong kind of value');
    return value as Of<T> | undefined;
  }

  /** A key keeps its time to live through a change of its value; emptied collections vanish. */
  change(key: string, value: Value): void {
    if (isEmpty(value)) return void this.remove(key);
    this.put(key, { ...this.entry(key), value });
  }

  put(key: string, entry: Entry): void {
    this.writable().set(key, entry);
  }

  remove(key: string): boolean {
    return this.entry(key) !== undefined && this.writable().delete(key);
  }

  private writable(): Map<string, Entry> {
    this.own ??= new Map(this.shared);
    return this.own;
  }
}

function isEmpty(value: Value): boolean {
  if (value.type === 'hash') return value.fields.size === 0;
  if (value.type === 'list') return value.items.length === 0;
  if (value.type === 'set') return value.members.size === 0;
  return value.type === 'zset' && value.scores.size === 0;
}
