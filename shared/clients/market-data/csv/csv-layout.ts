/**
 * The tables of bars that a file of prices holds: one; or several, where rows name their security
 * (Stooq) or columns do (yfinance).
 */
import {
  barColumnOf,
  isBarColumnName,
  isBarHeader,
  symbolColumnOf,
} from './format/column-names.ts';
import type { CsvRow, CsvTable, RowKinds } from './format/csv-table.ts';
import { beginsLikeDay } from './format/day-format.ts';

/** Bars of one security. */
export interface BarTable extends CsvTable {
  /** As the file names it; undefined where only the file's name does. */
  readonly symbol: string | undefined;
}

export const priceRowKinds: RowKinds = { isHeader: isPriceHeader, isRemark };

/** `Source: …`, a disclaimer: text alone. A row with anything that may be a day or a price is none. */
function isRemark(cells: readonly string[]): boolean {
  return cells.every((cell) => !/^\W*\d/.test(cell) && !beginsLikeDay(cell));
}

/** Whether a row can be the header of a file of prices. */
function isPriceHeader(cells: readonly string[]): boolean {
  const named = cells.filter((cell) => cell !== '');
  return named.length > 1 && (isBarHeader(cells) || isYahooHeader(cells));
}

/** `Price,Close,High,…` or `Ticker,AAPL,AAPL,…`: the first of yfinance's three lines. */
function isYahooHeader(cells: readonly string[]): boolean {
  return /^(price|ticker|)$/i.test(cells[0] ?? '') && cells.slice(1).every(Boolean);
}

/** @returns undefined where the table is not one of bars */
export function barTables(table: CsvTable): readonly BarTable[] | undefined {
  const stacked = stackedTables(table);
  if (stacked) return stacked;
  if (!isBarHeader(table.header)) return undefined;
  const symbolAt = symbolColumnOf(table.header);
  return symbolAt < 0 ? [{ ...table, symbol: undefined }] : bySymbol(table, symbolAt);
}

function bySymbol(table: CsvTable, symbolAt: number): readonly BarTable[] {
  const rowsOf = new Map<string, CsvRow[]>();
  for (const row of table.rows) {
    const symbol = row.cells[symbolAt] ?? '';
    const rows = rowsOf.get(symbol) ?? [];
    rowsOf.set(symbol, rows);
    rows.push(row);
  }
  return [...rowsOf].map(([symbol, rows]) => ({ ...table, symbol: symbol || undefined, rows }));
}

/** yfinance: a line of fields, one of tickers (or the other way round), and one with `Date` alone. */
function stackedTables(table: CsvTable): readonly BarTable[] | undefined {
  const [second, third] = table.rows;
  if (!second || !third || !isYahooHeader(table.header)) return undefined;
  if (barColumnOf(third.cells.slice(0, 1), 'date') !== 0) return undefined;
  if (third.cells.slice(1).some(Boolean)) return undefined;
  const fieldsFirst = table.header.slice(1).every(isBarColumnName);
  const [fields, tickers] = fieldsFirst
    ? [table.header, second.cells]
    : [second.cells, table.header];
  if (!fields.slice(1).every(isBarColumnName)) return undefined;
  const symbols = new Set(tickers.slice(1));
  return [...symbols].map((symbol) => partOf(table, fields, tickers, symbol));
}

function partOf(
  table: CsvTable,
  fields: readonly string[],
  tickers: readonly string[],
  symbol: string,
): BarTable {
  const columns = [
    0,
    ...tickers.flatMap((ticker, at) => (at > 0 && ticker === symbol ? [at] : [])),
  ];
  const pick = (cells: readonly string[]): string[] => columns.map((at) => cells[at] ?? '');
  return {
    ...table,
    symbol,
    header: ['Date', ...pick(fields).slice(1)],
    rows: table.rows.slice(2).map(({ cells, line }) => ({ line, cells: pick(cells) })),
  };
}

/** What a file of bars needs, and what was found, for a person. */
export function columnsText(header: readonly string[]): string {
  if (!header.some(Boolean)) return 'the file is empty';
  const found = header.map((name) => name || '""').slice(0, 12);
  const more = header.length > found.length ? ', …' : '';
  const missing = ['date', 'close'].filter((name) =>
    name === 'date' ? barColumnOf(header, 'date') < 0 : barColumnOf(header, 'close') < 0,
  );
  const absence = missing.length > 0 ? `; no column is called ${missing.join(' or ')}` : '';
  return `found the columns ${found.join(', ')}${more}; needed are a date and a close${absence}`;
}
