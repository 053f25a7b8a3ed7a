/** The backup task: everything that is kept, in one file, and only so many files. */
import { readdir, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { isoText } from '#shared/kernel/instant.ts';
import type { Context } from '#shared/runtime/context.ts';
import type { JobEnd } from '../model/job-record.ts';
import { writeBackup } from './backup-file.ts';
import { exported } from './export.ts';

const BACKUPS_KEPT = 14;
const SUFFIX = '.ndjson.gz';

export async function backUp({ database, settings, signal, now }: Context): Promise<JobEnd> {
  const folder = join(settings.dataDir, 'backups');
  const name = `${isoText(now()).replaceAll(':', '-')}${SUFFIX}`;
  const { keys, bytes } = await writeBackup(join(folder, name), exported(database, signal));
  const dropped = await dropOldest(folder);
  const kept = dropped === 0 ? '' : ` ${dropped} old one${dropped === 1 ? '' : 's'} removed.`;
  return { ok: true, message: `${keys} keys in ${name}, ${bytes} bytes.${kept}` };
}

/** Names sort by time. */
async function dropOldest(folder: string): Promise<number> {
  const names = (await readdir(folder)).filter((name) => name.endsWith(SUFFIX)).sort();
  const old = names.slice(0, Math.max(0, names.length - BACKUPS_KEPT));
  await Promise.all(old.map((name) => unlink(join(folder, name))));
  return old.length;
}
