/**
 * `rates.csv`: date, from, to, rate; one unit of `from` in units of `to`. A unit such as GBp is a
 * hundredth of its currency here too. Or the European Central Bank's table: a column a currency, in units for one euro.
 */
import type { CalendarDay } from '#shared/kernel/calendar-day.ts';
import { isCurrency, type Currency } from '#shared/kernel/currency.ts';
import { Failure } from '#shared/kernel/failure.ts';
import type { DailyRate } from '../market-data.ts';
import { columnOf, repeatedIn } from './format/column-names.ts';
import type { Complaints } from './format/complaints.ts';
import { futureDay, type Reading } from './csv-prices.ts';
import { reportLayout, figureReader, type CsvTable } from './format/csv-table.ts';
import { dayFormatOf, parseFileDay, type DayOrder } from './format/day-format.ts';
import { parseQuoteUnit } from './format/quote-unit.ts';
import { reportLevels, type StatedRate } from './rate-levels.ts';

const COLUMNS = ['date', 'from', 'to', 'rate'] as const;
const SIGNIFICANT_DIGITS = 12;

type Days = ReadonlyMap<CalendarDay, number>;

export class CsvRates {
  private readonly pairs: ReadonlyMap<string, Days>;

  /** Sentences on rates that are likely wrong. */
  readonly doubts: readonly string[];

  constructor(pairs: ReadonlyMap<string, Days>, doubts: readonly string[] = []) {
    this.pairs = pairs;
    this.doubts = doubts;
  }

  /** With those of another file on the days before a pair begins here. */
  with(other: CsvRates | undefined): CsvRates {
    if (!other) return this;
    const pairs = new Set([...other.pairs.keys(), ...this.pairs.keys()]);
    const both = (pair: string) => inTurn([this.pairs.get(pair), other.pairs.get(pair)]);
    const doubts = [...this.doubts, ...other.doubts];
    return new CsvRates(new Map([...pairs].map((pair) => [pair, both(pair)])), doubts);
  }

  /** As the file has them, by `FROM-TO`. */
  days(): readonly (readonly [pair: string, days: Days])[] {
    return [...this.pairs];
  }

  /**
   * As the file has them; before they begin there their inverse; and before that through a common currency. Oldest
   * first. A rate follows from rows up to its day: those that a file has later give no earlier day another.
   */
  between(from: Currency, to: Currency, since: CalendarDay): readonly DailyRate[] {
    return [...inTurn([this.eitherWay(from, to), ...this.crossed(from, to)])]
      .filter(([day]) => day >= since)
      .map(([day, rate]) => ({ day, rate }));
  }

  private eitherWay(from: Currency, to: Currency): Days {
    const inverse = [...(this.pairs.get(`${to}-${from}`) ?? [])];
    return inTurn([
      this.pairs.get(`${from}-${to}`),
      new Map(inverse.map(([day, rate]) => [day, short(1 / rate)])),
    ]);
  }

  /** For each currency between the two, on the days that both pairs have. */
  private crossed(from: Currency, to: Currency): readonly Days[] {
    const currencies = new Set([...this.pairs.keys()].flatMap((pair) => pair.split('-')));
    const between = [...currencies].filter((one) => one !== from && one !== to) as Currency[];
    return between.sort().map((middle) => {
      const second = this.eitherWay(middle, to);
      const days = [...this.eitherWay(from, middle)].flatMap(
        ([day, rate]): [CalendarDay, number][] => {
          const next = second.get(day);
          return next === undefined ? [] : [[day, short(rate * next)]];
        },
      );
      return new Map(days);
    });
  }
}

/** The first source from its first day on; before that the second, and so on. Oldest first. */
function inTurn(sources: readonly (Days | undefined)[]): Days {
  const parts: [CalendarDay, number][][] = [];
  let end: CalendarDay | undefined;
  for (const days of sources) {
    const known = [...(days ?? [])].filter(([day]) => end === undefined || day < end);
    const sorted = known.sort(([a], [b]) => (a < b ? -1 : 1));
    end = sorted[0]?.[0] ?? end;
    parts.unshift(sorted);
  }
  return new Map(parts.flat());
}

