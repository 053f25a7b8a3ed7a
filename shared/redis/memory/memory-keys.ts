/** Keys and their values in memory, changed by the operators that a commit may use. */
import { Failure } from '#shared/kernel/failure.ts';
import { encode } from '../codec.ts';
import type { Write } from '../change.ts';
import { textOf, type KeptField, type StoredField } from '../kept-field.ts';

/** Member and score, by score and then by member. */
type Ranked = (readonly [member: string, score: number])[];

type Hash = Map<string, StoredField>;
type Value = string | Hash | string[] | Set<string> | SortedSet;

class SortedSet {
  readonly ranked: Ranked = [];
  private readonly scores = new Map<string, number>();

  add(member: string, score: number): number {
    const known = this.scores.get(member);
    if (known === score) return 0;
    if (known !== undefined) this.remove(member);
    this.scores.set(member, score);
    let at = this.ranked.length;
    while (at > 0 && isAfter(this.ranked[at - 1], member, score)) at -= 1;
    this.ranked.splice(at, 0, [member, score]);
    return known === undefined ? 1 : 0;
  }

  remove(member: string): number {
    if (!this.scores.delete(member)) return 0;
    const at = this.ranked.findIndex(([one]) => one === member);
    this.ranked.splice(at, 1);
    return 1;
  }
}

function isAfter(entry: Ranked[number] | undefined, member: string, score: number): boolean {
  if (!entry) return false;
  return entry[1] > score || (entry[1] === score && entry[0] > member);
}

interface KeptDocument {
  readonly version: number;
  readonly value: unknown;
}

/** Who goes by what keys hold. */
export interface Watch {
  isStale: boolean;
}

const nobody: readonly Watch[] = [];

/** As values; those written before them are kept as JSON, which needs less memory. */
const DOCUMENTS_KEPT = 500;

export class MemoryKeys {
  private readonly values = new Map<string, Value>();
  private readonly documents = new Map<string, KeptDocument>();
  private readonly watches = new Map<string, Set<Watch>>();

  /** The value that a document was written with or read as; only while its version is still this one. */
  document(key: string): KeptDocument | undefined {
    return this.documents.get(key);
  }

  keepDocument(key: string, document: KeptDocument): void {
    this.documents.delete(key);
    this.documents.set(key, document);
    if (this.documents.size <= DOCUMENTS_KEPT) return;
    const oldest = this.documents.keys().next().value ?? key;
    this.hashAsText(oldest);
    this.documents.delete(oldest);
  }

  /** From now on a write of the key makes it stale. */
  watch(key: string, watch: Watch): void {
    const all = this.watches.get(key) ?? new Set();
    this.watches.set(key, all.add(watch));
  }

  private changed(key: string): void {
    for (const watch of this.watches.get(key) ?? nobody) watch.isStale = true;
  }

  /** As HSET of version and JSON; the JSON is made when the document is read as text. */
  putDocument(key: string, document: KeptDocument): void {
    this.changed(key);
    const hash = opened(this.values, key, Map, () => new Map<string, StoredField>());
    hash.set('version', String(document.version));
    hash.delete('json');
    this.keepDocument(key, document);
  }

  /** As HSET; the text is made when the field is read as text. */
  putField(key: string, name: string, field: KeptField): void {
    this.changed(key);
    opened(this.values, key, Map, () => new Map<string, StoredField>()).set(name, field);
  }

  /** A hash with its document as text. */
  private withText(key: string, hash: Hash): Hash {
    const document = this.documents.get(key);
    const isCurrent = document && hash.get('version') === String(document.version);
    if (isCurrent && !hash.has('json')) hash.set('json', encode(document.value));
    return hash;
  }

  has(key: string): boolean {
    return this.values.has(key);
  }

  text(key: string): string | null {
    return this.of(key, (value) => typeof value === 'string') ?? null;
  }

  hash(key: string): Hash | undefined {
    return this.of(key, (value) => value instanceof Map);
  }

