/** Rows of sessions, holidays and closing times. */
import type { ExchangeCalendar } from '#shared/quant/calendars/exchange-calendar.ts';
import { calendarOf } from '#shared/quant/calendars/calendars.ts';
import { parseDay, type CalendarDay } from '#shared/kernel/calendar-day.ts';
import { given, textOf } from './rows/row-conventions.ts';
import {
  NotSupported,
  type Adapter,
  type AnchorFiles,
  type AnchorRow,
  type Compute,
} from './rows/anchor-row.ts';
import { vocabularies } from './rows/vocabularies.ts';

function calendarIn(row: AnchorRow): ExchangeCalendar {
  const exchange = textOf(row, 'calendar', 'exchange', 'mic').toUpperCase();
  const calendar = calendarOf(exchange);
  if (!calendar) throw new NotSupported(`no calendar of ${exchange}`);
  return calendar;
}

/** An answer for each date: a record by date, or a list in order. */
function forDates(answer: (calendar: ExchangeCalendar, day: CalendarDay) => unknown): Compute {
  return (row) => {
    const calendar = calendarIn(row);
    const stated = given(row, 'dates', 'days', 'date', 'day');
    const expected = row.expected ?? {};
    const dates = Array.isArray(stated)
      ? stated.map(String)
      : typeof stated === 'string'
        ? [stated]
        : Object.keys(expected);
    const answers = dates.map((date) => [date, answer(calendar, parseDay(date))] as const);
    if (typeof expected !== 'object') return answers[0]?.[1];
    return Array.isArray(expected) ? answers.map(([, one]) => one) : Object.fromEntries(answers);
  };
}

const isOpen = forDates((calendar, day) => (calendar.isSession(day) ? 'open' : 'closed'));
const closes = forDates((calendar, day) => calendar.hours(day)?.closes ?? null);
const opens = forDates((calendar, day) => calendar.hours(day)?.opens ?? null);
const isSpecial = forDates((calendar, day) => calendar.isSpecial(day));
const next = forDates((calendar, day) => calendar.sessionFrom(day));
const previous = forDates((calendar, day) => calendar.sessionUntil(day));
const pause = forDates((calendar, day) => {
  const { from, to } = calendar.hours(day)?.pause ?? {};
  return from === undefined ? null : [from, to];
});

/**
 * Sessions of each year that the row expects. Rows of a file of sessions count those within the file's
 * range, whose ends the file states; of a year beyond it that is none.
 */
const perYear: Compute = (row, files) => {
  const calendar = calendarIn(row);
  const [from, to] = rangeOf(row, files) ?? [calendar.from, calendar.to];
  return Object.fromEntries(
    Object.keys((row.expected ?? {}) as object).map((year) => {
      const first = parseDay(`${year}-01-01`);
      const last = parseDay(`${year}-12-31`);
      const inside = calendar.sessions(first < from ? from : first, last > to ? to : last);
      return [year, inside.length];
    }),
  );
};

function rangeOf(
  row: AnchorRow,
  files: AnchorFiles,
): readonly [CalendarDay, CalendarDay] | undefined {
  const source = textOf(row, 'file', 'sessions', 'table');
  const isAnswersFile = /file/.test(String((row.source as { test?: string } | undefined)?.test));
  const exchange = textOf(row, 'calendar', 'exchange').toLowerCase();
  if (source === '' && !isAnswersFile) return undefined;
  const [, ...rows] = known(files, source === '' ? `public/data/calendar_${exchange}.csv` : source);
  const days = rows.flatMap(([day]) => (day ? [day.slice(0, 10)] : []));
  const [first, last] = [days[0], days.at(-1)];
  return first && last ? [parseDay(first), parseDay(last)] : undefined;
}

/** Of a file that is not there nothing is known: then the whole coverage counts. */
function known(files: AnchorFiles, name: string): readonly (readonly string[])[] {
  try {
    return files.table(name);
  } catch {
    return [];
  }
}

export const exchangeCalendar: Adapter = {
  category: 'exchange_calendar',
  words: vocabularies.exchange_calendar,
  operations: [
    [/number|count|per (calendar )?year/i, perYear],
    [
      /(early|late|special|half)[\s_-]*(close|open|day)?s?\b.*(\?|is|are|whether)|^(is|are).*(early|late|half)/i,
      isSpecial,
    ],
    [/clos(e|es|ing)[\s_-]*time|time.*clos/i, closes],
    [/open(s|ing)?[\s_-]*time|time.*open/i, opens],
    [/break|lunch/i, pause],
    [/next|following/i, next],
    [/previous|last session/i, previous],
    [/open|session|holiday|closed|trading day/i, isOpen],
  ],
};
