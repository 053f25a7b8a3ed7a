/**
 * Every key of the installation as Redis itself writes it (DUMP), and back (RESTORE). Queues and
 * the messages of runs stay out: a restored installation begins nothing by itself.
 *
 * Keys of one hash tag change together, so they are read together; between tags time may pass.
 */
import type { Redis } from 'ioredis';
import { refused } from '#shared/kernel/failure.ts';
import type { Database } from '#shared/redis/database.ts';

export interface ExportedKey {
  /** Without the installation's prefix. */
  readonly key: string;
  /** Left to live; -1 for ever. */
  readonly ttlMs: number;
  /** Base64 of Redis' own form, which carries its version and a checksum. */
  readonly dump: string;
}

const SCAN_COUNT = 1_000;
const KEYS_AT_ONCE = 200;
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
    // Gone since it was listed.
    return dump instanceof Buffer ? [{ key, ttlMs, dump: dump.toString('base64') }] : [];
  });
}

/** @throws Failure REFUSED when the installation has keys already @returns how many were restored */
export async function restoreInto(
  { redis }: Database,
  entries: AsyncIterable<ExportedKey>,
): Promise<number> {
  if ((await keysOf(redis)).length > 0)
    throw refused('restore-target-not-empty', 'There is data under this prefix; nothing was done.');
  let restored = 0;
  for await (const { key, ttlMs, dump } of entries) {
    await redis.restore(key, Math.max(0, ttlMs), Buffer.from(dump, 'base64'));
    restored += 1;
  }
  return restored;
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
