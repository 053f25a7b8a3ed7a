/** Daily bars from tables of bars and from wide tables of closes. */
import type { CalendarDay } from '#shared/kernel/calendar-day.ts';
import type { ListedSecurity } from '../market-data.ts';
import type { DailyBar } from '../market-data.ts';
import {
  barColumnOf,
  dateColumn,
  isBarColumnName,
  repeatedColumns,
  wideColumns,
} from './format/column-names.ts';
import type { Complaints } from './format/complaints.ts';
import { figureReader, type CsvTable } from './format/csv-table.ts';
import { dayFormatOf, parseFileDay } from './format/day-format.ts';
import { inCurrency, type QuoteUnit } from './format/quote-unit.ts';
import { shiftedDay } from './format/shifted-days.ts';
import { unitOfRows } from './stated-unit.ts';
import type { SymbolMatch } from './symbol-match.ts';

/** A bar and the line of the file it stands in. */
export interface FileBar extends DailyBar {
  readonly line: number;
  /** Cash a share that goes ex on the day. */
  readonly dividend?: number | undefined;
  /** Shares after for each share before. */
  readonly split?: number | undefined;
}

/** Days after this one cannot have prices yet. */
export interface Reading {
  readonly today: CalendarDay;
  readonly complaints: Complaints;
}

interface DatedRow {
  readonly day: CalendarDay;
  readonly line: number;
  readonly cells: readonly string[];
}

/** One security's bars, oldest first. @param listed the unit that securities.csv says */
export function readBars(table: CsvTable, listed: QuoteUnit, reading: Reading): readonly FileBar[] {
  const { header, file, headerLine } = table;
  for (const column of repeatedColumns(header))
    reading.complaints.add(file, headerLine, `column ${column} comes twice`);
  const unitOf = unitOfRows(table, listed, reading.complaints);
  const figure = figureReader(table, reading.complaints);
  // Without adjusted closes beside them, closes may contain the dividends already.
  const isGross = barColumnOf(header, 'adjusted') >= 0;
  const columns = {
    ...{ open: barColumnOf(header, 'open'), high: barColumnOf(header, 'high') },
    ...{ low: barColumnOf(header, 'low'), close: barColumnOf(header, 'close') },
    ...{ adjusted: barColumnOf(header, 'adjusted'), volume: barColumnOf(header, 'volume') },
    ...{
      dividend: isGross ? barColumnOf(header, 'dividend') : -1,
      split: barColumnOf(header, 'split'),
    },
  };
  const hasEvents = columns.dividend >= 0 || columns.split >= 0;
  const rows = datedRows(table, dateAtOf(header), reading);
  const bars = rows.flatMap(({ day, line, cells }) => {
    const at = (column: number) => (column < 0 ? undefined : figure(cells[column]));
    const unit = reading.complaints.try(file, line, () => unitOf(cells));
    if (!unit) return [];
    const price = (column: number) => scaled(at(column), unit);
    const bar = reading.complaints.try(file, line, () =>
      barOf(day, line, {
        open: price(columns.open),
        high: price(columns.high),
        low: price(columns.low),
        close: price(columns.close),
        volume: at(columns.volume),
      }),
    );
    const events = hasEvents
      ? reading.complaints.try(file, line, () => ({
          ...{ dividend: price(columns.dividend), split: at(columns.split) },
        }))
      : undefined;
    const adjusted = price(columns.adjusted);
    return bar ? [{ bar: events ? withEvents(bar, events) : bar, adjusted }] : [];
  });
  return adjustedAlike(bars);
}

/**
 * Closes stand for adjusted ones that nobody stated. One that is missing among others does not become the close, since
 * adjusted and unadjusted prices would be mixed: the check of bars sets it aside.
 */
function adjustedAlike(
  bars: readonly { readonly bar: FileBar; readonly adjusted: number | undefined }[],
): readonly FileBar[] {
  const isStated = bars.some(({ adjusted }) => adjusted !== undefined);
  return bars.map(({ bar, adjusted = Number.NaN }) =>
    isStated ? { ...bar, adjustedClose: adjusted } : bar,
  );
}

function withEvents(
  bar: FileBar,
  { dividend = 0, split = 0 }: Pick<FileBar, 'dividend' | 'split'>,
): FileBar {
  return {
    ...bar,
    ...(dividend > 0 && { dividend }),
    ...(split > 0 && split !== 1 && { split }),
  };
}

