/** A CSV file as rows of trimmed cells, in one locale, with its format errors by line. */
import { parse, type Info } from 'csv-parse/sync';
import type { Complaints } from './complaints.ts';
import { decodeText } from './csv-text.ts';
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
const PAGE_EVENT = /^(?:[\d.,]+ (?:dividend|capital gain)|\d+:\d+ stock splits?)$/i;

/** @param isHeader whether a row is the header; the first row is one where none is */
export function readTable(
  file: string,
  bytes: Uint8Array,
  isHeader: (cells: readonly string[]) => boolean = () => true,
): CsvTable {
  const { delimiter, records, fault } = recordsOf(decodeText(bytes));
  const found = records.slice(0, PREAMBLE_ROWS_MAX).findIndex(({ cells }) => isHeader(cells));
  const first = records[Math.max(0, found)];
  const rest = records
    .slice(Math.max(0, found) + 1)
    .filter(({ cells }) => cells.some(Boolean) && !isPageEvent(cells));
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
function recordsOf(text: string): Records {
  const stated = /^\ufeff?"?sep=(.)"?[^\S\n]*\r?\n/i.exec(text);
  const delimiter = stated?.[1] ?? delimiterOf(text);
  const linesBefore = stated ? 1 : 0;
  try {
    const parsed = parse(stated ? text.slice(stated[0].length) : text, {
      bom: true,
      delimiter,
      info: true,
      relax_column_count: true,
      skip_empty_lines: false,
      trim: true,
    }) as unknown as { record: string[]; info: Info }[];
    const records = parsed.map(({ record, info }) => ({
      cells: record,
      line: info.lines + linesBefore,
    }));
    return { delimiter, records: records.filter(({ cells }) => cells.some(Boolean)), fault: [] };
  } catch (thrown) {
    const message = thrown instanceof Error ? thrown.message : 'is not CSV';
    return { delimiter, records: [], fault: [{ line: 1, message }] };
  }
}

/** Commas; or semicolons, tabs or bars where the first lines have more of them. */
function delimiterOf(text: string): string {
  const start = text.slice(0, text.indexOf('\n') + 1 || undefined).replace(/"[^"]*"/g, '');
  const count = (sign: string): number => start.split(sign).length;
  return [',', ';', '\t', '|'].sort((a, b) => count(b) - count(a))[0] ?? ',';
}
