/**
 * Keeps what plans saw: each part once under the hash of its content, and for each plan a record that refers to them.
 * Records older than the retention are removed with the parts that nothing refers to any more.
 */
import { promisify } from 'node:util';
import { deflateRaw, inflateRaw } from 'node:zlib';
import { Failure } from '#shared/kernel/failure.ts';
import { DAY_MS } from '#shared/kernel/instant.ts';
import type { PlanId } from '#shared/kernel/identifiers.ts';
import { decode, encode } from '#shared/redis/codec.ts';
import type { Database } from '#shared/redis/database.ts';
import { keys } from '#shared/redis/keys.ts';
import { planInputs, type PlanInputs } from './plan-inputs.ts';
import { inputGone } from './recorded.ts';
import { joined, partHash, chunksOf, referencesIn, ValueParts } from './value-parts.ts';

const { inputValues, inputRecords, inputsByTime } = keys.planning;
const [packed, unpacked] = [promisify(deflateRaw), promisify(inflateRaw)];
/** Fields of one command. */
const FIELDS_MAX = 500;

export class InputStore {
  private readonly database: Database;

  constructor(database: Database) {
    this.database = database;
  }

  async save(inputs: PlanInputs, retentionDays: number): Promise<void> {
    const { redis } = this.database;
    const values = new ValueParts();
    const reads = inputs.reads.map(([words, reply]) => [words, values.cut(reply)]);
    const record = { ...(values.cut({ ...inputs, reads: [] }) as object), reads };
    const at = inputs.instants.at(-1) ?? 0;
    await this.addMissing(values.parts);
    const text = (await packed(encode(record))).toString('base64');
    await redis.hset(inputRecords(), inputs.planId, `${partHash(text)}.${text}`);
    await redis.zadd(inputsByTime(), at, inputs.planId);
    await this.forget(at - retentionDays * DAY_MS);
  }

  /** Plans of a time, oldest first. */
  async plansBetween(from: number, until: number): Promise<readonly PlanId[]> {
    const ids = await this.database.redis.zrangebyscore(inputsByTime(), from, `(${until}`);
    return ids.map((id) => id as PlanId);
  }

  /**
   * @returns undefined where nothing of the plan is kept
   * @throws Failure REFUSED input-gone naming what is missing or has changed
   */
  async find(plan: PlanId): Promise<PlanInputs | undefined> {
    const record = await this.record(plan);
    if (record === undefined) return undefined;
    const texts = await this.texts(referencesIn(record));
    const whole = joined(record, (hash) => {
      const text = texts.get(hash);
      if (text === undefined) throw inputGone(nameOf(record, hash));
      return text;
    });
    return decode(planInputs, encode(whole), `${inputRecords()} ${plan}`);
  }

  /** @throws Failure REFUSED input-gone where it is not as it was stored */
  private async record(plan: PlanId): Promise<unknown> {
    const stored = await this.database.redis.hget(inputRecords(), plan);
    if (stored === null) return undefined;
    const text = checked(stored);
    if (text === undefined) throw inputGone(`the record of ${plan}`);
    try {
      return JSON.parse((await unpacked(Buffer.from(text, 'base64'))).toString('utf8')) as unknown;
    } catch {
      throw inputGone(`the record of ${plan}`);
    }
  }

  /** One that is damaged is of no use any more, and neither is what it refers to. */
  private async partsOf(plan: PlanId): Promise<readonly string[]> {
    const record = await this.record(plan).catch(undefinedWhereGone);
    const lists = await this.values(referencesIn(record));
    return [...lists].flatMap(([hash, list]) => [hash, ...chunksOf(list)]);
  }

  private async addMissing(parts: ReadonlyMap<string, string>): Promise<void> {
    const { redis } = this.database;
    const hashes = [...parts.keys()];
    for (let at = 0; at < hashes.length; at += FIELDS_MAX) {
      const fields = hashes.slice(at, at + FIELDS_MAX);
      // Reading what is there costs less than a question for each.
      const kept = await redis.hmget(inputValues(), ...fields);
      const missing = fields.filter((hash, i) => kept[i] !== parts.get(hash));
      const pairs = missing.flatMap((hash) => [hash, parts.get(hash) ?? '']);
      if (pairs.length > 0) await redis.hset(inputValues(), ...pairs);
    }
  }

  /** Whole texts by hash, those whose chunks are all there and as they were. */
  private async texts(hashes: readonly string[]): Promise<ReadonlyMap<string, string>> {
    const lists = await this.values(hashes);
    const chunks = await this.values([...lists.values()].flatMap(chunksOf));
    return new Map(
      [...lists].flatMap(([hash, list]): [string, string][] => {
        const own = chunksOf(list).map((piece) => chunks.get(piece));
        return own.includes(undefined) ? [] : [[hash, own.join('')]];
      }),
    );
  }

  /** Those that are there and have the content of their hash. */
  private async values(hashes: readonly string[]): Promise<ReadonlyMap<string, string>> {
    const found = new Map<string, string>();
    const distinct = [...new Set(hashes)];
    for (let at = 0; at < distinct.length; at += FIELDS_MAX) {
      const fields = distinct.slice(at, at + FIELDS_MAX);
      const texts = await this.database.redis.hmget(inputValues(), ...fields);
      fields.forEach((hash, i) => {
        const text = texts[i];
        if (typeof text === 'string' && partHash(text) === hash) found.set(hash, text);
      });
    }
    return found;
  }

  private async forget(before: number): Promise<void> {
    const { redis } = this.database;
    const old = await redis.zrangebyscore(inputsByTime(), '-inf', `(${before}`);
    if (old.length === 0) return;
    await redis.hdel(inputRecords(), ...old);
    await redis.zrem(inputsByTime(), ...old);
    const used = new Set<string>();
    for (const plan of await redis.hkeys(inputRecords()))
      for (const hash of await this.partsOf(plan as PlanId)) used.add(hash);
    const unused = (await redis.hkeys(inputValues())).filter((hash) => !used.has(hash));
    for (let at = 0; at < unused.length; at += FIELDS_MAX)
      await redis.hdel(inputValues(), ...unused.slice(at, at + FIELDS_MAX));
  }
}

function undefinedWhereGone(thrown: unknown): undefined {
  if (Failure.from(thrown).facts['rule'] !== 'input-gone') throw thrown;
  return undefined;
}

/** The text of a record that has its hash before it; those of earlier builds have none. Undefined where it differs. */
function checked(stored: string): string | undefined {
  const [hash = '', text] = stored.split('.');
  if (text === undefined) return stored;
  return partHash(text) === hash ? text : undefined;
}

/** What a missing text was part of: the command that read it, or a part of the record. */
function nameOf(record: unknown, hash: string): string {
  const { reads, ...rest } = record as {
    readonly reads: readonly (readonly [string[], unknown])[];
  };
  const part = Object.entries(rest).find(([, value]) => referencesIn(value).includes(hash));
  if (part) return part[0];
  const read = reads.find(([, reply]) => referencesIn(reply).includes(hash));
  if (!read) return 'a part';
  const [words, reply] = read;
  const isMany = words[0] === 'hmget' && Array.isArray(reply);
  const at = isMany ? reply.findIndex((one) => referencesIn(one).includes(hash)) : 0;
  return [...words.slice(0, 2), ...words.slice(2 + at, 3 + at)].join(' ');
}
