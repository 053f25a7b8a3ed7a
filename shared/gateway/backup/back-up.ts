/** The backup task: everything that is kept, in one file that is read back, and only so many files. */
import { readdir, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { isoText } from '#shared/kernel/instant.ts';
import type { Context } from '#shared/runtime/context.ts';
import type { JobEnd } from '../model/job-record.ts';
import { dataCorrupt } from '#shared/kernel/failure.ts';
import { BACKUP_SUFFIX, verifyBackup, writeBackup } from './backup-file.ts';
import { exported } from './export.ts';

const BACKUPS_KEPT = 14;

export async function backUp({ database, settings, signal, now }: Context): Promise<JobEnd> {
  const folder = join(settings.dataDir, 'backups');
  const name = `${isoText(now()).replaceAll(':', '-')}${BACKUP_SUFFIX}`;
  const file = join(folder, name);
  const { keys, bytes } = await writeBackup(file, exported(database, signal));
  // Verified by reading it back from the disk; older ones are deleted only after that.
  const found = await verifyBackup(file);
  if (found !== keys) throw dataCorrupt(file, `it has ${found} of ${keys} keys`);
  const dropped = await dropOldest(folder);
  const kept = dropped === 0 ? '' : ` ${dropped} old one${dropped === 1 ? '' : 's'} removed.`;
  return { ok: true, message: `${keys} keys in ${name}, ${bytes} bytes, read back.${kept}` };
}

/** Names sort by time. */
async function dropOldest(folder: string): Promise<number> {
  const names = (await readdir(folder)).filter((name) => name.endsWith(BACKUP_SUFFIX)).sort();
  const old = names.slice(0, Math.max(0, names.length - BACKUPS_KEPT));
  await Promise.all(old.map((name) => unlink(join(folder, name))));
  return old.length;
}
