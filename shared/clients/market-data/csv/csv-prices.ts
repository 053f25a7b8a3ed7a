/** Files of prices: one file a symbol with open, high, low, close; or one wide file of closes. */
import type { CalendarDay } from '#shared/kernel/calendar-day.ts';
import type { DailyBar } from '../market-data.ts';
import {
  columnOf,
  parseFigure,
  parseFileDay,
  plainName,
  type Complaints,
  type Row,
  type Table,
} from './csv-table.ts';

export type BarsBySymbol = ReadonlyMap<string, readonly DailyBar[]>;

const DATE_NAMES = ['date', 'datetime', 'timestamp', 'time', 'day'];
const CLOSE_NAMES = ['close', 'closelast'];

/** Whether a header is that of one symbol's daily bars. */
export function isBarHeader(header: readonly string[]): boolean {
  return columnOf(header, ...DATE_NAMES) >= 0 && columnOf(header, ...CLOSE_NAMES) >= 0;
}

/** The columns behind the date; in a wide file, symbols. */
export function wideColumns(header: readonly string[]): readonly string[] {
  return header.slice(dateColumn(header) + 1).filter((column) => column !== '');
}

/** One symbol's bars, oldest first. */
export function readBars(table: Table, complaints: Complaints): readonly DailyBar[] {
  const { header, file } = table;
  const column = {
    date: columnOf(header, ...DATE_NAMES),
    open: columnOf(header, 'open'),
    high: columnOf(header, 'high'),
    low: columnOf(header, 'low'),
    close: columnOf(header, ...CLOSE_NAMES),
    adjusted: columnOf(header, 'adjclose', 'adjustedclose', 'closeadj'),
    volume: columnOf(header, 'volume', 'vol'),
  };
  const bars = table.rows.flatMap(({ cells, line }) => {
    const figure = (at: number): number | undefined => parseFigure(at < 0 ? '' : cells[at]);
    const bar = complaints.try(file, line, () =>
      barOf(parseFileDay(cells[column.date] ?? ''), {
        open: figure(column.open),
        high: figure(column.high),
        low: figure(column.low),
        close: figure(column.close),
        adjusted: figure(column.adjusted),
        volume: figure(column.volume),
      }),
    );
    return bar ? [{ bar, line }] : [];
  });
  complainOfTwins(
    file,
    bars.map(({ bar, line }) => ({ day: bar.day, line })),
    complaints,
  );
  return bars.map(({ bar }) => bar).sort(byDay);
}

/**
 * A wide file's closes by symbol in capitals; a blank cell is no bar.
 * @param symbols in capitals; other columns are left alone
 */
export function readWide(
  table: Table,
  symbols: ReadonlySet<string>,
  complaints: Complaints,
): BarsBySymbol {
  const dateAt = dateColumn(table.header);
  const days = table.rows.flatMap((row) => {
    const day = complaints.try(table.file, row.line, () => parseFileDay(row.cells[dateAt] ?? ''));
    return day === undefined ? [] : [{ day, row, line: row.line }];
  });
  complainOfTwins(table.file, days, complaints);
  days.sort(byDay);
  const found = new Map<string, readonly DailyBar[]>();
  table.header.forEach((column, at) => {
    const symbol = column.toUpperCase();
    if (at <= dateAt || !symbols.has(symbol)) return;
    if (found.has(symbol)) complaints.add(table.file, 1, `column ${column} comes twice`);
    found.set(symbol, readColumn(table.file, days, at, complaints));
  });
  return found;
}

function readColumn(
  file: string,
  days: readonly { day: CalendarDay; row: Row }[],
  at: number,
  complaints: Complaints,
): readonly DailyBar[] {
  const bars: DailyBar[] = [];
  for (const { day, row } of days) {
    const close = complaints.try(file, row.line, () => parseFigure(row.cells[at]));
    const bar = close === undefined ? undefined : barOf(day, { close });
    if (bar) bars.push(bar);
  }
  return bars;
}

interface Figures {
  readonly open?: number | undefined;
  readonly high?: number | undefined;
  readonly low?: number | undefined;
  readonly close: number | undefined;
  readonly adjusted?: number | undefined;
  readonly volume?: number | undefined;
}

/** Without a close there is no bar; what else is missing is the close. */
function barOf(day: CalendarDay, figures: Figures): DailyBar | undefined {
  const { close, open = close, volume } = figures;
  if (close === undefined || open === undefined) return undefined;
  return {
    day,
    open,
    high: figures.high ?? Math.max(open, close),
    low: figures.low ?? Math.min(open, close),
    close,
    adjustedClose: figures.adjusted ?? close,
    ...(volume !== undefined && { volume }),
  };
}

/** The first column, or the second behind an unnamed one of row numbers. */
function dateColumn(header: readonly string[]): number {
  const [first = '', second = ''] = header;
  return first === '' && DATE_NAMES.includes(plainName(second)) ? 1 : 0;
}

function complainOfTwins(
  file: string,
  days: readonly { day: CalendarDay; line: number }[],
  complaints: Complaints,
): void {
  const seen = new Set<CalendarDay>();
  for (const { day, line } of days) {
    if (seen.has(day)) complaints.add(file, line, `${day} comes twice`);
    seen.add(day);
  }
}

function byDay(a: { day: CalendarDay }, b: { day: CalendarDay }): number {
  return a.day < b.day ? -1 : a.day > b.day ? 1 : 0;
}