/** A wide table's closes by security; a blank cell is no bar, other columns are left alone. */
export function readWide(
  table: CsvTable,
  match: SymbolMatch,
  unitOf: (security: ListedSecurity) => QuoteUnit,
  reading: Reading,
): ReadonlyMap<ListedSecurity, readonly FileBar[]> {
  const { file, header, headerLine } = table;
  const figure = figureReader(table, reading.complaints);
  const dateAt = dateColumn(header);
  const rows = datedRows(table, dateAt, reading);
  const symbols = new Set(wideColumns(header));
  const found = new Map<ListedSecurity, readonly FileBar[]>();
  header.forEach((column, at) => {
    const security = at > dateAt && match.find(column);
    if (!security) return;
    if (!symbols.has(column)) {
      if (isBarColumnName(column))
        reading.complaints.add(file, headerLine, ambiguousColumn(column, security.symbol));
      return;
    }
    if (found.has(security))
      reading.complaints.add(file, headerLine, `column ${column} comes twice`);
    const bars = rows.flatMap(({ day, line, cells }) => {
      const close = reading.complaints.try(file, line, () => figure(cells[at]));
      const bar = barOf(day, line, { close: scaled(close, unitOf(security)) });
      return bar ? [bar] : [];
    });
    found.set(security, bars);
  });
  return found;
}

function ambiguousColumn(column: string, symbol: string): string {
  return (
    `the column ${column} may hold prices of ${symbol} or be a column of bars; ` +
    `put the prices of ${symbol} into a file ${symbol}.csv`
  );
}

/** The column of the date; the first one where none is called so. */
function dateAtOf(header: readonly string[]): number {
  const at = barColumnOf(header, 'date');
  return at < 0 ? dateColumn(header) : at;
}

/** Rows by day, oldest first; reports invalid, duplicate and future days. */
function datedRows(table: CsvTable, dateAt: number, reading: Reading): readonly DatedRow[] {
  const { file, rows } = table;
  const { complaints, today } = reading;
  const format = dayFormatOf(rows.map(({ cells, line }) => ({ text: cells[dateAt] ?? '', line })));
  if (typeof format !== 'string') {
    complaints.add(file, format.line, format.message);
    return [];
  }
  const seen = new Set<CalendarDay>();
  const dated = rows.flatMap(({ cells, line }): DatedRow[] => {
    const day = complaints.try(file, line, () => parseFileDay(cells[dateAt] ?? '', format));
    if (day === undefined) return [];
    if (seen.has(day)) complaints.add(file, line, `${day} comes twice`);
    seen.add(day);
    if (day > today) complaints.add(file, line, futureDay(day, today));
    return [{ day, line, cells }];
  });
  const shifted = shiftedDay(
    dated.map(({ day, line, cells }) => ({ day, line, text: cells[dateAt] ?? '' })),
  );
  if (shifted)
    complaints.add(
      file,
      shifted.line,
      `"${shifted.text}" is a Sunday's evening: its times are those of another zone than the exchange's, and days are cut from them; write days alone`,
    );
  return dated.sort((a, b) => (a.day < b.day ? -1 : a.day > b.day ? 1 : 0));
}

export function futureDay(day: CalendarDay, today: CalendarDay): string {
  return `${day} is in the future: today is ${today}`;
}

interface Figures {
  readonly open?: number | undefined;
  readonly high?: number | undefined;
  readonly low?: number | undefined;
  readonly close: number | undefined;
  readonly volume?: number | undefined;
}

/**
 * A row without any price is no bar. One with prices but no close has a close that is not a number,
 * so that the check of bars sets it aside by name. Of open, high and low, what is missing is the close.
 */
function barOf(
  day: CalendarDay,
  line: number,
  { open, high, low, close = Number.NaN, volume }: Figures,
): FileBar | undefined {
  const isBlank = open === undefined && high === undefined && low === undefined;
  if (Number.isNaN(close) && isBlank) return undefined;
  const first = open ?? close;
  const bar = {
    day,
    line,
    open: first,
    close,
    high: high ?? Math.max(first, close),
    low: low ?? Math.min(first, close),
    adjustedClose: close,
  };
  return volume === undefined ? bar : { ...bar, volume };
}

function scaled(price: number | undefined, unit: QuoteUnit): number | undefined {
  return price === undefined ? undefined : inCurrency(price, unit);
}
