/**
 * The date format of a file. `2024-03-08`, `2024/03/08`, `20240308`, `08-Mar-2024`, `Mar 08, 2024`
 * and `08.03.2024` are unambiguous; so are seconds since 1970. Of `03/08/2024` and `03-08-2024` the
 * whole column decides: a part above 12 is a day, prices are not made at weekends, and they are
 * made on consecutive days. Where both orders pass, the month comes first; where neither, the file
 * is refused. A year of two digits is taken where the days follow one another when it stands last.
 */
import {
  dayOf,
  daysBetween,
  isWeekend,
  parseDay,
  type CalendarDay,
} from '#shared/kernel/calendar-day.ts';
import { Failure } from '#shared/kernel/failure.ts';
import { instantOf } from '#shared/kernel/instant.ts';

export type DayOrder = 'month-first' | 'day-first';

/** The order of day and month, or why there is none. */
export type DayFormat = DayOrder | { readonly line: number; readonly message: string };

interface Cell {
  readonly text: string;
  readonly line: number;
}

const NUMERIC = /^(\d{1,2})([/-])(\d{1,2})\2(\d{4}|\d{2})$/;
const SHORT_YEAR =
  /^(?:\d{1,2}([-/.\s])(?:\d{1,2}|\p{L}{3,9})\1\d{2}|\p{L}{3,9}\.?\s\d{1,2},?\s\d{2})$/u;
/** Two digits below it are of this century. */
const CENTURY_PIVOT = 70;
const WEEKDAY = /^(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?[,.]?\s+/i;
/** English, German, French, Spanish, Italian, Portuguese and Dutch: the first letters that tell them apart. */
const MONTHS = [
  ...['jan|ene|gen', 'feb|fev', 'mar|mrt', 'apr|avr|abr', 'may|mai|mag|mei', 'jun|juin|giu'],
  ...['jul|juil|lug', 'aug|aou|ago', 'sep|set', 'oct|okt|ott|out', 'nov', 'dec|dez|dic'],
].map((names) => new RegExp(`^(?:${names})`));
/** Prices of consecutive trading days lie no farther apart, holidays included. */
const GAP_MAX_DAYS = 7;
const SECONDS_DIGITS = 10;

export function dayFormatOf(cells: readonly Cell[]): DayFormat {
  const order = orderOf(cells);
  const short = cells.filter(({ text }) => SHORT_YEAR.test(withoutTime(text)));
  const [first] = short;
  if (!first || typeof order !== 'string' || areConsecutive(short, order)) return order;
  return {
    line: first.line,
    message: `"${first.text}" is not a day; write the year with four digits`,
  };
}

/** Whether the days follow one another, read with the year last. */
function areConsecutive(cells: readonly Cell[], order: DayOrder): boolean {
  try {
    return isConsecutive(cells.map(({ text }) => parseFileDay(text, order)).sort());
  } catch {
    return false;
  }
}

function orderOf(cells: readonly Cell[]): DayFormat {
  const numeric = cells.flatMap((cell) => {
    const match = NUMERIC.exec(withoutTime(cell.text));
    return match ? [{ ...cell, a: Number(match[1]), b: Number(match[3]) }] : [];
  });
  const dayFirst = numeric.find(({ a }) => a > 12);
  const monthFirst = numeric.find(({ b }) => b > 12);
  if (dayFirst && monthFirst) return conflict(dayFirst, monthFirst);
  if (dayFirst) return 'day-first';
  if (monthFirst || numeric.length === 0) return 'month-first';
  return likelier(numeric);
}

function conflict(dayFirst: Cell, monthFirst: Cell): DayFormat {
  const [before, after] =
    dayFirst.line <= monthFirst.line ? [dayFirst, monthFirst] : [monthFirst, dayFirst];
  return {
    line: after.line,
    message: `"${after.text}" has day and month the other way round than "${before.text}" in line ${before.line}`,
  };
}

function likelier(cells: readonly Cell[]): DayFormat {
  const read = (order: DayOrder) => cells.map(({ text }) => parseFileDay(text, order)).sort();
  const [american, european] = [read('month-first'), read('day-first')];
  const [a, b] = [american.some(isWeekend), european.some(isWeekend)];
  if (a && !b) return 'day-first';
  if (b && !a) return 'month-first';
  if (!a && isConsecutive(american)) return 'month-first';
  if (!b && isConsecutive(european)) return 'day-first';
  const [first] = cells;
  return {
    line: first?.line ?? 1,
    message: `"${first?.text}" may begin with the month or with the day, and no other row shows which; write days as YYYY-MM-DD`,
  };
}

function isConsecutive(days: readonly CalendarDay[]): boolean {
  return days.every((day, i) => {
    const before = days[i - 1];
    return before === undefined || daysBetween(before, day) <= GAP_MAX_DAYS;
  });
}

/** @throws Failure INVALID_REQUEST */
export function parseFileDay(cell: string, order: DayOrder): CalendarDay {
  const text = withoutTime(cell);
  const iso =
    /^(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})$/.exec(text) ?? /^(\d{4})(\d{2})(\d{2})$/.exec(text);
  if (iso) return built(cell, iso[1], iso[2], iso[3]);
  const dotted = /^(\d{1,2})\.(\d{1,2})\.(\d{4}|\d{2})$/.exec(text);
  if (dotted) return built(cell, dotted[3], dotted[2], dotted[1]);
  const numeric = NUMERIC.exec(text);
  if (numeric) {
    const [, first, , second, year] = numeric;
    return order === 'day-first'
      ? built(cell, year, second, first)
      : built(cell, year, first, second);
  }
  return named(text) ?? ofSeconds(text) ?? unreadable(cell);
}

