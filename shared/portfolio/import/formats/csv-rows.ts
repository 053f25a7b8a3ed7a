/** Rows of a csv file by the names of its columns. */
import { CsvError, parse, type Info } from 'csv-parse/sync';
import { Decimal } from '#shared/kernel/decimal.ts';
import { Failure, invalidRequest } from '#shared/kernel/failure.ts';
import { oddQuoteLine } from '#shared/clients/market-data/csv/format/csv-text.ts';
import { numberFormatOf } from '#shared/clients/market-data/csv/format/number-format.ts';
import { actionsFrom, type ActionLeg } from './action-legs.ts';
import type {
  ImportFile,
  ImportedAction,
  LeftRow,
  ParsedFile,
  Read,
  ImportedTransaction,
} from './transaction.ts';

export function readImportFile(text: string): ImportFile {
  const whole = text.replace(/^\ufeff/, '');
  if (/^\s*[{[<]/.test(whole)) return { text: whole, delimiter: ',', rows: [] };
  // Excel's first line, which says what stands between the cells.
  const stated = /^"?sep=(.)"?\r?\n/i.exec(whole);
  // It stays an empty line, so that lines keep their numbers.
  const plain = stated ? whole.replace(/^[^\r\n]*/, '') : whole;
  const delimiter = stated?.[1] ?? delimiterOf(plain);
  try {
    const parsed = parse(plain, {
      ...{ delimiter, info: true, relax_column_count: true, relax_quotes: true },
      ...{ trim: true, bom: true, record_delimiter: ['\r\n', '\n', '\r'] },
    }) as unknown as { record: string[]; info: Info }[];
    const rows = parsed.map(({ record, info }) => ({ cells: record, line: info.lines }));
    return { text: plain, delimiter, rows: rows.filter(({ cells }) => cells.some(Boolean)) };
  } catch (thrown) {
    throw invalidRequest({ field: 'content', message: unreadable(whole, thrown) });
  }
}

function unreadable(text: string, thrown: unknown): string {
  if (thrown instanceof CsvError && thrown.code === 'CSV_QUOTE_NOT_CLOSED')
    return `line ${oddQuoteLine(text)} has a quote (") that is not closed`;
  return thrown instanceof Error ? thrown.message : 'is not csv';
}

/** The one that the header has most of. */
function delimiterOf(text: string): string {
  const header = text.trimStart();
  const first = header.slice(0, header.indexOf('\n') + 1 || undefined).replace(/"[^"]*"/g, '');
  const counts = [',', ';', '\t', '|'].map((one) => [one, first.split(one).length] as const);
  return counts.reduce((most, one) => (one[1] > most[1] ? one : most))[0];
}

export function headerOf({ rows }: ImportFile): readonly string[] {
  return rows[0]?.cells ?? [];
}

export function hasColumns(file: ImportFile, ...names: readonly string[]): boolean {
  const header = headerOf(file);
  return names.every((name) => header.includes(name));
}

export function cellOf(header: readonly string[], cells: readonly string[]): Cell {
  return (...names) => {
    const name = names.find((one) => header.includes(one));
    return name === undefined ? '' : (cells[header.indexOf(name)] ?? '');
  };
}

export type Cell = (...names: readonly string[]) => string;

/** A row that is a part of a corporate action. */
export interface ReadLeg {
  readonly leg: Omit<ActionLeg, 'line' | 'content'>;
}

/** A row that is a whole corporate action. */
export interface ReadAction {
  readonly action: Omit<ImportedAction, 'line' | 'content'>;
}

/**
 * @param read a transaction or several, an action, a part of an action, or why the row is none of them (what it throws is why);
 *   undefined for a row that changes nothing
 */
export function readRows(file: ImportFile, read: (cell: Cell) => Found | undefined): ParsedFile {
  const header = headerOf(file);
  const transactions: ImportedTransaction[] = [];
  const left: LeftRow[] = [];
  const legs: ActionLeg[] = [];
  const actions: ImportedAction[] = [];
  for (const { cells, line } of file.rows.slice(1)) {
    const misfit = misfitOf(file, header, { cells, line });
    if (misfit !== undefined) {
      left.push({ line, reason: misfit });
      continue;
    }
    const earlier = cells.join('\u001f');
    const content = namedCells(header, cells);
    const cell = cellOf(header, cells);
    const found = attempt(() => read(cell));
    if (found === undefined) continue;
    if (isLeg(found)) legs.push({ ...found.leg, line, content: earlier });
    else if (isAction(found)) actions.push({ ...found.action, line, content: earlier });
    else
      for (const one of isSeveral(found) ? found : [found])
        if (typeof one === 'string') left.push({ line, reason: one });
        else
          transactions.push({
            ...{ ...one, line, content: one.content ?? content },
            earlierContents: [earlier],
          });
  }
  const made = actionsFrom(legs);
  return { transactions, actions: [...actions, ...made.actions], left: [...left, ...made.left] };
}

/**
 * Cells that no column names; or a last row that ends before the others do, whose last number may lack digits. Programs
 * leave out blank cells at the end of a row, but end it.
 */
function misfitOf(
  { text, rows }: ImportFile,
  header: readonly string[],
  { cells, line }: ImportFile['rows'][number],
): string | undefined {
  const counts = `it has ${cells.length} cells where the header has ${header.length}`;
  const isLonger = cells.length > header.length;
  // Some programs end each row with one separator more than the header.
  const isUsual = rows.slice(1).every(({ cells: others }) => others.length === cells.length);
  if (isLonger && !(isUsual && cells.slice(header.length).every((cell) => cell === '')))
    return `${counts}: a number or a text with a separator inside stands in quotes`;
  const isLast = rows.at(-1)?.line === line;
  return isLast && cells.length < header.length && !/[\r\n]\s*$/.test(text)
    ? `${counts}: the file is cut off here`
    : undefined;
}

type Found = Read | readonly Read[] | ReadLeg | ReadAction;

function isLeg(found: Found): found is ReadLeg {
  return typeof found === 'object' && 'leg' in found;
}

function isAction(found: Found): found is ReadAction {
  return typeof found === 'object' && 'action' in found;
}

function isSeveral(found: Read | readonly Read[]): found is readonly Read[] {
  return Array.isArray(found);
}

/** Columns that a later export has more, or has elsewhere, leave it as it is where they are blank. */
export function namedCells(header: readonly string[], cells: readonly string[]): string {
  const named = cells.flatMap((cell, i) => (cell === '' ? [] : [`${header[i] ?? i}\u001e${cell}`]));
  return named.sort().join('\u001f');
}

export function attempt<T>(work: () => T): T | string {
  try {
    return work();
  } catch (thrown) {
    return Failure.from(thrown).message;
  }
}

/** Thousands stand by three, so that a mark of another country is refused instead of dropped. */
const SHAPES = {
  '.': /^[-+]?(?:\d+|\d{1,3}(?:,\d{3})+)(?:\.\d+)?$/,
  ',': /^[-+]?(?:\d+|\d{1,3}(?:\.\d{3})+)(?:,\d+)?$/,
} as const;

/** As programs write small numbers: `0E-10`. */
const EXPONENT = /^-?\d+(?:\.\d+)?E[-+]?\d{1,2}$/i;

/** A number with a decimal point, or with a comma where that is said; undefined where the cell is blank. */
export function number(text: string, decimal: '.' | ',' = '.'): Decimal | undefined {
  const bare = text.replace(/[\s\u00a0'’€$£]/g, '').replace('−', '-');
  if (bare === '' || bare === '-') return undefined;
  if (decimal === '.' && EXPONENT.test(bare)) return Decimal.ofNumber(Number(bare)).normalize();
  if (!SHAPES[decimal].test(bare))
    throw new Failure(
      'INVALID_REQUEST',
      `"${text.slice(0, 30)}" is not a number with a decimal ${decimal === '.' ? 'point' : 'comma'}`,
    );
  const plain =
    decimal === ',' ? bare.replaceAll('.', '').replace(',', '.') : bare.replaceAll(',', '');
  return Decimal.parse(plain.replace('+', '')).normalize();
}

/**
 * The decimal mark of a whole file.
 * @throws Failure INVALID_REQUEST where cells contradict each other or nothing decides
 */
export function decimalMark(
  { rows, delimiter }: ImportFile,
  numbersIn: (cells: readonly string[]) => readonly string[],
): '.' | ',' {
  const cells = rows
    .slice(1)
    .flatMap(({ cells: all, line }) => numbersIn(all).map((text) => ({ text, line })));
  const format = numberFormatOf(cells, delimiter);
  if (typeof format === 'string') return format;
  throw new Failure('INVALID_REQUEST', `line ${format.line}: ${format.message}`, {
    field: 'content',
  });
}

export function orZero(value: Decimal | undefined): Decimal {
  return value ?? Decimal.zero;
}