  /** The hash with the text of a document that lies there. */
  hashAsText(key: string): ReadonlyMap<string, StoredField> | undefined {
    const hash = this.hash(key);
    return hash && this.withText(key, hash);
  }

  /** A field as text. */
  field(key: string, name: string): string | null {
    const field = this.hashAsText(key)?.get(name);
    return field === undefined ? null : textOf(field);
  }

  list(key: string): string[] | undefined {
    return this.of(key, (value) => Array.isArray(value));
  }

  set(key: string): Set<string> | undefined {
    return this.of(key, (value) => value instanceof Set);
  }

  ranked(key: string): Readonly<Ranked> {
    return this.of(key, (value) => value instanceof SortedSet)?.ranked ?? [];
  }

  /** @returns what Redis replies */
  write(op: Write['op'], key: string, args: readonly string[]): number {
    this.changed(key);
    const change = operators[op];
    const reply = change(this.values, key, args);
    const value = this.values.get(key);
    if (value !== undefined && isEmpty(value)) this.values.delete(key);
    return reply;
  }

  private of<T extends Value>(key: string, is: (value: Value) => value is T): T | undefined {
    const value = this.values.get(key);
    if (value === undefined) return undefined;
    if (is(value)) return value;
    throw new Failure('BUG', `Invariant: ${key} holds one type of value`);
  }
}

type Operator = (values: Map<string, Value>, key: string, args: readonly string[]) => number;

const operators: Readonly<Record<Write['op'], Operator>> = {
  SET: (values, key, [value = '']) => {
    values.set(key, value);
    return 1;
  },
  DEL: (values, key) => (values.delete(key) ? 1 : 0),
  PEXPIRE: (values, key) => (values.has(key) ? 1 : 0),
  HSET: (values, key, args) => {
    const hash = opened(values, key, Map, () => new Map<string, StoredField>());
    const before = hash.size;
    for (let i = 0; i < args.length; i += 2) hash.set(args[i] ?? '', args[i + 1] ?? '');
    return hash.size - before;
  },
  HSETNX: (values, key, [field = '', value = '']) => {
    const hash = opened(values, key, Map, () => new Map<string, StoredField>());
    if (hash.has(field)) return 0;
    hash.set(field, value);
    return 1;
  },
  HDEL: (values, key, fields) => {
    const hash = opened(values, key, Map, () => new Map<string, StoredField>());
    return fields.filter((field) => hash.delete(field)).length;
  },
  RPUSH: (values, key, args) => {
    const list = opened(values, key, Array, (): string[] => []);
    for (const arg of args) list.push(arg);
    return list.length;
  },
  SADD: (values, key, members) => {
    const set = opened(values, key, Set, () => new Set<string>());
    const before = set.size;
    for (const member of members) set.add(member);
    return set.size - before;
  },
  SREM: (values, key, members) => {
    const set = opened(values, key, Set, () => new Set<string>());
    return members.filter((member) => set.delete(member)).length;
  },
  ZADD: (values, key, args) => {
    const sorted = opened(values, key, SortedSet, () => new SortedSet());
    let added = 0;
    for (let i = 0; i < args.length; i += 2)
      added += sorted.add(args[i + 1] ?? '', Number(args[i]));
    return added;
  },
  ZREM: (values, key, members) => {
    const sorted = opened(values, key, SortedSet, () => new SortedSet());
    return members.reduce((removed, member) => removed + sorted.remove(member), 0);
  },
};

function opened<T extends Value>(
  values: Map<string, Value>,
  key: string,
  type: abstract new (...args: never[]) => unknown,
  open: () => T,
): T {
  const known = values.get(key);
  if (known === undefined) {
    const fresh = open();
    values.set(key, fresh);
    return fresh;
  }
  if (!(known instanceof type))
    throw new Failure('BUG', `Invariant: ${key} holds one type of value`);
  return known as T;
}

function isEmpty(value: Value): boolean {
  if (typeof value === 'string') return false;
  if (value instanceof SortedSet) return value.ranked.length === 0;
  return Array.isArray(value) ? value.length === 0 : value.size === 0;
}
