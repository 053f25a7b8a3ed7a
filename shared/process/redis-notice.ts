/**
 * A notice of damage that the start found in the files of its own Redis. It stays in the status
 * until a person removes the file, since the next start cannot detect the loss again.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** In DATA_DIR. */
export const REDIS_NOTICE = 'REDIS-TRUNCATED';

/** @returns the sentences that are noted; none where there is no file */
export async function redisNotices(dataDir: string): Promise<string[]> {
  const text = await readFile(join(dataDir, REDIS_NOTICE), 'utf8').catch(() => '');
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  return lines.map((line) => `${line} Remove the file ${REDIS_NOTICE} in DATA_DIR once you know.`);
}
