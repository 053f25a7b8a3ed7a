/** Which files a path names, and what each of them is. */
import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { refused } from '#shared/kernel/failure.ts';
import { isBarHeader, wideColumns } from './csv-prices.ts';
import { SECURITIES_HEADER } from './csv-securities.ts';
import { readTable, type Table } from './csv-table.ts';

export interface CsvFiles {
  readonly folder: string;
  readonly securities: Table;
  readonly rates: Table | undefined;
  readonly fundamentals: Table | undefined;
  /** The other tables. */
  readonly prices: readonly Table[];
}

const RESERVED = ['securities.csv', 'rates.csv', 'fundamentals.csv'] as const;

/**
 * @param path a folder, or one file of prices with `securities.csv` beside it
 * @throws Failure REFUSED where the path, or `securities.csv`, is missing
 */
export async function readFiles(path: string): Promise<CsvFiles> {
  const found = await stat(path).catch(() => undefined);
  if (!found)
    throw refused('market-data-missing', `There is no file or folder ${path} to read prices from.`);
  const folder = found.isDirectory() ? path : dirname(path);
  const names = (await readdir(folder)).filter((name) => /\.csv$/i.test(name)).sort();
  const reserved = new Map(
    RESERVED.map((name) => [name, names.find((n) => n.toLowerCase() === name)]),
  );
  const priceNames = found.isDirectory()
    ? names.filter((name) => !RESERVED.some((other) => other === name.toLowerCase()))
    : [basename(path)];
  const read = (name: string): Promise<Table> => readTable(join(folder, name));
  const prices = await Promise.all(priceNames.map(read));
  const optional = async (name: (typeof RESERVED)[number]): Promise<Table | undefined> => {
    const actual = reserved.get(name);
    return actual === undefined ? undefined : read(actual);
  };
  const securities = await optional('securities.csv');
  if (!securities) throw securitiesMissing(join(folder, 'securities.csv'), prices);
  return {
    folder,
    securities,
    prices,
    rates: await optional('rates.csv'),
    fundamentals: await optional('fundamentals.csv'),
  };
}

/** The symbol a file of one symbol's bars is named after. */
export function symbolOfFile(file: string): string {
  return file.replace(/\.csv$/i, '');
}

function securitiesMissing(path: string, prices: readonly Table[]) {
  const symbols = prices.flatMap((table) =>
    isBarHeader(table.header) ? [symbolOfFile(table.file)] : wideColumns(table.header),
  );
  return refused(
    'securities-file-missing',
    `${path} is missing: prices alone do not say which securities they are of. ` +
      `Write it with the header ${SECURITIES_HEADER} and a line for each symbol` +
      (symbols.length > 0 ? `; found ${symbols.join(', ')}.` : '; no prices were found either.'),
    { path, header: SECURITIES_HEADER, symbols },
  );
}
