/** The backup to restore: the newest one that is complete. */
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { BackupStatus } from '#protos/gen/gateway.ts';
import { Failure } from '#shared/kernel/failure.ts';
import { instantOf, toTimestamp } from '#shared/kernel/instant.ts';
import { BACKUP_SUFFIX, verifyBackup } from './backup-file.ts';

interface Backups {
  readonly newestGood: BackupStatus | undefined;
  /** A sentence for each newer one that cannot be restored. */
  readonly complaints: readonly string[];
}

/** What was read through, by path, size and time of change; an Error where it is not whole. */
const verified = new Map<string, Promise<number | Failure>>();
const REMEMBERED_MAX = 100;

/** @param folder `DATA_DIR/backups`; where there is none, there is no backup */
export async function newestBackup(folder: string): Promise<Backups> {
  const names = (await readdir(folder).catch(() => [])).filter(isBackup).sort().reverse();
  const complaints: string[] = [];
  for (const name of names) {
    const file = join(folder, name);
    const found = await stat(file).catch(() => undefined);
    if (!found) continue;
    const keys = await keysOf(file, found.size, found.mtimeMs);
    if (keys instanceof Failure) {
      complaints.push(`The backup ${name} cannot be restored: ${keys.message}`);
      continue;
    }
    const writtenAt = toTimestamp(instantOf(Math.round(found.mtimeMs)));
    const newestGood = { file: name, writtenAt, keys: String(keys), sizeBytes: String(found.size) };
    return { newestGood, complaints };
  }
  return { newestGood: undefined, complaints };
}

/** Those that the job wrote, and those that a restore kept. */
function isBackup(name: string): boolean {
  return name.endsWith(BACKUP_SUFFIX);
}

/** A file that did not change is read through once. */
function keysOf(file: string, size: number, changedMs: number): Promise<number | Failure> {
  const mark = `${file} ${size} ${changedMs}`;
  const known = verified.get(mark) ?? verifyBackup(file).catch((thrown) => Failure.from(thrown));
  if (verified.size > REMEMBERED_MAX) verified.clear();
  verified.set(mark, known);
  return known;
}
