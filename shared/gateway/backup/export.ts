/**
 * Every key of the installation as Redis itself writes it (DUMP), and back (RESTORE). Queues and
 * the messages of runs stay out: a restored installation starts nothing by itself.
 *
 * Keys of one hash tag change together, so they are read together; reads of different tags are not atomic.
 */
import type { Redis } from 'ioredis';
import { refused } from '#shared/kernel/failure.ts';
import type { Database } from '#shared/redis/database.ts';
import { keys as keyNames } from '#shared/redis/keys.ts';

export interface ExportedKey {
  /** Without the installation's prefix. */
  readonly key: string;
  /** Left to live; -1 for ever. */
  readonly ttlMs: number;
  /** Base64 of Redis' own format, which contains its version and a checksum. */
  readonly dump: string;
}

const SCAN_COUNT = 1_000;
const KEYS_AT_ONCE = 200;
const EPOCH = keyNames.state.epoch();
const LEFT_OUT = /^(queue:|\{run:)/;

export async function* exported(
  { redis }: Database,
  signal: AbortSignal,
): AsyncGenerator<ExportedKey> {
  const names = (await keysOf(redis)).filter((key) => !LEFT_OUT.test(key));
  for (const together of batches(names)) {
    signal.throwIfAborted();
    yield* await dumped(redis, together);
  }
}

async function dumped(redis: Redis, names: readonly string[]): Promise<ExportedKey[]> {
  const transaction = redis.multi();
  for (const name of names) transaction.pttl(name).dumpBuffer(name);
  const answers = (await transaction.exec()) ?? [];
  return names.flatMap((key, index): ExportedKey[] => {
    const ttlMs = Number(answers[2 * index]?.[1] ?? -2);
    const dump = answers[2 * index + 1]?.[1];
    // Deleted since it was listed.
    return dump instanceof Buffer ? [{ key, ttlMs, dump: dump.toString('base64') }] : [];
  });
}

/**
 * The epoch of the backup is left out: the state that begins is declared when all is restored.
 * @throws Failure REFUSED when the installation has keys already @returns how many keys were read
 */
export async function restoreInto(
  database: Database,
  entries: AsyncIterable<ExportedKey>,
): Promise<number> {
  if ((await keyCount(database)) > 0)
    throw refused('restore-target-not-empty', 'There is data under this prefix; nothing was done.');
  let restored = 0;
  for await (const { key, ttlMs, dump } of entries) {
    restored += 1;
    if (key === EPOCH) continue;
    await database.redis.restore(key, Math.max(0, ttlMs), Buffer.from(dump, 'base64'));
  }
  return restored;
}

/** How many keys there are beside the epoch. */
export async function keyCount({ redis }: Database): Promise<number> {
  return (await keysOf(redis)).filter((key) => key !== EPOCH).length;
}

/** Removes every key of the installation but the epoch, queues as well. */
export async function removeAll({ redis }: Database): Promise<void> {
  const names = (await keysOf(redis)).filter((key) => key !== EPOCH);
  for (let at = 0; at < names.length; at += KEYS_AT_ONCE)
    await redis.del(...names.slice(at, at + KEYS_AT_ONCE));
}

/** All keys of the installation, without its prefix, in order. */
async function keysOf(redis: Redis): Promise<string[]> {
  const prefix = redis.options.keyPrefix ?? '';
  const names = new Set<string>();
  const pages = redis.scanStream({ match: `${prefix}*`, count: SCAN_COUNT });
  for await (const page of pages as AsyncIterable<string[]>)
    for (const name of page) names.add(name.slice(prefix.length));
  return [...names].sort();
}

/** Cuts only between hash tags. */
function* batches(sorted: readonly string[]): Generator<string[]> {
  let batch: string[] = [];
  for (const [index, key] of sorted.entries()) {
    const before = sorted[index - 1];
    if (batch.length >= KEYS_AT_ONCE && before !== undefined && tagOf(before) !== tagOf(key)) {
      yield batch;
      batch = [];
    }
    batch.push(key);
  }
  if (batch.length > 0) yield batch;
}

function tagOf(key: string): string {
  return /^\{([^}]*)\}/.exec(key)?.[1] ?? key;
}
