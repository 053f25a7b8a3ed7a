/**
 * The securities of a live source: `securities.csv`, as for files of prices, and beside it
 * `symbols.csv`, in which a person may set what a source calls a security (`isin,source,symbol`).
 * Both are read when they are first needed, and again when they have changed.
 */
import { readFile, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { refused } from '#shared/kernel/failure.ts';
import { parseIsin, type Isin } from '#shared/kernel/isin.ts';
import { columnOf } from '../csv/column-names.ts';
import { Complaints } from '../csv/complaints.ts';
import { readSecurities, SECURITIES_HEADER } from '../csv/csv-securities.ts';
import { reportLayout, readTable, type Table } from '../csv/csv-table.ts';
import type { ListedSecurity } from '../market-data.ts';

export interface LiveListing {
  readonly securities: readonly ListedSecurity[];
  readonly byIsin: ReadonlyMap<Isin, ListedSecurity>;
  readonly benchmark: Isin | undefined;
  /** What a person has set, by `source isin`. */
  readonly overrides: ReadonlyMap<string, string>;
}

const OVERRIDES = 'symbols.csv';
const OVERRIDE_COLUMNS = ['isin', 'source', 'symbol'] as const;

export class ListedSecurities {
  private readonly file: string;
  private stamp = '';
  private kept: LiveListing | undefined;

  /** @param file `securities.csv` */
  constructor(file: string) {
    this.file = file;
  }

  /** @throws Failure REFUSED securities-missing, INVALID_REQUEST with every complaint */
  async read(): Promise<LiveListing> {
    const overridesFile = join(dirname(this.file), OVERRIDES);
    const stamp = `${await stampOf(this.file)} ${await stampOf(overridesFile)}`;
    if (this.kept && stamp === this.stamp) return this.kept;
    if (!(await stampOf(this.file)))
      throw refused(
        'securities-missing',
        `${this.file} is missing: it lists the securities to follow. Its header is ${SECURITIES_HEADER}.`,
        { file: this.file },
      );
    const complaints = new Complaints();
    const { securities, benchmark } = readSecurities(await tableAt(this.file), complaints);
    const overrides = (await stampOf(overridesFile))
      ? readOverrides(await tableAt(overridesFile), complaints)
      : new Map<string, string>();
    complaints.throwIfAny();
    const byIsin = new Map(securities.map((security) => [security.isin, security]));
    this.kept = { securities, byIsin, benchmark, overrides };
    this.stamp = stamp;
    return this.kept;
  }
}

function readOverrides(table: Table, complaints: Complaints): Map<string, string> {
  reportLayout(table, complaints);
  const overrides = new Map<string, string>();
  const [isin = -1, source = -1, symbol = -1] = OVERRIDE_COLUMNS.map((name) =>
    columnOf(table.header, name),
  );
  if (Math.min(isin, source, symbol) < 0) {
    const found = table.header.join(', ') || 'no columns';
    complaints.add(
      table.file,
      table.headerLine,
      `needs the columns ${OVERRIDE_COLUMNS.join(',')}; found ${found}`,
    );
    return overrides;
  }
  for (const { cells, line } of table.rows)
    complaints.try(table.file, line, () => {
      const key = `${(cells[source] ?? '').toLowerCase()} ${parseIsin((cells[isin] ?? '').toUpperCase())}`;
      overrides.set(key, cells[symbol] ?? '');
    });
  return overrides;
}

async function tableAt(file: string): Promise<Table> {
  return readTable(basename(file), await readFile(file));
}

async function stampOf(file: string): Promise<string> {
  try {
    const { mtimeMs, size, ino } = await stat(file);
    return `${ino} ${mtimeMs} ${size}`;
  } catch {
    return '';
  }
}
