/** Begins a securities.csv: a line for each symbol that the files of prices are about. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { refused } from '#shared/kernel/failure.ts';
import { isIsin } from '#shared/kernel/isin.ts';
import { isSymbol, SECURITIES_HEADER } from '../csv/csv-securities.ts';
import type { DataReport } from './check-folder.ts';

/**
 * @returns the path that was written
 * @throws Failure REFUSED securities-file-exists, which is never overwritten; prices-missing
 */
export async function writeSecurities({
  folder,
  securities,
  securitiesFile,
}: DataReport): Promise<string> {
  const path = join(folder, 'securities.csv');
  const symbols = securities.map(({ symbol }) => symbol);
  if (securitiesFile) throw exists(path);
  if (symbols.length === 0)
    throw refused('prices-missing', `${folder} has no prices that are understood.`);
  const text = `${[SECURITIES_HEADER, ...symbols.map(lineOf)].join('\n')}\n`;
  try {
    await writeFile(path, text, { flag: 'wx' });
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code !== 'EEXIST') throw thrown;
    throw exists(path);
  }
  return path;
}

function exists(path: string) {
  return refused('securities-file-exists', `${path} is there already and is left as it is.`);
}

/** The ISIN where the file is named by it, the name where it can be no symbol; all else is for a person to fill in. */
function lineOf(symbol: string): string {
  const known: Readonly<Record<string, string>> = {
    ...(isSymbol(symbol) ? { symbol } : { name: symbol }),
    ...(isIsin(symbol) && { isin: symbol }),
  };
  const fields = SECURITIES_HEADER.split(',').map((name) => known[name] ?? '');
  return fields
    .map((field) => (/[",]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field))
    .join(',');
}
