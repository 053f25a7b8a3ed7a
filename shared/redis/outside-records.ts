/**
 * Records of the epoch outside Redis: lines in a file of the data folder, and a secret for
 * functions that have no folder. The file is only appended to, so that several processes may write
 * it and a torn line spoils no other.
 */
import { randomUUID } from 'node:crypto';
import { closeSync, constants, existsSync, fstatSync, openSync, readSync } from 'node:fs';
import { link, open, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import * as z from 'zod';
import { atFirstUse } from '#shared/kernel/at-first-use.ts';
import { laterEpoch, type Epoch } from './epoch.ts';
import { KnownTexts } from './known-texts.ts';

export interface OutsideRecords {
  /**
   * The latest epoch on record; undefined where there is none.
   * @throws UnreadableRecord
   */
  latest(): Promise<Epoch | undefined>;
  /** Appends and fsyncs; does nothing where there is no folder to write to. */
  append(epoch: Epoch): Promise<void>;
}

/** A record exists but cannot be read: it must not be treated as absent. */
export class UnreadableRecord extends Error {}

export interface RecordPlaces {
  /** Shared by the installations of a data folder; lines carry the key prefix. */
  readonly file?: string | undefined;
  readonly keyPrefix: string;
  /** One line: id and generation. */
  readonly secretFile?: string | undefined;
}

/** Of an installation's data folder. */
export function recordFileIn(dataDir: string): string {
  return join(dataDir, 'state-epoch.log');
}

export const noRecords: OutsideRecords = {
  latest: () => Promise.resolve(undefined),
  append: () => Promise.resolve(),
};

const TAIL_BYTES_MAX = 65_536;

const lineSchema = atFirstUse(() =>
  z.object({
    prefix: z.string(),
    id: z.string(),
    generation: z.number().int().positive(),
    sequence: z.number().int().nonnegative(),
  }),
);

export function recordsAt({ file, keyPrefix, secretFile }: RecordPlaces): OutsideRecords {
  const known = new KnownTexts();
  return {
    latest: async () => {
      const kept = file === undefined ? undefined : latestIn(file, keyPrefix, known);
      return kept ?? (secretFile === undefined ? undefined : secretEpoch(secretFile));
    },
    append: async (epoch) => {
      if (file !== undefined && (await isFolder(dirname(file))))
        await append(file, JSON.stringify({ prefix: keyPrefix, ...epoch }));
    },
  };
}

/** The greatest epoch of the installation named last: lines of two processes may be interleaved. */
function latestIn(file: string, keyPrefix: string, known: KnownTexts): Epoch | undefined {
  const text = tailOf(file);
  if (text === undefined) return undefined;
  return known.read(file, text, () => latestOf(text, file, keyPrefix));
}

function latestOf(text: string, file: string, keyPrefix: string): Epoch | undefined {
  const lines = text.split('\n').filter((line) => line !== '');
  const parsed = lines.flatMap(parseLine);
  if (parsed.length === 0) throw new UnreadableRecord(`${file} holds no line that can be read`);
  const own = parsed.filter(({ prefix }) => prefix === keyPrefix);
  const last = own.at(-1);
  if (last === undefined) return undefined;
  const { id, generation, sequence } = own.filter((one) => one.id === last.id).reduce(laterEpoch);
  return { id, generation, sequence };
}

function parseLine(line: string): z.infer<ReturnType<typeof lineSchema>>[] {
  try {
    return [lineSchema().parse(JSON.parse(line))];
  } catch {
    return [];
  }
}

/**
 * Synchronously: it is asked before each guarded commit, and the pool of threads costs ten times the reading.
 * @returns undefined where there is no file
 * @throws UnreadableRecord for any other reason
 */
function tailOf(file: string): string | undefined {
  let handle: number | undefined;
  try {
    handle = openSync(file, 'r');
    const { size } = fstatSync(handle);
    const from = Math.max(0, size - TAIL_BYTES_MAX);
    const buffer = Buffer.alloc(size - from);
    return buffer.toString('utf8', 0, readSync(handle, buffer, { position: from }));
  } catch (thrown) {
    if (isMissing(thrown)) return undefined;
    throw new UnreadableRecord(`${file} cannot be read (${codeOf(thrown)})`);
  } finally {
    if (handle !== undefined) closeSync(handle);
  }
}

async function secretEpoch(file: string): Promise<Epoch | undefined> {
  const text = await readFile(file, 'utf8').catch((thrown: unknown) => {
    if (isMissing(thrown)) return undefined;
    throw new UnreadableRecord(`${file} cannot be read (${codeOf(thrown)})`);
  });
  if (text === undefined) return undefined;
  const [, id, generation] = /^(\w+) (\d{1,9})$/.exec(text.trim()) ?? [];
  if (id === undefined) throw new UnreadableRecord(`${file} is not "<id> <generation>"`);
  return { id, generation: Number(generation), sequence: 0 };
}

/** Blank lines around it separate it from a line torn by a crash. */
async function append(file: string, line: string): Promise<void> {
  const text = `\n${line}\n`;
  if (!existsSync(file) && (await begin(file, text))) return;
  const { O_APPEND, O_CREAT, O_WRONLY } = constants;
  const handle = await open(file, O_APPEND | O_CREAT | O_WRONLY, 0o600);
  try {
    const isNew = (await handle.stat()).size === 0;
    await handle.writeFile(text);
    await handle.datasync();
    if (isNew) await syncFolder(dirname(file));
  } finally {
    await handle.close();
  }
}

/** Where another process was first, or a file system has no links: then the line is appended. */
const NOT_BEGUN = ['EEXIST', 'EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'];

/**
 * Lets the file appear with its first line: one without a line, which another process may read before the line is
 * written and a crash would leave for ever, is a record that cannot be read.
 */
async function begin(file: string, text: string): Promise<boolean> {
  const draft = `${file}.${randomUUID()}.draft`;
  try {
    await writeFile(draft, text, { mode: 0o600, flag: 'wx', flush: true });
    await link(draft, file);
    await syncFolder(dirname(file));
    return true;
  } catch (thrown) {
    if (NOT_BEGUN.includes(codeOf(thrown))) return false;
    throw thrown;
  } finally {
    await rm(draft, { force: true });
  }
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

function isMissing(thrown: unknown): boolean {
  return ['ENOENT', 'ENOTDIR'].includes(codeOf(thrown));
}

function codeOf(thrown: unknown): string {
  return (thrown as NodeJS.ErrnoException).code ?? 'unknown';
}
