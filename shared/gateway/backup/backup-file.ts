/**
 * A backup as a file: gzip of one JSON line a key, between a first line that says what it is and a
 * last line with their number and the SHA-256 of everything before.
 */
import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, open, rename, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';
import * as z from 'zod';
import { dataCorrupt } from '#shared/kernel/failure.ts';
import { decode } from '#shared/redis/codec.ts';
import type { ExportedKey } from './export.ts';

export const BACKUP_SUFFIX = '.ndjson.gz';

const FORMAT = 'arduino-trader-backup-1';

const headSchema = z.object({ format: z.literal(FORMAT) });
const keySchema = z.object({ key: z.string(), ttlMs: z.number(), dump: z.string() });
const endSchema = z.object({ keys: z.number(), sha256: z.string() });

/** Writes beside and renames, so that a file of this name is always whole. */
export async function writeBackup(
  file: string,
  entries: AsyncIterable<ExportedKey>,
): Promise<{ keys: number; bytes: number }> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  const partial = `${file}.partial`;
  let keys = 0;
  async function* counted(): AsyncGenerator<ExportedKey> {
    for await (const entry of entries) {
      keys += 1;
      yield entry;
    }
  }
  const target = createWriteStream(partial, { mode: 0o600 });
  await pipeline(Readable.from(linesOf(counted())), createGzip(), target);
  await onDisk(partial);
  await rename(partial, file);
  await onDisk(dirname(file));
  return { keys, bytes: (await stat(file)).size };
}

async function* linesOf(entries: AsyncIterable<ExportedKey>): AsyncGenerator<string> {
  const hash = createHash('sha256');
  let keys = 0;
  const hashed = (value: unknown): string => {
    const line = `${JSON.stringify(value)}\n`;
    hash.update(line);
    return line;
  };
  yield hashed({ format: FORMAT });
  for await (const entry of entries) {
    keys += 1;
    yield hashed(entry);
  }
  yield `${JSON.stringify({ keys, sha256: hash.digest('hex') })}\n`;
}

/** Reads a backup through once and says how many keys it has. @throws Failure DATA_CORRUPT */
export async function verifyBackup(file: string): Promise<number> {
  const hash = createHash('sha256');
  let keys = -1;
  let before: string | undefined;
  for await (const line of rawLines(file)) {
    if (before !== undefined) {
      if (keys === -1) decode(headSchema, before, file);
      hash.update(`${before}\n`);
      keys += 1;
    }
    before = line;
  }
  const end = decode(endSchema, before ?? '', file);
  if (end.keys !== keys) throw dataCorrupt(file, `it has ${keys} of ${end.keys} keys`);
  if (end.sha256 !== hash.digest('hex')) throw dataCorrupt(file, 'its checksum is another');
  return keys;
}

/** The keys of a backup that was verified. */
export async function* readBackup(file: string): AsyncGenerator<ExportedKey> {
  let index = 0;
  let before: string | undefined;
  for await (const line of rawLines(file)) {
    if (before !== undefined && index > 1) yield decode(keySchema, before, file);
    before = line;
    index += 1;
  }
}

async function* rawLines(file: string): AsyncGenerator<string> {
  const source = createReadStream(file);
  const unpacked = source.pipe(createGunzip());
  source.on('error', (error) => unpacked.destroy(error));
  try {
    yield* createInterface({ input: unpacked, crlfDelay: Infinity });
  } catch (cause) {
    throw dataCorrupt(file, cause instanceof Error ? cause.message : 'it cannot be read');
  } finally {
    // A file that stays open keeps its space on the disk after it was deleted.
    source.destroy();
    unpacked.destroy();
  }
}

async function onDisk(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
