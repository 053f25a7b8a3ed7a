/** Which files a path names, and what each of them is. */
import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { refused } from '#shared/kernel/failure.ts';
import { wideColumns } from './column-names.ts';
import { barTables, isPriceHeader } from './csv-layout.ts';
import { SECURITIES_HEADER } from './csv-securities.ts';
import { readTable, type Table } from './csv-table.ts';
import { symbolOfFile } from './symbol-match.ts';

export interface CsvFiles {
  readonly folder: string;
  /** Undefined where there is no `securities.csv`. */
  readonly securities: Table | undefined;
  readonly rates: Table | undefined;
  readonly fundamentals: Table | undefined;
  readonly actions: Table | undefined;
  /** The other tables. */
  readonly prices: readonly Table[];
}

const RESERVED = ['securities.csv', 'rates.csv', 'fundamentals.csv', 'actions.csv'] as const;

/**
 * @param path a folder, or one file of prices with `securities.csv` beside it
 * @throws Failure REFUSED where the path is missing
 */
export async function readFiles(path: string): Promise<CsvFiles> {
  const found = await stat(path).catch(() => undefined);
  if (!found)
    throw refused('market-data-missing', `There is no file or folder ${path} to read prices from.`);
  const folder = found.isDirectory() ? path : dirname(path);
  const names = (await readdir(folder)).filter((name) => /\.csv$/i.test(name)).sort();
  const isReserved = (name: string) => RESERVED.some((other) => other === name.toLowerCase());
  const priceNames = found.isDirectory()
    ? names.filter((name) => !isReserved(name))
    : [basename(path)];
  const optional = async (name: (typeof RESERVED)[number]): Promise<Table | undefined> => {
    const actual = names.find((other) => other.toLowerCase() === name);
    return actual === undefined ? undefined : readTable(join(folder, actual));
  };
  return {
    folder,
    prices: await Promise.all(
      priceNames.map((name) => readTable(join(folder, name), isPriceHeader)),
    ),
    securities: await optional('securities.csv'),
    rates: await optional('rates.csv'),
    fundamentals: await optional('fundamentals.csv'),
    actions: await optional('actions.csv'),
  };
}

/** Symbols that files of prices seem to be about, where no listing says. */
export function symbolsIn(tables: readonly Table[]): readonly string[] {
  const found = tables.flatMap((table) => {
    const bars = barTables(table);
    if (!bars) return wideColumns(table.header);
    return bars.map(({ symbol, file }) => symbol ?? symbolOfFile(file));
  });
  return [...new Set(found)];
}

export function securitiesMissing({ folder, prices }: CsvFiles) {
  const path = join(folder, 'securities.csv');
  const symbols = symbolsIn(prices);
  return refused(
    'securities-file-missing',
    `${path} is missing: prices alone do not say which securities they are of. ` +
      `Write it with the header ${SECURITIES_HEADER} and a line for each symbol` +
      (symbols.length > 0
        ? `; found ${symbols.join(', ')}. \`trader check-data ${folder} --write-securities\` begins it.`
        : '; no prices were found either.'),
    { path, header: SECURITIES_HEADER, symbols },
  );
}
