/**
 * The securities of a live source: `securities.csv`, as for files of prices, and beside it
 * `symbols.csv`, in which a person may set what a source calls a security (`isin,source,symbol`).
 * Both are read when they are first needed, and again when they have changed.
 */
import { readFile, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { refused } from '#shared/kernel/failure.ts';
import { parseIsin, type Isin } from '#shared/kernel/isin.ts';
import { columnOf } from '../csv/format/column-names.ts';
import { Complaints } from '../csv/format/complaints.ts';
import { readSecurities, SECURITIES_HEADER } from '../csv/csv-securities.ts';
import { listingFiles, type ListingFile, type ListingPlace } from '../csv/listing-place.ts';
import { reportLayout, readTable, type CsvTable } from '../csv/format/csv-table.ts';
import type { ListedSecurity } from '../market-data.ts';

export interface LiveListing {
  readonly securities: readonly ListedSecurity[];
  readonly byIsin: ReadonlyMap<Isin, ListedSecurity>;
  readonly benchmark: Isin | undefined;
  /** What a person has set, by `source isin`. */
  readonly overrides: ReadonlyMap<string, string>;
}

const OVERRIDE_COLUMNS = ['isin', 'source', 'symbol'] as const;

export class ListedSecurities {
  private readonly places: readonly ListingPlace[];
  private stamp = '';
  private kept: LiveListing | undefined;

  /** @param places the first that has the files counts */
  constructor(...places: readonly ListingPlace[]) {
    this.places = places;
  }

  /** @throws Failure REFUSED securities-missing, INVALID_REQUEST with every complaint */
  async read(): Promise<LiveListing> {
    const { place, stamp } = await this.find();
    if (this.kept && stamp === this.stamp) return this.kept;
    const [listed, overriding] = await Promise.all(listingFiles.map((name) => place.read(name)));
    const complaints = new Complaints();
    const table = readTable('securities.csv', listed ?? new Uint8Array());
    const { securities, benchmark } = readSecurities(table, complaints);
    const overrides = overriding
      ? readOverrides(readTable('symbols.csv', overriding), complaints)
      : new Map<string, string>();
    complaints.throwIfAny();
    const byIsin = new Map(securities.map((security) => [security.isin, security]));
    this.kept = { securities, byIsin, benchmark, overrides };
    this.stamp = stamp;
    return this.kept;
  }

  private async find(): Promise<{ place: ListingPlace; stamp: string }> {
    for (const place of this.places) {
      const stamp = await place.stamp();
      if (stamp) return { place, stamp: `${place.name} ${stamp}` };
    }
    const names = this.places.map(({ name }) => name).join(', or ');
    throw refused(
      'securities-missing',
      `${names} is missing: it lists the securities to follow. Its header is ${SECURITIES_HEADER}.`,
      { file: this.places[0]?.name },
    );
  }
}

/** @param file `securities.csv` under any name; `symbols.csv` lies beside it */
export function filesOnDisk(file: string): ListingPlace {
  const overrides = join(dirname(file), 'symbols.csv');
  const pathOf = (name: ListingFile): string => (name === 'securities.csv' ? file : overrides);
  return {
    name: file,
    stamp: async () => {
      const listed = await stampOf(file);
      return listed && `${listed} ${await stampOf(overrides)}`;
    },
    read: (name) => readFile(pathOf(name)).catch(() => undefined),
  };
}

function readOverrides(table: CsvTable, complaints: Complaints): Map<string, string> {
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

async function stampOf(file: string): Promise<string> {
  try {
    const { mtimeMs, size, ino } = await stat(file);
    return `${ino} ${mtimeMs} ${size}`;
  } catch {
    return '';
  }
}
