/** CSV files of prices, on a disk or in memory. */
import { readFileSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { basename, dirname, join } from 'node:path';
import { refused } from '#shared/kernel/failure.ts';

/** A file that may hold prices; the contract of imports knows the same names. */
const PRICE_FILE_NAME = /\.(?:csv|tsv|txt)$/i;

export interface PriceFolder {
  /** For a person. */
  readonly path: string;
  /** Of its text files (`.csv`, `.tsv`, `.txt`), sorted. */
  readonly names: readonly string[];
  /** Of its spreadsheets, which are not read. */
  readonly spreadsheets: readonly string[];
  /** The one file of prices, where the path named a file. */
  readonly only?: string;
  read(name: string): Promise<Uint8Array>;
  /** Of a disk: the file as it is now. */
  readonly readAgain?: (name: string) => Uint8Array;
}

/**
 * @param path a folder, or one file of prices with `securities.csv` beside it
 * @throws Failure REFUSED where the path is missing
 */
export async function folderAt(path: string): Promise<PriceFolder> {
  const found = await stat(path).catch(() => undefined);
  if (!found)
    throw refused('market-data-missing', `There is no file or folder ${path} to read prices from.`);
  const folder = found.isDirectory() ? path : dirname(path);
  const names = await readdir(folder);
  const readAgain = (name: string) => readFileSync(join(folder, name));
  return {
    path: folder,
    names: textNames(names),
    spreadsheets: found.isDirectory() ? names.filter((name) => SPREADSHEET.test(name)).sort() : [],
    ...(!found.isDirectory() && { only: basename(path) }),
    read: inTurns(readAgain),
    readAgain,
  };
}

/** Files that are read before others have a turn: one that is opened asynchronously takes five times as long. */
const FILES_A_TURN = 20;

function inTurns(read: (name: string) => Uint8Array): PriceFolder['read'] {
  let count = 0;
  return async (name) => {
    count += 1;
    if (count % FILES_A_TURN === 0) await nextTurn();
    return read(name);
  };
}

export function folderInMemory(path: string, files: ReadonlyMap<string, Uint8Array>): PriceFolder {
  const read = async (name: string): Promise<Uint8Array> => files.get(name) ?? new Uint8Array();
  return { path, names: textNames([...files.keys()]), spreadsheets: [], read };
}

const SPREADSHEET = /\.(?:xlsx?|xlsm|ods|numbers)$/i;

function textNames(names: readonly string[]): readonly string[] {
  return names.filter((name) => PRICE_FILE_NAME.test(name)).sort();
}
