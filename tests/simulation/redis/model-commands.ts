/** The commands of the model, each as Redis documents it, with the options that stores use. */
import type { Keyspace } from './keyspace.ts';
import { scriptOf } from './model-scripts.ts';

export type Run = (keyspace: Keyspace, args: readonly string[]) => unknown;

const at = (args: readonly string[], index: number): string => {
  const argument = args[index];
  if (argument === undefined) throw new Error('ERR wrong number of arguments');
  return argument;
};

const strings: Record<string, Run> = {
  get: (keyspace, args) => keyspace.find(at(args, 0), 'string')?.text ?? null,
  set: (keyspace, [key = '', text = '', ...options]) => set(keyspace, key, text, options),
  incr: (keyspace, args) => increase(keyspace, at(args, 0), 1),
  incrby: (keyspace, args) => increase(keyspace, at(args, 0), Number(at(args, 1))),
};

function set(
  keyspace: Keyspace,
  key: string,
  text: string,
  options: readonly string[],
): string | null {
  const names = options.map((option) => option.toUpperCase());
  if (names.includes('NX') && keyspace.entry(key)) return null;
  const px = names.indexOf('PX');
  const known = names.every(
    (name, index) => name === 'NX' || name === 'PX' || (px >= 0 && index === px + 1),
  );
  if (!known) throw new Error('ERR syntax error');
  const value = { type: 'string', text } as const;
  keyspace.put(key, px < 0 ? { value } : { value, ttlMs: Number(options[px + 1]) });
  return 'OK';
}

function increase(keyspace: Keyspace, key: string, by: number): number {
  const text = keyspace.find(key, 'string')?.text ?? '0';
  if (!/^-?\d+$/.test(text)) throw new Error('ERR value is not an integer or out of range');
  const next = Number(text) + by;
  keyspace.change(key, { type: 'string', text: String(next) });
  return next;
}

const hashes: Record<string, Run> = {
  hget: (keyspace, args) => fieldsOf(keyspace, at(args, 0)).get(at(args, 1)) ?? null,
  hmget: (keyspace, [key = '', ...names]) => {
    const fields = fieldsOf(keyspace, key);
    return names.map((name) => fields.get(name) ?? null);
  },
  hgetall: (keyspace, args) => [...fieldsOf(keyspace, at(args, 0))].flat(),
  hkeys: (keyspace, args) => [...fieldsOf(keyspace, at(args, 0)).keys()],
  hvals: (keyspace, args) => [...fieldsOf(keyspace, at(args, 0)).values()],
  hset: (keyspace, [key = '', ...pairs]) => {
    const fields = new Map(fieldsOf(keyspace, key));
    const before = fields.size;
    for (let index = 0; index < pairs.length; index += 2)
      fields.set(at(pairs, index), at(pairs, index + 1));
    keyspace.change(key, { type: 'hash', fields });
    return fields.size - before;
  },
  hsetnx: (keyspace, args) => {
    const fields = fieldsOf(keyspace, at(args, 0));
    if (fields.has(at(args, 1))) return 0;
    const added = new Map(fields).set(at(args, 1), at(args, 2));
    keyspace.change(at(args, 0), { type: 'hash', fields: added });
    return 1;
  },
  hdel: (keyspace, [key = '', ...names]) => {
    const fields = new Map(fieldsOf(keyspace, key));
    const removed = names.filter((name) => fields.delete(name)).length;
    keyspace.change(key, { type: 'hash', fields });
    return removed;
  },
  hincrby: (keyspace, args) => {
    const fields = fieldsOf(keyspace, at(args, 0));
    const next = Number(fields.get(at(args, 1)) ?? 0) + Number(at(args, 2));
    const changed = new Map(fields).set(at(args, 1), String(next));
    keyspace.change(at(args, 0), { type: 'hash', fields: changed });
    return next;
  },
};

function fieldsOf(keyspace: Keyspace, key: string): ReadonlyMap<string, string> {
  return keyspace.find(key, 'hash')?.fields ?? new Map<string, string>();
}

const lists: Record<string, Run> = {
  rpush: (keyspace, [key = '', ...added]) => {
    const items = [...itemsOf(keyspace, key), ...added];
    keyspace.change(key, { type: 'list', items });
    return items.length;
  },
  lrange: (keyspace, args) => within(itemsOf(keyspace, at(args, 0)), at(args, 1), at(args, 2)),
  lindex: (keyspace, args) => itemsOf(keyspace, at(args, 0)).at(Number(at(args, 1))) ?? null,
};

function itemsOf(keyspace: Keyspace, key: string): readonly string[] {
  return keyspace.find(key, 'list')?.items ?? [];
}

