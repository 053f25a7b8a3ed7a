/**
 * Restores a backup: `npm run restore -- FILE [--replace] [--connected] [--dry-run]`, into the Redis
 * of DATA_DIR, or into the one that REDIS_URL names. The file is verified before anything is written;
 * what was there is kept in a backup of its own; a restore that was cut off leaves trading halted.
 */
import { basename, join } from 'node:path';
import { parseArgs } from 'node:util';
import { readBackup, verifyBackup, writeBackup } from '#shared/gateway/backup/backup-file.ts';
import { exported, keyCount, removeAll, restoreInto } from '#shared/gateway/backup/export.ts';
import { auditStateAct } from '#shared/runtime/audit/state-act.ts';
import { Failure } from '#shared/kernel/failure.ts';
import { openInstallation, requireAlone, type Installation } from './stopped-installation.ts';

const USAGE = 'usage: npm run restore -- FILE [--replace] [--connected] [--dry-run]';
const NEVER = new AbortController().signal;

interface Options {
  readonly replace: boolean;
  readonly connected: boolean;
  readonly 'dry-run': boolean;
}

async function restore(file: string, options: Options): Promise<void> {
  const keys = await verifyBackup(file);
  const installation = await openInstallation(process.env);
  const { database, place, close } = installation;
  try {
    await requireAlone(database.redis, options.connected);
    const there = await keyCount(database);
    console.log(`${file} is whole and has ${keys} keys. Target: ${place}, with ${there} keys.`);
    if (there > 0 && !options.replace)
      throw new Failure(
        'REFUSED',
        `There are ${there} keys at the target; nothing was done. With --replace they are kept in a file and then removed.`,
        { rule: 'restore-target-not-empty' },
      );
    if (options['dry-run']) return console.log('Nothing was changed (--dry-run).');
    if (there > 0) await clear(installation);
    await database.epoch.raiseDoubt('a restore was begun and did not end');
    const restored = await restoreInto(database, readBackup(file));
    const { generation } = await database.epoch.declare();
    await auditStateAct(database, 'state-restore', basename(file));
    console.log(`${restored} of ${keys} keys restored; the state begins generation ${generation}.`);
    console.log(
      'Next: start it with trading halted, and compare with the broker (docs/operate/restore.md).',
    );
  } finally {
    await close();
  }
}

async function clear({ database, settings }: Installation): Promise<void> {
  const name = `before-restore-${new Date().toISOString().replaceAll(':', '-')}.ndjson.gz`;
  const file = join(settings.dataDir, 'backups', name);
  await writeBackup(file, exported(database, NEVER));
  console.log(`What was there is kept in ${file}.`);
  await database.epoch.raiseDoubt('a restore was begun and did not end');
  await removeAll(database);
}

try {
  const { values, positionals } = parseArgs({
    args: process.argv.slice(2),
    allowPositionals: true,
    options: {
      replace: { type: 'boolean', default: false },
      connected: { type: 'boolean', default: false },
      'dry-run': { type: 'boolean', default: false },
    },
  });
  const [file, ...more] = positionals;
  if (file === undefined || more.length > 0) throw new Failure('INVALID_REQUEST', USAGE);
  await restore(file, values);
} catch (thrown) {
  console.error(thrown instanceof Error ? thrown.message : thrown);
  process.exitCode = 1;
}