export function readRates(table: CsvTable, reading: Reading): CsvRates {
  const { header, file, headerLine } = table;
  const { complaints } = reading;
  reportLayout(table, complaints);
  const missing = COLUMNS.filter((name) => columnOf(header, name) < 0);
  if (isPerEuro(header)) {
    const order = dayOrderOf(table, complaints);
    return order
      ? ratesOf(table, statedPerEuro(table, order, reading), complaints)
      : new CsvRates(new Map());
  }
  if (missing.length > 0) {
    const found = header.join(', ') || 'no columns';
    const message = `needs the columns ${COLUMNS.join(',')}, or a date and one for each currency in units for one euro, as the ECB's table; found ${found}`;
    complaints.add(file, headerLine, message);
    return new CsvRates(new Map());
  }
  const order = dayOrderOf(table, complaints);
  if (!order) return new CsvRates(new Map());
  for (const column of repeatedIn(header, COLUMNS))
    complaints.add(file, headerLine, `column ${column} comes twice`);
  return ratesOf(table, statedIn(table, order, reading), complaints);
}

function ratesOf(
  { file }: CsvTable,
  stated: readonly StatedRate[],
  complaints: Complaints,
): CsvRates {
  const pairs = new Map<string, Map<CalendarDay, number>>();
  for (const { pair, day, rate, line } of stated)
    complaints.try(file, line, () => {
      const days = pairs.get(pair) ?? new Map<CalendarDay, number>();
      if (days.has(day)) throw new Failure('INVALID_REQUEST', `${day} comes twice for ${pair}`);
      pairs.set(pair, days.set(day, rate));
    });
  return new CsvRates(pairs, reportLevels(file, stated, complaints));
}

function dayOrderOf(table: CsvTable, complaints: Complaints): DayOrder | undefined {
  const at = columnOf(table.header, 'date');
  const format = dayFormatOf(
    table.rows.map(({ cells, line }) => ({ text: cells[at] ?? '', line })),
  );
  if (typeof format === 'string') return format;
  complaints.add(table.file, format.line, format.message);
  return undefined;
}

function statedIn(
  table: CsvTable,
  order: DayOrder,
  { complaints, today }: Reading,
): readonly StatedRate[] {
  const figure = figureReader(table, complaints);
  const at = (name: (typeof COLUMNS)[number]): number => columnOf(table.header, name);
  const [date, from, to, rate] = [at('date'), at('from'), at('to'), at('rate')];
  return table.rows.flatMap(({ cells, line }) => {
    const found = complaints.try(table.file, line, (): StatedRate => {
      const [one, other] = [parseQuoteUnit(cells[from] ?? ''), parseQuoteUnit(cells[to] ?? '')];
      const pair = `${one.currency}-${other.currency}`;
      const day = parseFileDay(cells[date] ?? '', order);
      if (day > today) throw new Failure('INVALID_REQUEST', futureDay(day, today));
      const stated = positive(figure(cells[rate]));
      const scale = one.perCurrency / other.perCurrency;
      return { pair, day, line, rate: scale === 1 ? stated : short(stated * scale) };
    });
    return found ? [found] : [];
  });
}

/** A day and currencies, of which none is the euro itself. */
function isPerEuro(header: readonly string[]): boolean {
  const codes = header.flatMap((name, i) => (i === columnOf(header, 'date') ? [] : [name.trim()]));
  const named = codes.filter((name) => name !== '');
  return (
    columnOf(header, 'date') >= 0 &&
    named.length > 0 &&
    named.every((name) => /^[A-Z]{3}$/.test(name) && name !== 'EUR')
  );
}

/** A day without a figure for a currency (`N/A`) has no rate of it; those that have ended stay as columns, unread. */
function statedPerEuro(
  table: CsvTable,
  order: DayOrder,
  { complaints, today }: Reading,
): readonly StatedRate[] {
  const figure = figureReader(table, complaints);
  const dateAt = columnOf(table.header, 'date');
  const all: StatedRate[] = [];
  for (const { cells, line } of table.rows)
    complaints.try(table.file, line, () => {
      const day = parseFileDay(cells[dateAt] ?? '', order);
      if (day > today) throw new Failure('INVALID_REQUEST', futureDay(day, today));
      table.header.forEach((name, i) => {
        const stated = isCurrency(name.trim()) ? figure(cells[i]) : undefined;
        if (stated === undefined) return;
        all.push({ pair: `EUR-${name.trim()}`, day, line, rate: positive(stated) });
      });
    });
  return all;
}

function positive(rate: number | undefined): number {
  if (rate === undefined || rate <= 0) throw new Failure('INVALID_REQUEST', 'a rate is positive');
  return rate;
}

function short(rate: number): number {
  return Number(rate.toPrecision(SIGNIFICANT_DIGITS));
}
