/**
 * Price files on their way into Redis: parts, which arrive in any order and are kept for an hour, and
 * imports, each under the hash of its files. One import stands; the switch to another is one write.
 */
import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { fieldsOf } from '#shared/clients/market-data/imported/imported-files.ts';
import type { CsvContents } from '#shared/clients/market-data/csv/csv-contents.ts';
import type { PriceFolder } from '#shared/clients/market-data/csv/price-folder.ts';
import { invalidRequest } from '#shared/kernel/failure.ts';
import { contentHash } from '#shared/kernel/hash.ts';
import type { Database } from '#shared/redis/database.ts';
import { keys } from '#shared/redis/keys.ts';

/** A file by the SHA-256 of its parts. */
export interface FileInParts {
  readonly name: string;
  readonly parts: readonly string[];
}

const PART_BYTES_MAX = 1024 * 1024;
const HOUR_SECONDS = 3_600;
const unzip = promisify(gunzip);
const { importedCurrent, imported, importedPart } = keys.universe;

export class PriceFileStore {
  private readonly database: Database;

  constructor(database: Database) {
    this.database = database;
  }

  /** @throws Failure INVALID_REQUEST for what is no part */
  async keepParts(contents: readonly string[]): Promise<void> {
    for (const [i, content] of contents.entries()) {
      const bytes = await partOf(content, `contents[${i}]`);
      const hash = createHash('sha256').update(bytes).digest('hex');
      await this.database.redis.set(importedPart(hash), content, 'EX', HOUR_SECONDS);
    }
  }

  /** Parts that are not here, each once. */
  async missing(files: readonly FileInParts[]): Promise<readonly string[]> {
    const all = [...new Set(files.flatMap(({ parts }) => parts))];
    const found = await Promise.all(
      all.map((hash) => this.database.redis.expire(importedPart(hash), HOUR_SECONDS)),
    );
    return all.filter((_hash, i) => found[i] === 0);
  }

  /** @throws Failure INVALID_REQUEST where a part has gone since */
  async bytesOf({ name, parts }: FileInParts): Promise<Uint8Array> {
    const chunks = await Promise.all(
      parts.map(async (hash) => {
        const content = await this.database.redis.get(importedPart(hash));
        return partOf(content ?? '', `files.${name}`);
      }),
    );
    return Buffer.concat(chunks);
  }

  current(): Promise<string | null> {
    return this.database.redis.get(importedCurrent());
  }

  /** Stores what the files say, and lets it stand. The import before is readable for another hour. */
  async put(version: string, contents: CsvContents, folder: PriceFolder): Promise<void> {
    const { redis } = this.database;
    const before = await this.current();
    if (before === version) return;
    await redis.del(imported(version));
    for (const [field, value] of await fieldsOf(contents, folder))
      await redis.hset(imported(version), field, value);
    await redis.set(importedCurrent(), version);
    if (before !== null) await redis.expire(imported(before), HOUR_SECONDS);
  }
}

/** The same files have the same. */
export function versionOf(files: readonly FileInParts[]): string {
  const byName = [...files].sort((a, b) => (a.name < b.name ? -1 : 1));
  return contentHash(byName.map(({ name, parts }) => [name, parts]));
}

async function partOf(content: string, field: string): Promise<Uint8Array> {
  try {
    return await unzip(Buffer.from(content, 'base64'), { maxOutputLength: PART_BYTES_MAX });
  } catch {
    throw invalidRequest({ field, message: 'is no gzip in base64 of at most a megabyte' });
  }
}