/** `2024-03-08 00:00:00-05:00` and `2024-03-08T17:30Z` without what follows the day. */
function withoutTime(cell: string): string {
  return cell
    .replace(/(?:T|,?\s+)\d{1,2}:\d{2}.*$/, '')
    .trim()
    .replace(WEEKDAY, '');
}

/** `08-Mar-2024`, `8. März 2024`, `8 de marzo de 2024`, `Mar 08, 2024`. */
function named(text: string): CalendarDay | undefined {
  const [first, second, year, ...others] = text.split(/[-\s.,/]+(?:de\s+)?/);
  if (others.length > 0 || !/^(?:\d{2}|\d{4})$/.test(year ?? '')) return undefined;
  const [day, name] = /^\d/.test(first ?? '') ? [first, second] : [second, first];
  const month = monthOf(name ?? '');
  return month === 0 || !/^\d{1,2}$/.test(day ?? '')
    ? undefined
    : built(text, year, String(month), day);
}

/** 1 to 12; 0 where it is no month. */
function monthOf(name: string): number {
  const plain = name
    .normalize('NFD')
    .replace(/\p{Mn}/gu, '')
    .toLowerCase();
  if (!/^[a-z]{3,10}$/.test(plain)) return 0;
  return MONTHS.findIndex((month) => month.test(plain)) + 1;
}

/** Whether a text begins with a day whose month is named: `Mar 08`, `Friday, March`. */
export function beginsLikeDay(text: string): boolean {
  const [first = '', second = ''] = text.replace(WEEKDAY, '').split(/[-\s.,/]+/);
  return monthOf(first) > 0 && /^\d/.test(second);
}

function ofSeconds(text: string): CalendarDay | undefined {
  if (!/^\d{10}(\d{3})?$/.test(text)) return undefined;
  return dayOf(instantOf(Number(text) * (text.length === SECONDS_DIGITS ? 1_000 : 1)));
}

function built(cell: string, year = '', month = '', day = ''): CalendarDay {
  try {
    return parseDay(`${wholeYear(year)}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`);
  } catch {
    return unreadable(cell);
  }
}

function wholeYear(year: string): string {
  if (year.length !== 2) return year;
  return `${Number(year) < CENTURY_PIVOT ? 20 : 19}${year}`;
}

function unreadable(cell: string): never {
  const hint = /\d{1,2}[-/.]\w{1,9}[-/.]\d{2}$/.test(cell)
    ? '; write the year with four digits'
    : '';
  throw new Failure('INVALID_REQUEST', `"${cell.slice(0, 20)}" is not a day${hint}`);
}
