/** `rates.csv`: date, from, to, rate; one unit of `from` in units of `to`. */
import type { CalendarDay } from '#shared/kernel/calendar-day.ts';
import { parseCurrency, type Currency } from '#shared/kernel/currency.ts';
import { Failure } from '#shared/kernel/failure.ts';
import type { DailyRate } from '../market-data.ts';
import { columnOf, parseFigure, parseFileDay, type Complaints, type Table } from './csv-table.ts';

const COLUMNS = ['date', 'from', 'to', 'rate'] as const;
const SIGNIFICANT_DIGITS = 12;

type Days = ReadonlyMap<CalendarDay, number>;

export class CsvRates {
  private readonly pairs: ReadonlyMap<string, Days>;

  constructor(pairs: ReadonlyMap<string, Days>) {
    this.pairs = pairs;
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

export function readRates(table: Table, complaints: Complaints): CsvRates {
  const { header, file } = table;
  const [date = -1, from = -1, to = -1, rate = -1] = COLUMNS.map((name) => columnOf(header, name));
  if (Math.min(date, from, to, rate) < 0) {
    complaints.add(file, 1, `needs the columns ${COLUMNS.join(',')}`);
    return new CsvRates(new Map());
  }
  const pairs = new Map<string, Map<CalendarDay, number>>();
  for (const { cells, line } of table.rows)
    complaints.try(file, line, () => {
      const code = (at: number): Currency => parseCurrency((cells[at] ?? '').toUpperCase());
      const pair = `${code(from)}-${code(to)}`;
      const days = pairs.get(pair) ?? new Map<CalendarDay, number>();
      const day = parseFileDay(cells[date] ?? '');
      if (days.has(day)) throw new Failure('INVALID_REQUEST', `${day} comes twice for ${pair}`);
      pairs.set(pair, days.set(day, positive(cells[rate])));
    });
  return new CsvRates(pairs);
}

function positive(cell: string | undefined): number {
  const rate = parseFigure(cell);
  if (rate === undefined || rate <= 0) throw new Failure('INVALID_REQUEST', 'a rate is positive');
  return rate;
}

function short(rate: number): number {
  return Number(rate.toPrecision(SIGNIFICANT_DIGITS));
}