/** Both ends are meant, and negative ones count from the end. */
function within<T>(items: readonly T[], from: string, to: string): T[] {
  const place = (text: string): number =>
    Number(text) < 0 ? items.length + Number(text) : Number(text);
  return items.slice(Math.max(0, place(from)), Math.max(0, place(to) + 1));
}

const sets: Record<string, Run> = {
  sadd: (keyspace, [key = '', ...added]) => {
    const members = new Set(membersOf(keyspace, key));
    const before = members.size;
    for (const member of added) members.add(member);
    keyspace.change(key, { type: 'set', members });
    return members.size - before;
  },
  srem: (keyspace, [key = '', ...names]) => {
    const members = new Set(membersOf(keyspace, key));
    const removed = names.filter((name) => members.delete(name)).length;
    keyspace.change(key, { type: 'set', members });
    return removed;
  },
  sismember: (keyspace, args) => (membersOf(keyspace, at(args, 0)).has(at(args, 1)) ? 1 : 0),
  smembers: (keyspace, args) => [...membersOf(keyspace, at(args, 0))],
};

function membersOf(keyspace: Keyspace, key: string): ReadonlySet<string> {
  return keyspace.find(key, 'set')?.members ?? new Set<string>();
}

const sortedSets: Record<string, Run> = {
  zadd: (keyspace, [key = '', ...pairs]) => {
    const scores = new Map(scoresOf(keyspace, key));
    const before = scores.size;
    for (let index = 0; index < pairs.length; index += 2)
      scores.set(at(pairs, index + 1), Number(at(pairs, index)));
    keyspace.change(key, { type: 'zset', scores });
    return scores.size - before;
  },
  zrem: (keyspace, [key = '', ...names]) => {
    const scores = new Map(scoresOf(keyspace, key));
    const removed = names.filter((name) => scores.delete(name)).length;
    keyspace.change(key, { type: 'zset', scores });
    return removed;
  },
  zcard: (keyspace, args) => scoresOf(keyspace, at(args, 0)).size,
  zrevrange: (keyspace, args) => within(fallingOf(keyspace, at(args, 0)), at(args, 1), at(args, 2)),
  zrevrangebyscore: (keyspace, args) => {
    const [max, min] = [limitOf(at(args, 1)), limitOf(at(args, 2))];
    const scores = scoresOf(keyspace, at(args, 0));
    return fallingOf(keyspace, at(args, 0)).filter((member) => {
      const score = scores.get(member) ?? NaN;
      return score <= max && score >= min;
    });
  },
};

function scoresOf(keyspace: Keyspace, key: string): ReadonlyMap<string, number> {
  return keyspace.find(key, 'zset')?.scores ?? new Map<string, number>();
}

/** Members from the highest score; those of one score backwards by their bytes. */
function fallingOf(keyspace: Keyspace, key: string): string[] {
  return [...scoresOf(keyspace, key)]
    .sort(([a, scoreA], [b, scoreB]) => scoreB - scoreA || Buffer.compare(bytes(b), bytes(a)))
    .map(([member]) => member);
}

function bytes(text: string): Buffer {
  return Buffer.from(text);
}

function limitOf(text: string): number {
  return Number(text.replace('inf', 'Infinity'));
}

const anyKeys: Record<string, Run> = {
  del: (keyspace, names) => names.filter((name) => keyspace.remove(name)).length,
  exists: (keyspace, names) => names.filter((name) => keyspace.entry(name)).length,
  pexpire: (keyspace, args) => {
    const entry = keyspace.entry(at(args, 0));
    if (!entry) return 0;
    keyspace.put(at(args, 0), { ...entry, ttlMs: Number(at(args, 1)) });
    return 1;
  },
  ping: () => 'PONG',
};

const plain: Record<string, Run> = {
  ...strings,
  ...hashes,
  ...lists,
  ...sets,
  ...sortedSets,
  ...anyKeys,
};

/** What scripts may call. */
function call(keyspace: Keyspace, name: string, ...args: readonly string[]): unknown {
  const run = plain[name.toLowerCase()];
  if (!run) throw new Error(`the model of Redis has no command ${name}`);
  return run(keyspace, args);
}

const scripts: Record<string, Run> = {
  eval: (keyspace, args) => runScript(keyspace, scriptOf({ text: at(args, 0) }), args),
  evalsha: (keyspace, args) => runScript(keyspace, scriptOf({ sha: at(args, 0) }), args),
};

function runScript(
  keyspace: Keyspace,
  script: ReturnType<typeof scriptOf>,
  [, count = '', ...rest]: readonly string[],
): unknown {
  const keys = rest.slice(0, Number(count));
  const run = (name: string, ...args: readonly string[]): unknown => call(keyspace, name, ...args);
  return script(run, keys, rest.slice(Number(count)));
}

export const commands: Readonly<Record<string, Run | undefined>> = { ...plain, ...scripts };
