/** A CSV file as rows of trimmed cells, and complaints that name file and line. */
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { parse } from 'csv-parse/sync';
import { parseDay, type CalendarDay } from '#shared/kernel/calendar-day.ts';
import { Failure, invalidRequest, type FieldViolation } from '#shared/kernel/failure.ts';

export interface Table {
  /** Name without its folder. */
  readonly file: string;
  readonly header: readonly string[];
  readonly rows: readonly Row[];
}

export interface Row {
  /** As an editor counts, the header being line 1. */
  readonly line: number;
  readonly cells: readonly string[];
}

const COMPLAINTS_MAX = 100;

/** Gathers what is wrong in all files, so that a person mends it in one go. */
export class Complaints {
  private readonly violations: FieldViolation[] = [];

  add(file: string, line: number, message: string): void {
    this.violations.push({ field: `${file}:${line}`, message });
  }

  /** The value, or undefined and a complaint where parsing it fails. */
  try<T>(file: string, line: number, parseIt: () => T): T | undefined {
    try {
      return parseIt();
    } catch (thrown) {
      this.add(file, line, Failure.from(thrown).message);
      return undefined;
    }
  }

  /** @throws Failure INVALID_REQUEST with every complaint */
  throwIfAny(): void {
    const more = this.violations.length - COMPLAINTS_MAX;
    const shown = this.violations.slice(0, COMPLAINTS_MAX);
    if (more > 0) shown.push({ field: 'and', message: `${more} more` });
    if (shown.length > 0) throw invalidRequest(...shown);
  }
}

/** @throws Failure INVALID_REQUEST where the file is no CSV at all */
export async function readTable(path: string): Promise<Table> {
  const file = basename(path);
  const text = await readFile(path, 'utf8');
  const records = parseRecords(text, file);
  const [header = [], ...rest] = records;
  const rows = rest.flatMap((cells, i) =>
    cells.every((cell) => cell === '') ? [] : [{ line: i + 2, cells }],
  );
  return { file, header, rows };
}

function parseRecords(text: string, file: string): string[][] {
  try {
    return parse(text, {
      bom: true,
      delimiter: delimiterOf(text),
      relax_column_count: true,
      skip_empty_lines: false,
      trim: true,
    });
  } catch (thrown) {
    const why = thrown instanceof Error ? thrown.message : 'is not CSV';
    throw invalidRequest({ field: file, message: why });
  }
}

/** Commas; or semicolons or tabs where the header has more of them. */
function delimiterOf(text: string): string {
  const header = text.slice(0, text.indexOf('\n') + 1 || undefined);
  const count = (sign: string): number => header.split(sign).length;
  return [',', ';', '\t'].sort((a, b) => count(b) - count(a))[0] ?? ',';
}

/** Index of the first column with one of these names; case, spaces and signs do not count. */
export function columnOf(header: readonly string[], ...names: readonly string[]): number {
  return header.findIndex((column) => names.includes(plainName(column)));
}

export function plainName(column: string): string {
  return column.toLowerCase().replace(/[^a-z0-9]/g, '');
}

/** `2024-03-01`, `3/1/2024`, or either with a time behind it. @throws Failure INVALID_REQUEST */
export function parseFileDay(cell: string): CalendarDay {
  const day = cell.split(/[T ]/)[0] ?? '';
  const american = /^(\d{1,2})\/(\d{1,2})\/(\d{4})$/.exec(day);
  if (!american) return parseDay(day);
  const [, month = '', date = '', year = ''] = american;
  return parseDay(`${year}-${month.padStart(2, '0')}-${date.padStart(2, '0')}`);
}

const MISSING = new Set(['', 'null', 'nan', 'n/a', 'na', '-']);

/** A figure, with `$` and thousands separators taken off; undefined where the cell is blank. */
export function parseFigure(cell: string | undefined): number | undefined {
  if (cell === undefined || MISSING.has(cell.toLowerCase())) return undefined;
  const plain = cell.replace(/^\$/, '').replace(/,(?=\d{3}(\D|$))/g, '');
  const figure = Number(plain);
  if (plain === '' || !/^[-+.\deE]+$/.test(plain) || !Number.isFinite(figure))
    throw new Failure('INVALID_REQUEST', `"${cell.slice(0, 20)}" is not a number`);
  return figure;
}
