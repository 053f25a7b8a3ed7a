/** A CSV file as rows of trimmed cells, in one locale, with its format errors by line. */
import { CsvError, parse, type Info } from 'csv-parse/sync';
import type { Complaints } from './complaints.ts';
import { decodeText, oddQuoteLine } from './csv-text.ts';
import { numberFormatOf, parseFigure, type NumberFormat } from './number-format.ts';

export interface CsvTable {
  /** Name without its folder. */
  readonly file: string;
  readonly header: readonly string[];
  readonly headerLine: number;
  readonly rows: readonly CsvRow[];
  readonly numbers: NumberFormat;
  /** Rows whose cells do not fit the header; they are not among `rows`. */
  readonly faults: readonly TableFault[];
}

export interface CsvRow {
  /** As an editor counts, from 1. */
  readonly line: number;
  readonly cells: readonly string[];
}

export interface TableFault {
  readonly line: number;
  readonly message: string;
}

type Reader = (cell: string | undefined) => number | undefined;

/** A file's first rows may be a title; a header is looked for so far down. */
const PREAMBLE_ROWS_MAX = 20;
const FAULTS_SHOWN = 5;
const PREAMBLE_CHARACTERS_MAX = 16_384;
const PAGE_EVENT = /^(?:[\d.,]+ (?:dividend|capital gain)|\d+:\d+ stock splits?)$/i;

/** What tells the rows of a table from what is written around them. */
export interface RowKinds {
  /** The first row is the header where none is. */
  readonly isHeader: RowTest;
  /** Below the last row of the table, such rows are left out. */
  readonly isRemark: RowTest;
}

type RowTest = (cells: readonly string[]) => boolean;

const PLAIN: RowKinds = { isHeader: () => true, isRemark: () => false };

export function readTable(file: string, bytes: Uint8Array, kinds: RowKinds = PLAIN): CsvTable {
  const { isHeader, isRemark } = kinds;
  const { delimiter, records, fault } = recordsOf(decodeText(bytes), isHeader);
  const found = records.slice(0, PREAMBLE_ROWS_MAX).findIndex(({ cells }) => isHeader(cells));
  const first = records[Math.max(0, found)];
  const below = records
    .slice(Math.max(0, found) + 1)
    .filter(({ cells }) => cells.some(Boolean) && !isPageEvent(cells));
  const rest = below.slice(0, below.findLastIndex(({ cells }) => !isRemark(cells)) + 1);
  const width = first?.cells.length ?? 0;
  const rows = rest.filter(({ cells }) => fits(cells, width));
  const ragged = rest.filter(({ cells }) => !fits(cells, width));
  return {
    file,
    header: first?.cells ?? [],
    headerLine: first?.line ?? 1,
    rows,
    numbers: numberFormatOf(cellsOf(rows), delimiter),
    faults: [...fault, ...ragged.map(({ cells, line }) => raggedFault(cells, line, width))],
  };
}

/** Reports format errors of a table whose contents are used. */
export function reportLayout({ file, faults }: CsvTable, complaints: Complaints): void {
  for (const { line, message } of faults.slice(0, FAULTS_SHOWN))
    complaints.add(file, line, message);
  const next = faults[FAULTS_SHOWN];
  const more = faults.length - FAULTS_SHOWN;
  if (next) complaints.add(file, next.line, `and ${more} more rows with such a fault`);
}

/** Parses numbers in the file's format; reports once where the format is ambiguous. */
export function figureReader({ file, numbers }: CsvTable, complaints: Complaints): Reader {
  if (typeof numbers === 'string') return (cell) => parseFigure(cell, numbers);
  complaints.add(file, numbers.line, numbers.message);
  return () => undefined;
}

/** Yahoo's page has rows of its own for dividends and splits between those of bars: a day and a text. */
function isPageEvent([, text = '', ...others]: readonly string[]): boolean {
  return others.every((cell) => cell === '') && PAGE_EVENT.test(text);
}

/** Only empty cells may be too many. */
function fits(cells: readonly string[], width: number): boolean {
  return cells.length >= width && cells.slice(width).every((cell) => cell === '');
}

function raggedFault(cells: readonly string[], line: number, width: number): TableFault {
  const shown = cells.slice(0, 12).join(' | ');
  const hint =
    cells.length > width
      ? '; numbers with a separator inside are written in quotes or without it'
      : '';
  return {
    line,
    message: `has ${cells.length} cells where the header has ${width}${hint}: ${shown.slice(0, 80)}`,
  };
}

function* cellsOf(rows: readonly CsvRow[]): Generator<{ text: string; line: number }> {
  for (const { cells, line } of rows) for (const text of cells) yield { text, line };
}

interface Records {
  readonly delimiter: string;
  readonly records: readonly CsvRow[];
  readonly fault: readonly TableFault[];
}

/** Excel may say the separator in a first line of its own: `sep=;`. */
function recordsOf(text: string, isHeader: RowTest): Records {
  const stated = /^\ufeff?"?sep=(.)"?[^\S\n]*\r?\n/i.exec(text);
  const delimiter = stated?.[1] ?? delimiterOf(text, isHeader);
  const linesBefore = stated ? 1 : 0;
  try {
    const parsed = parsedRecords(stated ? text.slice(stated[0].length) : text, delimiter);
    const records = parsed.map(({ cells, line }) => ({ cells, line: line + linesBefore }));
    return { delimiter, records, fault: [] };
  } catch (thrown) {
    return { delimiter, records: [], fault: [parseFault(text, thrown)] };
  }
}

/** Rows that have any cell. @param to how many at most */
function parsedRecords(text: string, delimiter: string, to = -1): readonly CsvRow[] {
  const parsed = parse(text, {
    ...{ bom: true, delimiter, info: true, relax_column_count: true, relax_quotes: true },
    ...{ skip_empty_lines: false, to, trim: true },
  }) as unknown as { record: string[]; info: Info }[];
  return parsed
    .map(({ record, info }) => ({ cells: record, line: info.lines }))
    .filter(({ cells }) => cells.some(Boolean));
}

function parseFault(text: string, thrown: unknown): TableFault {
  if (thrown instanceof CsvError && thrown.code === 'CSV_QUOTE_NOT_CLOSED')
    return { line: oddQuoteLine(text), message: 'has a quote (") that is not closed' };
  return { line: 1, message: thrown instanceof Error ? thrown.message : 'is not CSV' };
}

/**
 * The separator by which one of the first rows is a header, since a title above it may have any; else
 * the one that the first line has most of, a comma where it has none.
 */
function delimiterOf(text: string, isHeader: RowTest): string {
  const [start = ''] = text.trimStart().split(/\r|\n/, 1);
  const bare = start.replace(/"[^"]*"/g, '');
  const count = (sign: string): number => bare.split(sign).length;
  const signs = [',', ';', '\t', '|'].sort((a, b) => count(b) - count(a));
  return signs.find((sign) => hasHeader(text, sign, isHeader)) ?? signs[0] ?? ',';
}

function hasHeader(text: string, delimiter: string, isHeader: RowTest): boolean {
  try {
    const first = text
      .slice(0, PREAMBLE_CHARACTERS_MAX)
      .split('\n')
      .slice(0, PREAMBLE_ROWS_MAX * 2);
    const rows = parsedRecords(first.join('\n'), delimiter, PREAMBLE_ROWS_MAX);
    return rows.some(({ cells }) => isHeader(cells));
  } catch {
    return false;
  }
}
