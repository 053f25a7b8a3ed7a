/**
 * The commands of Redis that stores use, carried out in this process: for state that lives as long
 * as the process, such as that of a replay. Expiry is not kept, since time is simulated there. A
 * command that is not implemented throws a BUG.
 */
import { Failure } from '#shared/kernel/failure.ts';
import { textOf } from '../kept-field.ts';
import { claimedLease, leaseText, ownedKeyScripts } from '../owned-key.ts';
import type { MemoryKeys } from './memory-keys.ts';

type Reply = string | number | null | readonly unknown[] | Readonly<Record<string, string>>;

export class MemoryRedis {
  private readonly keys: MemoryKeys;

  constructor(keys: MemoryKeys) {
    this.keys = keys;
  }

  async ping(): Promise<string> {
    return 'PONG';
  }

  async get(key: string): Promise<string | null> {
    return this.keys.text(key);
  }

  async set(key: string, value: string): Promise<string> {
    this.keys.write('SET', key, [value]);
    return 'OK';
  }

  async exists(key: string): Promise<number> {
    return this.keys.has(key) ? 1 : 0;
  }

  async del(key: string): Promise<number> {
    return this.keys.write('DEL', key, []);
  }

  incr(key: string): Promise<number> {
    return this.incrby(key, 1);
  }

  async incrby(key: string, by: number): Promise<number> {
    const value = Number(this.keys.text(key) ?? 0) + by;
    this.keys.write('SET', key, [String(value)]);
    return value;
  }

  async hget(key: string, field: string): Promise<string | null> {
    return this.keys.field(key, field);
  }

  async hmget(key: string, ...fields: readonly string[]): Promise<(string | null)[]> {
    return reads.hmget(this.keys, key, fields);
  }

  async hgetall(key: string): Promise<Record<string, string>> {
    return reads.hgetall(this.keys, key);
  }

  async hkeys(key: string): Promise<string[]> {
    return reads.hkeys(this.keys, key);
  }

  async hvals(key: string): Promise<string[]> {
    return [...(this.keys.hashAsText(key)?.values() ?? [])].map(textOf);
  }

  async hset(key: string, ...args: readonly string[]): Promise<number> {
    return this.keys.write('HSET', key, args);
  }

  async hsetnx(key: string, field: string, value: string): Promise<number> {
    return this.keys.hash(key)?.has(field) ? 0 : this.keys.write('HSET', key, [field, value]);
  }

  async hdel(key: string, ...fields: readonly string[]): Promise<number> {
    return this.keys.write('HDEL', key, fields);
  }

  async lrange(key: string, from: number, to: number): Promise<string[]> {
    const list = this.keys.list(key) ?? [];
    return list.slice(from, to < 0 ? list.length + to + 1 : to + 1);
  }

  async smembers(key: string): Promise<string[]> {
    return [...(this.keys.set(key) ?? [])];
  }

  async sismember(key: string, member: string): Promise<number> {
    return this.keys.set(key)?.has(member) ? 1 : 0;
  }

  async zcard(key: string): Promise<number> {
    return this.keys.ranked(key).length;
  }

  async zrevrange(key: string, from: number, to: number): Promise<string[]> {
    const members = this.keys.ranked(key).map(([member]) => member);
    const end = to < 0 ? members.length + to + 1 : to + 1;
    return members.reverse().slice(from, end);
  }

  /** Of scores from `least` up; the other end is always `+inf` here. */
  async zrevrangebyscore(key: string, _most: '+inf', least: number | string): Promise<string[]> {
    const found: string[] = [];
    const ranked = this.keys.ranked(key);
    for (let i = ranked.length - 1; i >= 0; i -= 1) {
      const [member, score] = ranked[i] ?? ['', -Infinity];
      if (score < Number(least)) break;
      found.push(member);
    }
    return found;
  }

  async eval(
    script: string,
    _count: number,
    key: string,
    owner: string,
    fenceMin = 0,
  ): Promise<Reply> {
    const holder = this.keys.text(key);
    if (script === ownedKeyScripts.claim) {
      const lease = claimedLease(holder, owner, fenceMin);
      if (lease.fence > 0) this.keys.write('SET', key, [leaseText(lease)]);
      return [lease.owner, lease.fence];
    }
    if (script === ownedKeyScripts.release)
      return holder === owner ? this.keys.write('DEL', key, []) : 0;
    if (script === ownedKeyScripts.renew) return holder === owner ? 1 : 0;
    throw unknownScript();
  }

  /** Reads only; each is answered when the pipeline is executed. */
  pipeline(): MemoryPipeline {
    return new MemoryPipeline(this.keys);
  }
}

function unknownScript(): Failure {
  return new Failure('BUG', 'Invariant: stores in memory know every script that is run on them');
}

const reads = {
  hmget: (keys: MemoryKeys, key: string, fields: readonly string[]): (string | null)[] =>
    fields.map((field) => keys.field(key, field)),
  hgetall: (keys: MemoryKeys, key: string): Record<string, string> =>
    Object.fromEntries(
      [...(keys.hashAsText(key) ?? [])].map(([name, field]) => [name, textOf(field)]),
    ),
  hkeys: (keys: MemoryKeys, key: string): string[] => [...(keys.hashAsText(key)?.keys() ?? [])],
};

class MemoryPipeline {
  private readonly keys: MemoryKeys;
  private readonly reads: (() => Reply)[] = [];

  constructor(keys: MemoryKeys) {
    this.keys = keys;
  }

  hgetall(key: string): this {
    return this.add(() => reads.hgetall(this.keys, key));
  }

  hkeys(key: string): this {
    return this.add(() => reads.hkeys(this.keys, key));
  }

  hmget(key: string, ...fields: readonly string[]): this {
    return this.add(() => reads.hmget(this.keys, key, fields));
  }

  async exec(): Promise<(readonly [null, Reply])[]> {
    return this.reads.map((read) => [null, read()]);
  }

  private add(read: () => Reply): this {
    this.reads.push(read);
    return this;
  }
}
