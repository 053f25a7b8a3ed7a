/** A day in the calendar, `YYYY-MM-DD`; no hour, no zone. Compares as text. */
import { Failure } from './failure.ts';
import { DAY_MS, type Instant } from './instant.ts';

export type CalendarDay = string & { readonly __brand: 'CalendarDay' };

/** @throws Failure INVALID_REQUEST for a day that is not in the calendar */
export function parseDay(text: string): CalendarDay {
  const isWritten = /^\d{4}-\d{2}-\d{2}$/.test(text);
  // Of a day that is not in the calendar, such as the 30th of February, the count is that of another one.
  if (!isWritten || dayOfEpoch(epochDay(text as CalendarDay)) !== text)
    throw new Failure('INVALID_REQUEST', `"${text.slice(0, 20)}" is not a day`);
  return text as CalendarDay;
}

export function dayOf(instant: Instant): CalendarDay {
  return dayOfEpoch(Math.floor(instant / DAY_MS));
}

/** Days since 1970-01-01; the form that price series store. */
export function epochDay(day: CalendarDay): number {
  const year = twoDigits(day, 0) * 100 + twoDigits(day, 2);
  return epochDayOf(year, twoDigits(day, 5), twoDigits(day, 8));
}

function twoDigits(day: CalendarDay, at: number): number {
  return (day.charCodeAt(at) - ZERO) * 10 + (day.charCodeAt(at + 1) - ZERO);
}

const ZERO = '0'.charCodeAt(0);
const FROM_MARCH_0000_TO_1970 = 719_468;

/** Gregorian, years counted from March so that a leap day is the last of its year. */
function epochDayOf(year: number, month: number, dayOfMonth: number): number {
  const [marchYear, fromMarch] = month > 2 ? [year, month - 3] : [year - 1, month + 9];
  const leapDays = Math.floor(marchYear / 4) - Math.floor(marchYear / 100);
  const centuries = leapDays + Math.floor(marchYear / 400);
  const monthDays = Math.floor((153 * fromMarch + 2) / 5);
  return marchYear * 365 + centuries + monthDays + dayOfMonth - 1 - FROM_MARCH_0000_TO_1970;
}

/** @throws RangeError for a number that is no date */
export function dayOfEpoch(days: number): CalendarDay {
  const known = written.get(days);
  if (known !== undefined) return known;
  const day = new Date(days * DAY_MS).toISOString().slice(0, 10) as CalendarDay;
  if (written.size >= WRITTEN_MAX) written.clear();
  written.set(days, day);
  return day;
}

/** Days are few and written often; each is one text for all who hold it. */
const written = new Map<number, CalendarDay>();
const WRITTEN_MAX = 50_000;

export function addDays(day: CalendarDay, days: number): CalendarDay {
  return dayOfEpoch(epochDay(day) + days);
}

export function daysBetween(from: CalendarDay, to: CalendarDay): number {
  return epochDay(to) - epochDay(from);
}

/** Midnight UTC at the start of the day. */
export function startOf(day: CalendarDay): Instant {
  return (epochDay(day) * DAY_MS) as Instant;
}

/** 0 is Sunday. */
export function weekday(day: CalendarDay): number {
  return (((epochDay(day) + 4) % 7) + 7) % 7;
}

export function isWeekend(day: CalendarDay): boolean {
  return weekday(day) === 0 || weekday(day) === 6;
}
