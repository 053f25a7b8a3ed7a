/**
 * Records which process has the files of the embedded Redis, and finds and stops one that a killed
 * run left behind. Two servers on one append-only file would corrupt it.
 */
import { open, readdir, readFile, readlink, realpath, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import * as z from 'zod';
import { Failure } from '#shared/kernel/failure.ts';
import { lives, markOf, type ProcessMark } from '../processes.ts';

const STOP_MS_MAX = 3_000;
const POLL_MS = 20;
const SERVER_NAME = 'redis-server';

const recordSchema = z.object({
  pid: z.number().int().positive(),
  startedAt: z.string().nullable(),
});

/** Writes down which process has the files of the folder: whole, and on the disk, or not at all. */
export async function recordServer(dir: string, pid: number): Promise<void> {
  const draft = join(dir, 'server.json.draft');
  const handle = await open(draft, 'w', 0o600);
  try {
    await handle.writeFile(JSON.stringify(await markOf(pid)));
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(draft, recordFile(dir));
  await syncFolder(dir);
}

export async function forgetServer(dir: string): Promise<void> {
  await rm(recordFile(dir), { force: true });
}

/**
 * Shuts down every server that still has the files: the recorded one, and any that was started and
 * not recorded, because the run died in between or its record is torn. Each has every write on the
 * disk, and so it may go.
 * @throws Failure UNAVAILABLE when one does not end
 */
export async function stopLeftovers(dir: string): Promise<void> {
  const recorded = await recordedServer(dir);
  const marks = [...(recorded ? [recorded] : []), ...(await serversIn(dir))];
  for (const mark of marks) await stopServer(mark);
  await forgetServer(dir);
}

/** @returns undefined where there is no record, or an empty or torn one */
async function recordedServer(dir: string): Promise<ProcessMark | undefined> {
  const text = await readFile(recordFile(dir), 'utf8').catch(() => '');
  try {
    return recordSchema.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

/**
 * Servers that work in the folder, as Linux lists them: a server has it as its working directory from
 * its first moment on (`spawn`'s `cwd`), hence before anything could be recorded. Elsewhere only the
 * record is known.
 */
async function serversIn(dir: string): Promise<ProcessMark[]> {
  const folder = await realpath(dir);
  const entries = await readdir('/proc').catch(() => []);
  const pids = entries.filter((name) => /^\d+$/.test(name)).map(Number);
  const found = await Promise.all(pids.map((pid) => isServerIn(pid, folder)));
  return Promise.all(pids.filter((_pid, i) => found[i]).map(markOf));
}

async function isServerIn(pid: number, folder: string): Promise<boolean> {
  const name = await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => '');
  if (name.trim() !== SERVER_NAME) return false;
  return (await readlink(`/proc/${pid}/cwd`).catch(() => '')) === folder;
}

async function stopServer(mark: ProcessMark): Promise<void> {
  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    if (!(await lives(mark))) return;
    send(mark.pid, signal);
    if (await goneWithin(mark, STOP_MS_MAX)) return;
  }
  throw new Failure(
    'UNAVAILABLE',
    `A redis-server that an earlier run left behind (process ${mark.pid}) does not end. End it (kill -9 ${mark.pid}), then start again: two servers would damage the same file.`,
    { pid: mark.pid },
  );
}

/**
 * It may have ended a moment ago; a process of another user is detected below, as it keeps running.
 */
function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (thrown) {
    if (!['ESRCH', 'EPERM'].includes((thrown as NodeJS.ErrnoException).code ?? '')) throw thrown;
  }
}

async function goneWithin(mark: ProcessMark, ms: number): Promise<boolean> {
  const until = performance.now() + ms;
  while (performance.now() < until) {
    if (!(await lives(mark))) return true;
    await sleep(POLL_MS);
  }
  return !(await lives(mark));
}

function recordFile(dir: string): string {
  return join(dir, 'server.json');
}

async function syncFolder(dir: string): Promise<void> {
  const handle = await open(dir, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
