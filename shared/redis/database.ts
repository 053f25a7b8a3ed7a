/**
 * The interface of Redis for stores. Beside plain commands (`redis`) there is one way to change
 * several keys atomically: `commit`, which applies its writes only if the documents it was decided
 * on are unchanged (optimistic locking).
 */
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import type { z } from 'zod';
import { assert } from '#shared/kernel/assert.ts';
import { conflict } from '#shared/kernel/failure.ts';
import { decode, encode } from './codec.ts';
import type { Epoch } from './epoch.ts';
import type { Expectation, Write } from './change.ts';
import { HashReads } from './hash-reads.ts';
import { commitScriptOf, JoinedCommits, packed } from './joined-commits.ts';
import { JoinedReads } from './joined-reads.ts';
import type { StoredField } from './kept-field.ts';
import { keys as keyOf } from './keys.ts';
import { KnownLines } from './known-lines.ts';
import { KnownTexts } from './known-texts.ts';
import { noRecords, type OutsideRecords } from './outside-records.ts';
import { withRedisSpans, type ReadsUntil } from './redis-spans.ts';
import { Replication, unreplicated, type ReplicationRule } from './replication.ts';
import { stateLost, StateEpoch } from './state-epoch.ts';

export interface Document<T> {
  readonly key: string;
  /** 0 when the document does not exist yet. */
  readonly version: number;
  readonly value: T;
}

interface Computed {
  readonly version: string;
  readonly value: unknown;
}

/**
 * `guarded`: only on the state this installation last worked on, else Failure REFUSED `state-lost`.
 * `advancing`: also increments the epoch; `epoch.putOnRecord` then writes it down outside Redis.
 */
export type Guard = 'guarded' | 'advancing';

const CONFLICT_TRIES_MAX = 20;
const BACKOFF_MS_MAX = 64;
/** Prices of three hundred years of securities. */
const TEXTS_LENGTH_MAX = 2 ** 20;
/** Of the ledgers of a few accounts, of some years each. */
const LINES_MAX = 20_000;
/** Lists of securities whose prices or actions are kept as computed. */
const PLACES_MAX = 64;
const VERSION_BYTES = 8;
const APPLIED = 1;
const GUARD_FAILED = -1;

export class Database {
  /** Plain commands; keys get the prefix of the installation. */
  readonly redis: Redis;
  /** What it was opened with: where commands are counted or stopped for a call, those of its parts are not. */
  private readonly opened: Redis;
  readonly epoch: StateEpoch;
  readonly replication: Replication;
  private readonly texts: KnownTexts;
  private readonly lines: KnownLines;
  private readonly derived = new Map<string, Computed>();
  private readonly joined = new WeakMap<Redis, JoinedCommits>();
  private readonly joinedReads = new WeakMap<Redis, JoinedReads>();

  /**
   * @param records where it is kept outside Redis how far the state has come
   * @param rule on how many replicas a guarded commit must be before it counts
   * @param texts what stored texts were read as
   * @param linesMax lines of lists that are kept as read
   */
  constructor(
    redis: Redis,
    records: OutsideRecords = noRecords,
    rule: ReplicationRule = unreplicated,
    texts = new KnownTexts(TEXTS_LENGTH_MAX),
    linesMax = LINES_MAX,
  ) {
    this.redis = redis;
    this.opened = redis;
    this.texts = texts;
    this.lines = new KnownLines(redis, linesMax);
    this.replication = new Replication(redis, rule);
    this.epoch = new StateEpoch(redis, records);
  }

  async find<T>(key: string, schema: z.ZodType<T>): Promise<Document<T> | undefined> {
    const [version, json] = await this.redis.hmget(key, 'version', 'json');
    if (version === null || version === undefined) return undefined;
    return { key, version: Number(version), value: decode(schema, json ?? '', key) };
  }

  /** A field of a hash; those of one hash that are asked for in one turn of the event loop are read by one command. */
  field(key: string, field: string): Promise<string | null> {
    return this.reads().field(key, field);
  }

  /** Many hashes at once. */
  hashes(): HashReads {
    return new HashReads(this.redis);
  }

  /** Whether a key may hold something; keys that are asked about in one turn are asked about by one command. */
  mayExist(key: string): Promise<boolean> {
    return this.reads().mayExist(key);
  }

  /** The same of several. */
  whichMayExist(keys: readonly string[]): Promise<readonly boolean[]> {
    return Promise.all(keys.map((key) => this.mayExist(key)));
  }

