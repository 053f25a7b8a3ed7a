/** Days that are those before: midnight of an exchange, written in UTC, is the evening before in half of the world. */
import { epochDay, type CalendarDay } from '#shared/kernel/calendar-day.ts';

export interface WrittenDay {
  readonly day: CalendarDay;
  readonly line: number;
  /** The cell that it was read from. */
  readonly text: string;
}

const [SUNDAY, SATURDAY] = [0, 6];
/** 1970-01-01 was a Thursday. */
const WEEKDAY_OF_1970 = 4;
const CLOCK = /[T\s](\d{1,2}):\d{2}.*?(pm)?$/i;
const SECONDS = /^\d{10}$/;
const MILLISECONDS = /^\d{13}$/;
const NOON = 12;
/** Fewer are sessions of a holiday. Where clocks change, the days of the other half year are right. */
const SUNDAYS_MIN = 2;
const SUNDAYS_RATIO_MIN = 0.05;

/** A Sunday evening where nothing is traded on Saturdays, and there are many: the days have moved by one. */
export function shiftedDay(rows: readonly WrittenDay[]): WrittenDay | undefined {
  if (!rows.some(({ text }) => isLate(text))) return undefined;
  const late = rows.filter(({ day, text }) => weekday(day) === SUNDAY && isLate(text));
  const isMany = late.length >= Math.max(SUNDAYS_MIN, rows.length * SUNDAYS_RATIO_MIN);
  return isMany && !rows.some(({ day }) => weekday(day) === SATURDAY) ? late[0] : undefined;
}

function isLate(text: string): boolean {
  const [, hour, isAfternoon] = CLOCK.exec(text) ?? [];
  if (hour !== undefined) return Number(hour) >= NOON || isAfternoon !== undefined;
  const hours = SECONDS.test(text) ? Number(text) / 3_600 : Number(text) / 3_600_000;
  return (SECONDS.test(text) || MILLISECONDS.test(text)) && hours % 24 >= NOON;
}

function weekday(day: CalendarDay): number {
  return (((epochDay(day) + WEEKDAY_OF_1970) % 7) + 7) % 7;
}
