/**
 * The folder of an installation: `secrets/`, `redis/`, and `lock`, which names its owner. One
 * process at a time: two Redis servers on one append-only file would corrupt it.
 */
import { link, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import * as z from 'zod';
import { Failure } from '#shared/kernel/failure.ts';
import { lives, markOf, type ProcessMark } from './processes.ts';

export interface DataDir {
  readonly path: string;
  release(): Promise<void>;
}

const markSchema = z.object({ pid: z.number().int().positive(), startedAt: z.string().nullable() });
const TRIES = 5;

/** @throws Failure REFUSED (`data-dir-in-use`, `data-dir-not-writable`) */
export async function takeDataDir(given: string): Promise<DataDir> {
  const path = resolve(given);
  const lock = join(path, 'lock');
  const mine = join(path, `lock.${process.pid}`);
  await mkdir(path, { recursive: true, mode: 0o700 })
    .then(async () => writeFile(mine, JSON.stringify(await markOf(process.pid))))
    .catch((cause: unknown) => {
      throw notWritable(path, cause);
    });
  try {
    await claim(path, lock, mine);
  } finally {
    await rm(mine, { force: true });
  }
  return { path, release: () => rm(lock, { force: true }) };
}

/** Links our mark to the lock's name: the one step that either happens or fails. */
async function claim(path: string, lock: string, mine: string): Promise<void> {
  for (let attempt = 0; attempt < TRIES; attempt += 1) {
    try {
      return await link(mine, lock);
    } catch (thrown) {
      if ((thrown as NodeJS.ErrnoException).code !== 'EEXIST') throw notWritable(path, thrown);
    }
    const text = await readFile(lock, 'utf8').catch(() => undefined);
    const owner = text === undefined ? undefined : parseMark(text);
    if (owner && (await lives(owner))) throw inUse(path, owner);
    if (text !== undefined) await removeStale(lock, text, `${mine}.stale`);
  }
  throw inUse(path, undefined);
}

/** Moves a dead owner's lock away; one that someone took in the meantime is put back. */
async function removeStale(lock: string, seen: string, aside: string): Promise<void> {
  await rename(lock, aside).catch(() => undefined);
  const moved = await readFile(aside, 'utf8').catch(() => undefined);
  if (moved !== undefined && moved !== seen) await link(aside, lock).catch(() => undefined);
  await rm(aside, { force: true });
}

function parseMark(text: string): ProcessMark | undefined {
  try {
    return markSchema.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

function inUse(path: string, owner: ProcessMark | undefined): Failure {
  const who = owner ? ` (process ${owner.pid})` : '';
  return new Failure(
    'REFUSED',
    `DATA_DIR: ${path} is in use by another run${who}; stop it, or set DATA_DIR to another folder.`,
    { rule: 'data-dir-in-use' },
  );
}

function notWritable(path: string, cause: unknown): Failure {
  const why = (cause as NodeJS.ErrnoException).code ?? 'unknown';
  return new Failure(
    'REFUSED',
    `DATA_DIR: cannot write to ${path} (${why}).`,
    { rule: 'data-dir-not-writable' },
    cause,
  );
}