  /**
   * What a stored text says. A place's text is read once for as long as it stays.
   * @param place a key, or a key and a field; each is read in one way, and nobody changes what was read
   */
  read<T>(place: string, text: string, reader: (text: string) => T): T {
    return this.texts.read(place, text, reader);
  }

  /** The same of a field, whose value may have been kept. */
  readField<T>(place: string, field: StoredField, reader: (text: string) => T): T {
    return typeof field === 'string' ? this.read(place, field, reader) : (field.value as T);
  }

  /** What the field of a place was read as, where that is known yet. */
  known(place: string, field: StoredField): unknown {
    return typeof field === 'string' ? this.texts.find(place, field) : field.value;
  }

  /** What is stored of a value in the field of a place: its text; where state lies in this process, the value. */
  toField(place: string, value: unknown, write: () => string): StoredField {
    const text = write();
    this.said(place, text, value);
    return text;
  }

  /**
   * What the lines of a list say that is only ever appended to; lines that were read before are not read again. A list
   * that no longer goes on from the last line that was read, is read anew.
   * @param reader of a line; each list is read in one way, and nobody changes what was read
   */
  readLines<T>(key: string, reader: (line: string) => T): Promise<readonly T[]> {
    return this.lines.read(key, reader);
  }

  /** What lines say that were appended to a list, so that they need not be read. */
  saidLines(key: string, lines: readonly string[], values: readonly unknown[]): void {
    this.lines.remember(key, lines, values);
  }

  /** What a text that is being stored says, so that it need not be read. */
  said(place: string, text: string, value: unknown): void {
    this.texts.remember(place, text, value);
  }

  /**
   * What is computed from keys alone. Where state lies in this process it is computed again once one of them has
   * changed; in Redis, once their version has.
   * @param place names what is computed; each place is computed in one way
   * @param versionKey holds another text after each change of one of the keys, written with it (`newVersion`); without
   *   one it is computed each time, and so where nothing is stored there
   */
  async derive<T>(
    place: string,
    _keys: readonly string[],
    compute: () => Promise<T>,
    versionKey?: string,
  ): Promise<T> {
    // Read before what it stands for: a change in between is noticed the next time.
    const version = versionKey === undefined ? null : await this.redis.get(versionKey);
    if (version === null) return compute();
    const known = this.derived.get(place);
    if (known?.version === version) return known.value as T;
    const value = await compute();
    this.keep(place, { version, value });
    return value;
  }

  private keep(place: string, computed: Computed): void {
    this.derived.delete(place);
    this.derived.set(place, computed);
    const [oldest] = this.derived.keys();
    if (this.derived.size > PLACES_MAX && oldest !== undefined) this.derived.delete(oldest);
  }

  /**
   * The same state for reads that belong to one decision: what is derived is computed once in it, from what was stored
   * then. A check of what is stored since takes the database itself.
   */
  reading(): Database {
    const known = new Map<string, Promise<unknown>>();
    const derive = (...asked: Parameters<Database['derive']>): Promise<unknown> => {
      const [place] = asked;
      const value = known.get(place) ?? this.derive(...asked);
      known.set(place, value);
      return value;
    };
    return Object.assign(Object.create(this) as Database, { derive });
  }

  /**
   * The same state for work within a span: each command has one of its own.
   * @param until once the call is over plain commands fail with the signal's reason
   */
  within(traceparent: string, until?: ReadsUntil): Database {
    const redis = withRedisSpans(this.redis, traceparent, until);
    const opened = withRedisSpans(this.opened, traceparent);
    const lines = this.lines.through(opened);
    const replication = this.replication.through(opened);
    const epoch = this.epoch.through(opened);
    return Object.assign(Object.create(this) as Database, { redis, lines, replication, epoch });
  }

  /** @returns false when an expectation failed; then nothing was changed */
  async commit(
    expect: readonly Expectation[],
    write: readonly Write[],
    guard?: Guard,
  ): Promise<boolean> {
    assert(write.length > 0, 'a commit writes something');
    if (!guard) return (await this.apply(expect, write))[0] === APPLIED;
    const epoch = await this.epoch.required();
    const advance = guard === 'advancing';
    const [status, generation = 0, sequence = 0] = await this.apply(expect, write, {
      ...epoch,
      advance,
    });
    if (status === GUARD_FAILED) throw stateLost(await this.whyLost());
    if (status === APPLIED && advance) this.epoch.sees({ id: epoch.id, generation, sequence });
    return status === APPLIED;
  }

