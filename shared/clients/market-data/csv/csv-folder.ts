/** What each file of a folder is. */
import { join } from 'node:path';
import { refused } from '#shared/kernel/failure.ts';
import { wideColumns } from './format/column-names.ts';
import { barTables, priceRowKinds } from './csv-layout.ts';
import { SECURITIES_HEADER } from './csv-securities.ts';
import { readTable, type CsvTable } from './format/csv-table.ts';
import type { PriceFolder } from './price-folder.ts';
import { symbolOfFile } from './symbol-match.ts';

export interface CsvFiles {
  readonly folder: string;
  /** Undefined where there is no `securities.csv`. */
  readonly securities: CsvTable | undefined;
  readonly rates: CsvTable | undefined;
  /** The European Central Bank's table, under the name that it is downloaded with. */
  readonly ecbRates: CsvTable | undefined;
  readonly fundamentals: CsvTable | undefined;
  readonly actions: CsvTable | undefined;
  /** Names of files that are not read. */
  readonly spreadsheets: readonly string[];
}

const RESERVED = [
  'securities.csv',
  'rates.csv',
  'fundamentals.csv',
  'actions.csv',
  // Read by live sources alone.
  'symbols.csv',
] as const;

/** `eurofxref.csv` of a day, and the history. */
const ECB_RATES = /^eurofxref(?:-hist(?:-90d)?)?\.csv$/i;

/** What each file beside the prices is, by its name. */
export async function readFiles(folder: PriceFolder): Promise<CsvFiles> {
  const ecb = folder.names.filter((name) => ECB_RATES.test(name)).sort()[0];
  const optional = async (name: (typeof RESERVED)[number]): Promise<CsvTable | undefined> => {
    const actual = folder.names.find((other) => other.toLowerCase() === name);
    return actual === undefined ? undefined : readTable(actual, await folder.read(actual));
  };
  return {
    ...{ folder: folder.path, spreadsheets: folder.spreadsheets },
    securities: await optional('securities.csv'),
    rates: await optional('rates.csv'),
    ecbRates: ecb === undefined ? undefined : readTable(ecb, await folder.read(ecb)),
    fundamentals: await optional('fundamentals.csv'),
    actions: await optional('actions.csv'),
  };
}

/** A file of prices. */
export interface PriceFile {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** The other files, one after the other: all of them at once take much memory. */
export async function* priceFiles(folder: PriceFolder): AsyncGenerator<PriceFile> {
  const { names, only } = folder;
  const isReserved = (name: string) =>
    ECB_RATES.test(name) || RESERVED.some((other) => other === name.toLowerCase());
  const priceNames = only === undefined ? names.filter((name) => !isReserved(name)) : [only];
  for (const name of priceNames) yield { name, bytes: await folder.read(name) };
}

export function priceTable({ name, bytes }: PriceFile): CsvTable {
  return readTable(name, bytes, priceRowKinds);
}

/** Symbols that files of prices seem to be about, where no listing says. */
export function symbolsIn(tables: readonly CsvTable[]): readonly string[] {
  const found = tables.flatMap((table) => {
    const bars = barTables(table);
    if (!bars) return isNote(table) ? [] : wideColumns(table.header);
    return bars.map(({ symbol, file }) => symbol ?? symbolOfFile(file));
  });
  return [...new Set(found)];
}

/** @param prices the tables, with their rows */
export function securitiesMissing({ folder }: CsvFiles, prices: readonly CsvTable[]) {
  const path = join(folder, 'securities.csv');
  const symbols = symbolsIn(prices);
  return refused(
    'securities-file-missing',
    `${path} is missing: prices alone do not say which securities they are of. ` +
      `Write it with the header ${SECURITIES_HEADER} and a line for each symbol` +
      (symbols.length > 0
        ? `; found ${symbols.join(', ')}. \`trader check-data ${inShell(folder)} --write-securities\` begins it.`
        : '; no prices were found either.'),
    { path, header: SECURITIES_HEADER, symbols },
  );
}

/** A path as a shell takes it. */
export function inShell(path: string): string {
  return /^[\w./~-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
}

/** A text file beside the prices that is no table of any. */
export function isNote({ file }: CsvTable): boolean {
  return /\.txt$/i.test(file);
}
