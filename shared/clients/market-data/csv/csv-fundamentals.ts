/** `fundamentals.csv`: isin or symbol, and columns named like the figures; ratios are fractions. */
import type { CalendarDay } from '#shared/kernel/calendar-day.ts';
import type { Isin } from '#shared/kernel/isin.ts';
import type { ListedFundamentals, ListedSecurity } from '../market-data.ts';
import {
  columnOf,
  parseFigure,
  parseFileDay,
  plainName,
  type Complaints,
  type Table,
} from './csv-table.ts';

export const FUNDAMENTAL_COLUMNS = [
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

/** @param today the day figures stand at that carry none of their own (column `asOf`) */
export function readFundamentals(
  table: Table,
  securities: readonly ListedSecurity[],
  today: CalendarDay,
  complaints: Complaints,
): ReadonlyMap<Isin, ListedFundamentals> {
  const { header, file } = table;
  const found = new Map<Isin, ListedFundamentals>();
  const [isinAt, symbolAt] = [columnOf(header, 'isin'), columnOf(header, 'symbol')];
  if (isinAt < 0 && symbolAt < 0) complaints.add(file, 1, 'needs a column isin or symbol');
  const byName = new Map(
    securities.flatMap((s) => [[s.isin, s] as const, [s.symbol.toUpperCase(), s] as const]),
  );
  for (const { cells, line } of table.rows) {
    const name = (cells[isinAt] || cells[symbolAt] || '').toUpperCase();
    const security = byName.get(name);
    if (!security) complaints.add(file, line, `${name || 'a blank'} is not in securities.csv`);
    else if (found.has(security.isin)) complaints.add(file, line, `${name} comes twice`);
    else {
      const figures = complaints.try(file, line, () => figuresOf(header, cells, today));
      if (figures) found.set(security.isin, figures);
    }
  }
  return found;
}

function figuresOf(
  header: readonly string[],
  cells: readonly string[],
  today: CalendarDay,
): ListedFundamentals {
  const known = FUNDAMENTAL_COLUMNS.flatMap((name): [string, number][] => {
    const at = columnOf(header, plainName(name));
    const figure = at < 0 ? undefined : parseFigure(cells[at]);
    return figure === undefined ? [] : [[name, figure]];
  });
  const asOf = cells[columnOf(header, 'asof')] ?? '';
  return { asOf: asOf === '' ? today : parseFileDay(asOf), ...Object.fromEntries(known) };
}
