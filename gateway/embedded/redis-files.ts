/**
 * Whether the append-only file is as long as it was. Redis cuts off a torn end by itself when it
 * loads the file, and `redis-check-aof --fix` does so by hand; either may drop writes that were
 * acknowledged.
 */
import { appendFile, readdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { REDIS_NOTICE } from '#shared/process/redis-notice.ts';

const FOLDER = 'appendonlydir';
const RECORD = 'append-only-sizes.json';
const LOG = 'redis.log';
const POLL_MS = 5_000;
/** What Redis logs when it has cut the file. */
const CUT =
  /loaded anyway because aof-load-truncated|short read while loading the AOF|Truncating the AOF/i;

const sizesSchema = z.record(z.string(), z.number());
type Sizes = z.infer<typeof sizesSchema>;

/** Before the server starts: files that are shorter than they were when they were last measured. */
export async function shortenedFiles(dir: string): Promise<string[]> {
  const [before, now] = await Promise.all([recorded(dir), sizesIn(dir)]);
  return Object.entries(before).flatMap(([name, was]) => {
    const bytes = now[name] ?? was;
    if (bytes >= was) return [];
    return [
      `The append-only file of Redis (${name}) is ${was - bytes} bytes shorter than it was: ` +
        'writes that were answered may be lost; compare with the broker, or restore a backup (docs/operate/restore.md).',
    ];
  });
}

/** Where the log ends before the server starts. */
export function logEnd(dir: string): Promise<number> {
  return sizeOf(join(dir, LOG));
}

/** After it has loaded: what it has logged of a torn end since then. */
export async function tornEnd(dir: string, from: number): Promise<string[]> {
  const log = await readFile(join(dir, LOG)).catch(() => Buffer.of());
  if (!CUT.test(log.subarray(from).toString())) return [];
  return [
    `Redis found the end of its append-only file torn and cut it off (${LOG} says where): a write that was ` +
      'answered may be lost; compare with the broker (docs/operate/restore.md).',
  ];
}

/** Stores a notice for the status. */
export async function note(dataDir: string, sentences: readonly string[]): Promise<void> {
  if (sentences.length > 0)
    await appendFile(join(dataDir, REDIS_NOTICE), `${sentences.join('\n')}\n`, { mode: 0o600 });
}

/** Measures the files now and then, and once more at the end. @returns what ends it */
export function measureFiles(dir: string): () => Promise<void> {
  const measure = async (): Promise<void> => {
    const sizes = await sizesIn(dir);
    const partial = join(dir, `${RECORD}.partial`);
    await writeFile(partial, JSON.stringify(sizes), { mode: 0o600 });
    await rename(partial, join(dir, RECORD));
  };
  const quietly = (): Promise<void> => measure().catch(() => undefined);
  const timer = setInterval(() => void quietly(), POLL_MS);
  timer.unref();
  void quietly();
  return async () => {
    clearInterval(timer);
    await quietly();
  };
}

async function sizesIn(dir: string): Promise<Sizes> {
  const parts = await readdir(join(dir, FOLDER)).catch(() => []);
  // Before Redis 7 it is one file.
  const names = ['appendonly.aof', ...parts.map((name) => join(FOLDER, name))];
  const sizes = await Promise.all(
    names
      .filter((name) => !name.endsWith('.manifest'))
      .map(async (name) => [name, await sizeOf(join(dir, name))] as const),
  );
  return Object.fromEntries(sizes.filter(([, bytes]) => bytes > 0));
}

/** 0 where there is none. */
function sizeOf(path: string): Promise<number> {
  return stat(path).then(
    ({ size }) => size,
    () => 0,
  );
}

async function recorded(dir: string): Promise<Sizes> {
  const text = await readFile(join(dir, RECORD), 'utf8').catch(() => '{}');
  try {
    return sizesSchema.parse(JSON.parse(text));
  } catch {
    return {};
  }
}