  /**
   * Reads a document, calls `change`, and commits; retries when a concurrent write was faster.
   * `change` may be called more than once and must have no effect of its own. When it returns
   * undefined, nothing is written.
   * @param known the document as it was read last, to begin with
   */
  async update<T, R>(
    key: string,
    schema: z.ZodType<T>,
    change: (
      current: T | undefined,
    ) => { value: T; result: R; write?: readonly Write[] } | { result: R },
    guard?: Guard,
    known?: Document<T>,
  ): Promise<R> {
    for (let attempt = 0; attempt < CONFLICT_TRIES_MAX; attempt += 1) {
      const current = (attempt === 0 && known) || (await this.find(key, schema));
      const next = change(current?.value);
      if (!('value' in next)) return next.result;
      const version = current?.version ?? 0;
      const writes = [writeDocument(key, version, next.value), ...(next.write ?? [])];
      if (await this.commit([{ key, version }], writes, guard)) return next.result;
      // After two conflicts in a row: back off with jitter.
      if (attempt > 0) await sleep(Math.random() * Math.min(2 ** attempt, BACKOFF_MS_MAX));
    }
    throw conflict('Someone else keeps changing the same record.', { key });
  }

  /** @returns what the script returns */
  protected async apply(
    expect: readonly Expectation[],
    write: readonly Write[],
    guard?: Epoch & { readonly advance: boolean },
  ): Promise<readonly number[]> {
    const guarded = guard && { ...guard, key: keyOf.state.epoch() };
    if (!guard || !this.replication.isRequired)
      return this.joinedCommits().add(packed({ expect, write, guard: guarded }));
    const mark = this.replication.nextMark();
    const { keys, args } = packed({ expect, write, guard: guarded, mark });
    const all = [...keys, ...args];
    const [reply] = await this.replication.run(commitScriptOf, all, keys.length, mark.value);
    if (Array.isArray(reply)) return reply as readonly number[];
    throw reply;
  }

  /** Of this view of the database: what counts or stops the commands of a call sees its own commits. */
  private joinedCommits(): JoinedCommits {
    const known = this.joined.get(this.redis) ?? new JoinedCommits(this.redis);
    this.joined.set(this.redis, known);
    return known;
  }

  /** Of this view of the database, too. */
  private reads(): JoinedReads {
    const known = this.joinedReads.get(this.redis) ?? new JoinedReads(this.redis);
    this.joinedReads.set(this.redis, known);
    return known;
  }

  /** The script found the state lost; it may have been declared valid since. */
  private async whyLost(): Promise<string> {
    const verdict = await this.epoch.verdict();
    return verdict.kind === 'lost' ? verdict.why : 'it changed while this was written; ask again';
  }
}

/** Another in each thread of each process, so that no two write the same version. */
const writer = randomBytes(VERSION_BYTES).toString('hex');
let versions = 0;

/** The write that says that something of which a key holds the version has changed. */
export function newVersion(key: string): Write {
  versions += 1;
  return { op: 'SET', key, args: [`${writer}-${versions}`] };
}

/** The write that stores a field of a hash. */
export function writeField(key: string, name: string, field: StoredField): Write {
  if (typeof field === 'string') return { op: 'HSET', key, args: [name, field] };
  return new FieldWrite(key, { name, kept: field });
}

/** The write that stores a document's next version. */
export function writeDocument(key: string, version: number, value: unknown): Write {
  return new DocumentWrite(key, { version: version + 1, value });
}

/** Of classes: an object with a getter of its own takes ten times as long to make. */
class FieldWrite implements Write {
  readonly op = 'HSET';
  readonly key: string;
  readonly field: NonNullable<Write['field']>;

  constructor(key: string, field: NonNullable<Write['field']>) {
    this.key = key;
    this.field = field;
  }

  get args(): readonly string[] {
    return [this.field.name, this.field.kept.text];
  }
}

class DocumentWrite implements Write {
  readonly op = 'HSET';
  readonly key: string;
  readonly document: NonNullable<Write['document']>;

  constructor(key: string, document: NonNullable<Write['document']>) {
    this.key = key;
    this.document = document;
  }

  get args(): readonly string[] {
    const { version, value } = this.document;
    return ['version', String(version), 'json', encode(value)];
  }
}
