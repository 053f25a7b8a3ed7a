/** `securities.csv`: the securities that the prices belong to. */
import { Failure } from '#shared/kernel/failure.ts';
import { parseIsin, type Isin } from '#shared/kernel/isin.ts';
import { parseQuantity } from '#shared/kernel/quantity.ts';
import type { ListedSecurity } from '../market-data.ts';
import { columnOf, repeatedIn } from './format/column-names.ts';
import type { Complaints } from './format/complaints.ts';
import { reportLayout, type CsvRow, type CsvTable } from './format/csv-table.ts';
import { parseFigure } from './format/number-format.ts';
import { parseQuoteUnit, type QuoteUnit } from './format/quote-unit.ts';

export const SECURITIES_HEADER = 'isin,symbol,name,currency,exchange,sector,country,lot';

/** What a column of marks says where it does not mark. */
const NO_MARK = /^(?:|no|n|false|f|0|-|nein|non)$/i;

const REQUIRED = ['isin', 'symbol', 'currency'] as const;

export interface CsvListing {
  readonly securities: readonly ListedSecurity[];
  /** The row marked in an optional column `benchmark`. */
  readonly benchmark: Isin | undefined;
  /** What the prices of each security are quoted in. */
  readonly units: ReadonlyMap<Isin, QuoteUnit>;
}

interface ReadSecurity {
  readonly security: ListedSecurity;
  readonly unit: QuoteUnit;
}

interface Known {
  readonly isins: Set<string>;
  /** In upper case. */
  readonly symbols: Set<string>;
}

export function readSecurities(table: CsvTable, complaints: Complaints): CsvListing {
  reportLayout(table, complaints);
  const missing = REQUIRED.filter((name) => columnOf(table.header, name) < 0);
  if (missing.length > 0)
    complaints.add(
      table.file,
      table.headerLine,
      `needs ${missing.join(', ')}; found ${table.header.join(', ') || 'no columns'}; ` +
        `a full header is ${SECURITIES_HEADER}`,
    );
  for (const column of repeatedIn(table.header, [...SECURITIES_HEADER.split(','), 'benchmark']))
    complaints.add(table.file, table.headerLine, `column ${column} comes twice`);
  const units = new Map<Isin, QuoteUnit>();
  if (missing.length > 0) return { securities: [], benchmark: undefined, units };
  const securities: ListedSecurity[] = [];
  const known = { isins: new Set<string>(), symbols: new Set<string>() };
  let benchmark: Isin | undefined;
  for (const row of table.rows) {
    const read = readSecurity(table, row, complaints);
    if (!read) continue;
    const { security, unit } = read;
    reportDuplicates(table, row, security, known, complaints);
    securities.push(security);
    units.set(security.isin, unit);
    if (NO_MARK.test(cellOf(table, row, 'benchmark'))) continue;
    if (benchmark !== undefined)
      complaints.add(
        table.file,
        row.line,
        `benchmark: ${security.isin} is marked, as ${benchmark} is`,
      );
    benchmark ??= security.isin;
  }
  securities.sort((a, b) => (a.symbol < b.symbol ? -1 : 1));
  return { securities, benchmark, units };
}

function readSecurity(
  table: CsvTable,
  row: CsvRow,
  complaints: Complaints,
): ReadSecurity | undefined {
  const cell = (...names: string[]): string => cellOf(table, row, ...names);
  const field = <T>(name: string, parse: () => T): T | undefined =>
    complaints.try(table.file, row.line, () => named(name, parse));
  const isin = field('isin', () => parseIsin(cell('isin').toUpperCase()));
  const symbol = field('symbol', () => parseSymbol(cell('symbol')));
  const unit = field('currency', () => parseQuoteUnit(cell('currency')));
  const lot = field('lot', () => parseLot(cell('lot'), table));
  const country = field('country', () => parseCountry(cell('country')));
  if (!isin || !symbol || !unit || !lot) return undefined;
  const security = {
    isin,
    symbol,
    currency: unit.currency,
    lot,
    country: country || undefined,
    name: cell('name') || symbol,
    exchange: cell('exchange'),
    sector: cell('sector') || undefined,
    industry: cell('industry') || undefined,
    securityType: (cell('type', 'securitytype') || 'EQUITY').toUpperCase(),
  };
  return { security, unit };
}

/** @param known ISINs and symbols of the rows before; those of this one are added */
function reportDuplicates(
  table: CsvTable,
  row: CsvRow,
  { isin, symbol }: ListedSecurity,
  known: Known,
  complaints: Complaints,
): void {
  const upper = symbol.toUpperCase();
  if (known.isins.has(isin)) complaints.add(table.file, row.line, `ISIN ${isin} comes twice`);
  if (known.symbols.has(upper))
    complaints.add(table.file, row.line, `symbol ${symbol} comes twice`);
  known.isins.add(isin);
  known.symbols.add(upper);
}

function cellOf(table: CsvTable, row: CsvRow, ...names: readonly string[]): string {
  return row.cells[columnOf(table.header, ...names)] ?? '';
}

function named<T>(name: string, parse: () => T): T {
  try {
    return parse();
  } catch (thrown) {
    throw new Failure('INVALID_REQUEST', `${name}: ${Failure.from(thrown).message}`);
  }
}

export function isSymbol(text: string): boolean {
  return /^[A-Za-z0-9._:/&^=+-]{1,32}$/.test(text);
}

function parseSymbol(text: string): string {
  if (!isSymbol(text))
    throw new Failure('INVALID_REQUEST', 'is needed: letters, digits and . _ : / & ^ = + - only');
  return text;
}

/** Exact where it is written plainly; else as the file writes its numbers. */
function parseLot(text: string, { numbers }: CsvTable): string {
  const isPlain = text === '' || /^\d+(\.\d+)?$/.test(text);
  const decimal = typeof numbers === 'string' ? numbers : '.';
  const figure = isPlain ? text || '1' : parseFigure(text, decimal);
  if (figure === undefined) throw new Failure('INVALID_REQUEST', `"${text}" is not a number`);
  const lot = parseQuantity(String(figure));
  if (lot.sign === 0) throw new Failure('INVALID_REQUEST', 'is above 0');
  return lot.toString();
}

function parseCountry(text: string): string {
  if (!/^([A-Za-z]{2})?$/.test(text))
    throw new Failure('INVALID_REQUEST', 'is two letters (ISO 3166-1 alpha-2)');
  return text.toUpperCase();
}
