/** CSV files of prices, on a disk or in memory. */
import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { refused } from '#shared/kernel/failure.ts';

export interface PriceFolder {
  /** For a person. */
  readonly path: string;
  /** Of its CSV files, sorted. */
  readonly names: readonly string[];
  /** The one file of prices, where the path named a file. */
  readonly only?: string;
  read(name: string): Promise<Uint8Array>;
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
  return {
    path: folder,
    names: csvNames(await readdir(folder)),
    ...(!found.isDirectory() && { only: basename(path) }),
    read: (name) => readFile(join(folder, name)),
  };
}

export function folderInMemory(path: string, files: ReadonlyMap<string, Uint8Array>): PriceFolder {
  const read = async (name: string): Promise<Uint8Array> => files.get(name) ?? new Uint8Array();
  return { path, names: csvNames([...files.keys()]), read };
}

function csvNames(names: readonly string[]): readonly string[] {
  return names.filter((name) => /\.csv$/i.test(name)).sort();
}
