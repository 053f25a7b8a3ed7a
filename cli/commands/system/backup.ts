/** `trader backup`, `trader restore FILE`: everything that is kept, into a file and back. */
import { spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from 'commander';
import { gateway } from '#shared/contract/gateway.ts';
import { Failure } from '#shared/kernel/failure.ts';
import { fromCallerFolder } from '../../caller-folder.ts';
import { commandExitCodes } from '../../command-exit-codes.ts';
import { openInstallation, type Ask } from '../../gateway-client.ts';
import { output, type OutputOptions } from '../../output.ts';
import { momentText } from '../../overview-text.ts';

const ANSWER_MS_MAX = 60_000;
const POLL_MS = 500;
const POLLS_MAX = 600;

interface RestoreOptions extends OutputOptions {
  readonly replace?: boolean;
  readonly dryRun?: boolean;
}

export function backup(trader: Command): void {
  trader
    .command('backup')
    .description('writes everything that is kept to a file, and reads it through')
    .option('--json', 'writes one JSON document')
    .action(write);
  trader
    .command('restore')
    .description('verifies a backup and restores it; the system must not run')
    .argument('<file>', 'a backup, as trader backup names it')
    .option('--dry-run', 'verifies it, and changes nothing')
    .option('--replace', 'what is there is kept in a file and then removed')
    .option('--json', 'writes one JSON document')
    .action(restore);
}

async function write(options: OutputOptions): Promise<void> {
  const ask = openInstallation(ANSWER_MS_MAX);
  const before = await runsOf(ask);
  const request = { jobName: 'backup', force: true };
  await ask(gateway.triggerJob, request, { idempotencyKey: `trader-${randomUUID()}` });
  const ended = await endOf(ask, before.runCount);
  if (ended.lastError !== '') throw new Failure('REFUSED', `The backup failed: ${ended.lastError}`);
  const { newestBackup } = await ask(gateway.getSystemStatus, { includeDetails: true });
  if (!newestBackup) throw new Failure('REFUSED', 'The backup was not read through.');
  const { file, keys, sizeBytes, writtenAt } = newestBackup;
  output(options, newestBackup, [
    `${file}: ${keys} keys, ${sizeBytes} bytes, of ${momentText(writtenAt)}, read through.`,
    'It is in DATA_DIR/backups of the board that has the data. Restore: trader restore FILE',
  ]);
}

async function runsOf(ask: Ask) {
  const { job } = await ask(gateway.getJobStatus, { jobName: 'backup' });
  return {
    runCount: job?.runCount ?? 0,
    lastError: job?.lastError ?? '',
    status: job?.status ?? '',
  };
}

/** @throws Failure TIMED_OUT where it has not ended after five minutes */
async function endOf(ask: Ask, runCount: number) {
  for (let poll = 0; poll < POLLS_MAX; poll += 1) {
    const now = await runsOf(ask);
    if (now.runCount > runCount && now.status !== 'running') return now;
    await sleep(POLL_MS);
  }
  throw new Failure('UNAVAILABLE', 'The backup has not ended yet; trader jobs shows when it has.');
}

/** The script verifies first, refuses while the system runs, and says what it did. */
function restore(file: string, { replace, dryRun, json }: RestoreOptions): void {
  // trader.mjs names the source that runs, wherever its build lies.
  const root = join(dirname(process.argv[1] ?? ''), '..');
  const flags = [...(replace ? ['--replace'] : []), ...(dryRun ? ['--dry-run'] : [])];
  const path = fromCallerFolder(file);
  const script = [join(root, 'scripts/run.mjs'), join(root, 'scripts/restore-backup.ts')];
  const ran = spawnSync(process.execPath, [...script, path, ...flags], {
    cwd: root,
    encoding: 'utf8',
    stdio: ['inherit', json ? 'pipe' : 'inherit', 'inherit'],
  });
  const lines = (ran.stdout ?? '').split('\n').filter((line) => line !== '');
  if (json) output({ json }, { file: path, restored: ran.status === 0 && !dryRun, lines }, lines);
  process.exitCode = ran.status ?? commandExitCodes.failed;
}
