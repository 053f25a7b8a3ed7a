/**
 * `rates.csv`: date, from, to, rate; one unit of `from` in units of `to`. A unit such as GBp is a
 * hundredth of its currency here too. Or the European Central Bank's table: a column a currency, in units for one euro.
 */
import type { CalendarDay } from '#shared/kernel/calendar-day.ts';
import { isCurrency, type Currency } from '#shared/kernel/currency.ts';
import { Failure } from '#shared/kernel/failure.ts';
import type { DailyRate } from '../market-data.ts';
import { columnOf } from './format/column-names.ts';
import type { Complaints } from './format/complaints.ts';
import { futureDay, type Reading } from './csv-prices.ts';
import { reportLayout, figureReader, type CsvTable } from './format/csv-table.ts';
import { dayFormatOf, parseFileDay, type DayOrder } from './format/day-format.ts';
import { parseQuoteUnit } from './format/quote-unit.ts';

const COLUMNS = ['date', 'from', 'to', 'rate'] as const;
const SIGNIFICANT_DIGITS = 12;

type Days = ReadonlyMap<CalendarDay, number>;

export class CsvRates {
  private readonly pairs: ReadonlyMap<string, Days>;

  constructor(pairs: ReadonlyMap<string, Days>) {
    this.pairs = pairs;
  }

  /** With those of another file, of which pairs that both have are left out. */
  with(other: CsvRates | undefined): CsvRates {
    return other ? new CsvRates(new Map([...other.pairs, ...this.pairs])) : this;
  }

  /** As the file has them, by `FROM-TO`. */
  days(): readonly (readonly [pair: string, days: Days])[] {
    return [...this.pairs];
  }

  /** As the file has them; or their inverse; or through one common currency. Oldest first. */
  between(from: Currency, to: Currency, since: CalendarDay): readonly DailyRate[] {
    const days =
      this.eitherWay(from, to) ?? this.crossed(from, to) ?? new Map<CalendarDay, number>();
    return [...days]
      .filter(([day]) => day >= since)
      .map(([day, rate]) => ({ day, rate }))
      .sort((a, b) => (a.day < b.day ? -1 : 1));
  }

  private eitherWay(from: Currency, to: Currency): Days | undefined {
    const inverse = this.pairs.get(`${to}-${from}`);
    return (
      this.pairs.get(`${from}-${to}`) ??
      (inverse && new Map([...inverse].map(([day, rate]) => [day, short(1 / rate)])))
    );
  }

  /** On the days that both pairs have. */
  private crossed(from: Currency, to: Currency): Days | undefined {
    const currencies = new Set([...this.pairs.keys()].flatMap((pair) => pair.split('-')));
    for (const middle of [...currencies].sort() as Currency[]) {
      const [first, second] = [this.eitherWay(from, middle), this.eitherWay(middle, to)];
      if (!first || !second) continue;
      const days = [...first].flatMap(([day, rate]): [CalendarDay, number][] => {
        const next = second.get(day);
        return next === undefined ? [] : [[day, short(rate * next)]];
      });
      if (days.length > 0) return new Map(days);
    }
    return undefined;
  }
}

export function readRates(table: CsvTable, reading: Reading): CsvRates {
  const { header, file, headerLine } = table;
  const { complaints } = reading;
  reportLayout(table, complaints);
  const missing = COLUMNS.filter((name) => columnOf(header, name) < 0);
  if (isPerEuro(header)) {
    const order = dayOrderOf(table, complaints);
    return new CsvRates(order ? pairsPerEuro(table, order, reading) : new Map());
  }
  if (missing.length > 0) {
    const found = header.join(', ') || 'no columns';
    const message = `needs the columns ${COLUMNS.join(',')}, or a date and one for each currency in units for one euro, as the ECB's table; found ${found}`;
    complaints.add(file, headerLine, message);
    return new CsvRates(new Map());
  }
  const order = dayOrderOf(table, complaints);
  if (!order) return new CsvRates(new Map());
  return new CsvRates(pairsOf(table, order, reading));
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

function pairsOf(table: CsvTable, order: DayOrder, { complaints, today }: Reading) {
  const figure = figureReader(table, complaints);
  const at = (name: (typeof COLUMNS)[number]): number => columnOf(table.header, name);
  const [date, from, to, rate] = [at('date'), at('from'), at('to'), at('rate')];
  const pairs = new Map<string, Map<CalendarDay, number>>();
  for (const { cells, line } of table.rows)
    complaints.try(table.file, line, () => {
      const [one, other] = [parseQuoteUnit(cells[from] ?? ''), parseQuoteUnit(cells[to] ?? '')];
      const pair = `${one.currency}-${other.currency}`;
      const days = pairs.get(pair) ?? new Map<CalendarDay, number>();
      const day = parseFileDay(cells[date] ?? '', order);
      if (day > today) throw new Failure('INVALID_REQUEST', futureDay(day, today));
      if (days.has(day)) throw new Failure('INVALID_REQUEST', `${day} comes twice for ${pair}`);
      const stated = positive(figure(cells[rate]));
      const scale = one.perCurrency / other.perCurrency;
      pairs.set(pair, days.set(day, scale === 1 ? stated : short(stated * scale)));
    });
  return pairs;
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
function pairsPerEuro(table: CsvTable, order: DayOrder, { complaints, today }: Reading) {
  const figure = figureReader(table, complaints);
  const dateAt = columnOf(table.header, 'date');
  const pairs = new Map<string, Map<CalendarDay, number>>();
  for (const { cells, line } of table.rows)
    complaints.try(table.file, line, () => {
      const day = parseFileDay(cells[dateAt] ?? '', order);
      if (day > today) throw new Failure('INVALID_REQUEST', futureDay(day, today));
      table.header.forEach((name, i) => {
        const stated = isCurrency(name.trim()) ? figure(cells[i]) : undefined;
        if (stated === undefined) return;
        const pair = `EUR-${name.trim()}`;
        const days = pairs.get(pair) ?? new Map<CalendarDay, number>();
        if (days.has(day)) throw new Failure('INVALID_REQUEST', `${day} comes twice for ${pair}`);
        pairs.set(pair, days.set(day, positive(stated)));
      });
    });
  return pairs;
}

function positive(rate: number | undefined): number {
  if (rate === undefined || rate <= 0) throw new Failure('INVALID_REQUEST', 'a rate is positive');
  return rate;
}

function short(rate: number): number {
  return Number(rate.toPrecision(SIGNIFICANT_DIGITS));
}
