/** `fundamentals.csv`: isin or symbol, and columns named like the figures; ratios are fractions. */
import type { CalendarDay } from '#shared/kernel/calendar-day.ts';
import { Failure } from '#shared/kernel/failure.ts';
import type { Isin } from '#shared/kernel/isin.ts';
import type { ListedFundamentals, ListedSecurity } from '../market-data.ts';
import type { Complaints } from './format/complaints.ts';
import { columnOf, plainName, repeatedIn } from './format/column-names.ts';
import { reportLayout, figureReader, type CsvTable } from './format/csv-table.ts';
import { futureDay, type Reading } from './csv-prices.ts';
import { dayFormatOf, parseFileDay, type DayOrder } from './format/day-format.ts';
import { SymbolMatch } from './symbol-match.ts';

const FUNDAMENTAL_COLUMNS = [
  'peRatio',
  'pbRatio',
  'dividendYieldRatio',
  'marketCap',
  'profitMarginRatio',
  'returnOnEquityRatio',
  'debtToEquityRatio',
  'revenueGrowthRatio',
  'earningsGrowthRatio',
  'analystRating',
] as const satisfies readonly (keyof ListedFundamentals)[];

/** @param lastDay the day figures stand at that carry none of their own (column `asOf`) */
export function readFundamentals(
  table: CsvTable,
  securities: readonly ListedSecurity[],
  lastDay: CalendarDay,
  reading: Reading,
): ReadonlyMap<Isin, ListedFundamentals> {
  const { header, file, headerLine } = table;
  const { complaints } = reading;
  reportLayout(table, complaints);
  const figure = figureReader(table, complaints);
  const found = new Map<Isin, ListedFundamentals>();
  const [isinAt, symbolAt] = [columnOf(header, 'isin'), columnOf(header, 'symbol')];
  if (isinAt < 0 && symbolAt < 0)
    complaints.add(
      file,
      headerLine,
      `needs a column isin or symbol; found ${header.join(', ') || 'no columns'}`,
    );
  const plainNames = FUNDAMENTAL_COLUMNS.map(plainName);
  if (columnOf(header, ...plainNames) < 0)
    complaints.add(
      file,
      headerLine,
      `needs a column of figures (${FUNDAMENTAL_COLUMNS.join(', ')}); found ${header.join(', ')}`,
    );
  for (const column of repeatedIn(header, ['isin', 'symbol', 'asof', ...plainNames]))
    complaints.add(file, headerLine, `column ${column} comes twice`);
  const match = new SymbolMatch(securities);
  const order = dayOrderOf(table, complaints);
  for (const { cells, line } of table.rows) {
    const name = cells[isinAt] || cells[symbolAt] || '';
    const security = match.find(name);
    if (!security) complaints.add(file, line, `${name || 'a blank'} is not in securities.csv`);
    else if (found.has(security.isin)) complaints.add(file, line, `${name} comes twice`);
    else {
      const figures = complaints.try(file, line, () =>
        figuresOf(header, cells, { figure, lastDay, today: reading.today, order }),
      );
      if (figures) found.set(security.isin, figures);
    }
  }
  return found;
}

/** The first order where the column tells none, which is a complaint. */
function dayOrderOf({ file, header, rows }: CsvTable, complaints: Complaints): DayOrder {
  const at = columnOf(header, 'asof');
  const cells = rows.map(({ cells: row, line }) => ({ text: row[at] ?? '', line }));
  const format = dayFormatOf(cells.filter(({ text }) => text !== ''));
  if (typeof format === 'string') return format;
  complaints.add(file, format.line, format.message);
  return 'month-first';
}

interface Around {
  readonly order: DayOrder;
  readonly figure: (cell: string | undefined) => number | undefined;
  readonly lastDay: CalendarDay;
  readonly today: CalendarDay;
}

function figuresOf(
  header: readonly string[],
  cells: readonly string[],
  around: Around,
): ListedFundamentals {
  const known = FUNDAMENTAL_COLUMNS.flatMap((name): [string, number][] => {
    const at = columnOf(header, plainName(name));
    const figure = at < 0 ? undefined : around.figure(cells[at]);
    if (figure !== undefined) requireRange(name, figure);
    return figure === undefined ? [] : [[name, figure]];
  });
  const cell = cells[columnOf(header, 'asof')] ?? '';
  const asOf = cell === '' ? around.lastDay : parseFileDay(cell, around.order);
  if (asOf > around.today) throw new Failure('INVALID_REQUEST', futureDay(asOf, around.today));
  return { asOf, ...Object.fromEntries(known) };
}

/** Figures that are in another unit than theirs. */
function requireRange(name: (typeof FUNDAMENTAL_COLUMNS)[number], figure: number): void {
  const wrong = (text: string) => new Failure('INVALID_REQUEST', `${name}: "${figure}" ${text}`);
  if (name === 'dividendYieldRatio' && (figure < 0 || figure > 1))
    throw wrong('is not from 0 to 1: 0.031 is 3.1 %');
  if (name === 'analystRating' && (figure < 1 || figure > 5)) throw wrong('is not from 1 to 5');
  if (name === 'marketCap' && figure <= 0) throw wrong('is not above 0');
}
