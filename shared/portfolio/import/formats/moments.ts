/** Times as exports write them. What is not written plainly is refused: a guess would book it on another day. */
import { DAY_MS, instantOf, type Instant } from '#shared/kernel/instant.ts';
import { epochDay, parseDay } from '#shared/kernel/calendar-day.ts';
import { Failure } from '#shared/kernel/failure.ts';

const WRITTEN =
  /^(\d{4}-\d\d-\d\d)(?:[T ,]+(\d\d?):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?)? ?(Z|[-+]\d\d:?\d\d)?$/i;
const MINUTE_MS = 60_000;

/** Reads UTC where no zone is said. */
export function moment(text: string): Instant {
  const [, day, hours = '0', minutes = '0', seconds = '0', fraction = '0', zone = 'Z'] =
    WRITTEN.exec(text.trim()) ?? [];
  const isTime = Number(hours) < 24 && Number(minutes) < 60 && Number(seconds) < 60;
  if (day === undefined || !isTime)
    throw new Failure(
      'INVALID_REQUEST',
      `"${text.slice(0, 30)}" is no time: it is written like 2024-01-05 or 2024-01-05T15:30:00Z`,
    );
  const clockMs = (Number(hours) * 60 + Number(minutes)) * MINUTE_MS + Number(seconds) * 1_000;
  const ms = Number(fraction.padEnd(3, '0').slice(0, 3));
  return instantOf(epochDay(parseDay(day)) * DAY_MS + clockMs + ms - offsetMs(zone));
}

function offsetMs(zone: string): number {
  const [, sign, hours = '0', minutes = '0'] = /^([-+])(\d\d):?(\d\d)$/.exec(zone) ?? [];
  const ms = (Number(hours) * 60 + Number(minutes)) * MINUTE_MS;
  return sign === '-' ? -ms : ms;
}

/** A local day, the day first where it is not in ISO form, and a time of day. */
export function localMoment(day: string, time: string): Instant {
  const [, date, month, year] = /^(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})$/.exec(day) ?? [];
  const iso = year ? `${year}-${month?.padStart(2, '0')}-${date?.padStart(2, '0')}` : day;
  return moment(time === '' ? iso : `${iso}T${time}`);
}
