/**
 * A file of bars in the form that most are in, read from its bytes in one pass: a header that names columns of bars and
 * nothing else, days as YYYY-MM-DD that rise or fall, numbers of digits with a decimal point, no quotes. Whatever is
 * otherwise is left to the general reader, which understands more, takes ten times as long, and finds the faults.
 */
import { packBytes, type BarFigures } from '#shared/kernel/bars/packed-bars.ts';
import { epochDay, parseDay, type CalendarDay } from '#shared/kernel/calendar-day.ts';
import type { FileOfBars } from './bars-room.ts';
import { barColumnOf, isBarHeader, statedUnitOf, type BarColumn } from './format/column-names.ts';
import { inCurrency, type QuoteUnit } from './format/quote-unit.ts';
import { PlainScanner } from './plain-scanner.ts';
import type { PriceFolder } from './price-folder.ts';

export interface PlainBars {
  readonly header: readonly string[];
  /** Oldest first; a volume that is left blank is NaN. */
  readonly figures: BarFigures;
  /** Of each bar, as an editor counts. */
  readonly lines: Int32Array;
}

const COLUMNS = ['date', 'open', 'high', 'low', 'close', 'adjusted', 'volume'] as const;
type Column = (typeof COLUMNS)[number] & BarColumn;

const HEADER_LENGTH_MAX = 400;
const DELIMITERS = [',', ';', '\t', '|'];

/** @param today later days are refused, which is left to the general reader */
export function readPlainBars(
  bytes: Uint8Array,
  unit: QuoteUnit,
  today: CalendarDay,
): PlainBars | undefined {
  const head = headOf(bytes);
  if (!head) return undefined;
  const columns = head.header.map((_, at) =>
    COLUMNS.find((name) => barColumnOf(head.header, name) === at),
  );
  if (!columns.every((column) => column !== undefined)) return undefined;
  const rows = readRows(bytes, head, columns);
  const last = rows && Math.max(rows.days[0] ?? 0, rows.days.at(-1) ?? 0);
  if (!rows || last === undefined || last > epochDay(today)) return undefined;
  return { header: head.header, ...oldestFirst(rows, unit) };
}

/** A later day than the file had is not asked for. */
const LAST_DAY = parseDay('9999-12-31');

/** How the bars of a file are read again; undefined where it lies on no disk. */
export function plainFile(
  name: string,
  unit: QuoteUnit,
  { days }: BarFigures,
  { readAgain }: PriceFolder,
): FileOfBars | undefined {
  const lastDay = days.at(-1);
  if (!readAgain || lastDay === undefined) return undefined;
  return {
    name,
    again: () => {
      const plain = readPlainBars(readAgain(name), unit, LAST_DAY);
      const later = plain?.figures.days.findIndex((day) => day > lastDay);
      return plain && packBytes(plain.figures, 0, later === -1 ? undefined : later);
    },
  };
}

interface Head {
  readonly header: readonly string[];
  readonly delimiter: string;
  /** Where the first row begins, and whether lines end with two characters. */
  readonly begin: number;
  readonly isTwo: boolean;
}

/** The first line, where it is a header and only one sign can separate its cells. */
function headOf(bytes: Uint8Array): Head | undefined {
  const mark = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
  const end = bytes.subarray(0, HEADER_LENGTH_MAX).indexOf(10);
  if (end < mark + 2) return undefined;
  const isTwo = bytes[end - 1] === 13;
  const text = Buffer.from(bytes.subarray(mark, isTwo ? end - 1 : end)).toString('latin1');
  const [delimiter, other] = DELIMITERS.filter((sign) => text.includes(sign));
  if (delimiter === undefined || other !== undefined) return undefined;
  const header = text.split(delimiter);
  const isPlain = !/["\r]|[^\x20-\x7e\t]/.test(text) && header.every((cell) => isUsual(cell));
  return isPlain && isBarHeader(header) ? { header, delimiter, begin: end + 1, isTwo } : undefined;
}

function isUsual(cell: string): boolean {
  return cell !== '' && cell === cell.trim() && statedUnitOf(cell).unit === undefined;
}

interface Rows {
  readonly days: Int32Array;
  readonly lines: Int32Array;
  readonly cells: Readonly<Partial<Record<Column, Float64Array>>>;
}

function readRows(
  bytes: Uint8Array,
  { begin, delimiter, isTwo }: Head,
  columns: readonly Column[],
): Rows | undefined {
  const most = linesIn(bytes, begin);
  const [days, lines] = [new Int32Array(most), new Int32Array(most)];
  const cells = columns.map(() => new Float64Array(most));
  const scanner = new PlainScanner(bytes, begin, delimiter.charCodeAt(0), isTwo);
  let count = 0;
  for (; scanner.skipsBlank(); count += 1) {
    lines[count] = scanner.line;
    for (let at = 0; at < columns.length; at += 1) {
      const value = columns[at] === 'date' ? scanner.day() : scanner.figure();
      if (value === undefined || (Number.isNaN(value) && columns[at] !== 'volume'))
        return undefined;
      if (columns[at] === 'date') days[count] = value;
      else (cells[at] ?? days)[count] = value;
      if (!scanner.ends(at === columns.length - 1)) return undefined;
    }
  }
  if (count === 0 || !scanner.isUnambiguous || !isOrdered(days, count)) return undefined;
  const kept = columns.flatMap((name, at) =>
    name === 'date' ? [] : [[name, cells[at]?.slice(0, count)] as const],
  );
  return {
    ...{ days: days.slice(0, count), lines: lines.slice(0, count) },
    cells: Object.fromEntries(kept),
  };
}

function linesIn(bytes: Uint8Array, begin: number): number {
  let count = 1;
  for (let at = begin; at < bytes.length; at += 1) if (bytes[at] === 10) count += 1;
  return count;
}

/** Whether days rise, or fall, without any twice. */
function isOrdered(days: Int32Array, count: number): boolean {
  const rises = (days[1] ?? 0) > (days[0] ?? 0);
  for (let i = 1; i < count; i += 1)
    if (days[i] === days[i - 1] || (days[i] ?? 0) > (days[i - 1] ?? 0) !== rises) return false;
  return true;
}

function oldestFirst({ days, lines, cells }: Rows, unit: QuoteUnit): Omit<PlainBars, 'header'> {
  const columns = [days, lines, ...Object.values(cells)];
  if ((days[0] ?? 0) > (days.at(-1) ?? 0)) for (const column of columns) column.reverse();
  const priced = (name: Column): Float64Array | undefined =>
    unit.perCurrency === 1 ? cells[name] : cells[name]?.map((price) => inCurrency(price, unit));
  const close = priced('close') ?? new Float64Array(0);
  const open = priced('open') ?? close;
  const figures = {
    ...{ days, open, close, adjustedClose: priced('adjusted') ?? close },
    high: priced('high') ?? beyond(open, close, Math.max),
    low: priced('low') ?? beyond(open, close, Math.min),
    volume: cells.volume ?? new Float64Array(days.length).fill(Number.NaN),
  };
  return { figures, lines };
}

/** Of highs or lows that are not stated. */
function beyond(
  open: Float64Array,
  close: Float64Array,
  of: (a: number, b: number) => number,
): Float64Array {
  return open === close ? close : open.map((price, i) => of(price, close[i] ?? price));
}
