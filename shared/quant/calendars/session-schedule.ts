/**
 * Schedules that follow an exchange: `@open XETR +30m`, `@close XNYS -1h`. They come once in each session, by
 * its calendar, with its half days, holidays and changes of the clock.
 */
import { addDays, type CalendarDay } from '#shared/kernel/calendar-day.ts';
import { HOUR_MS, later, MINUTE_MS, type Instant } from '#shared/kernel/instant.ts';
import { calendarOf } from './calendars.ts';
import type { ExchangeCalendar, ExchangeSession } from './exchange-calendar.ts';
import { localDay } from './zone-time.ts';

export interface SessionSchedule {
  readonly at: 'open' | 'close';
  readonly exchange: string;
  /** Negative: before it. */
  readonly offsetMs: number;
}

/** More days than lie between two sessions anywhere. */
const SEARCH_DAYS = 30;
const OFFSET_HOURS_MAX = 24;
const FORM = /^@(open|close)\s+([A-Z0-9]{3,6})(?:\s*([+-])\s*(\d{1,4})(m|h))?$/;

/** @returns undefined for another text; a sentence where the exchange or the offset cannot be */
export function parseSessionSchedule(text: string): SessionSchedule | string | undefined {
  if (!/^@(open|close)\b/.test(text)) return undefined;
  const [, at, exchange = '', sign, amount = '0', unit] = FORM.exec(text.trim()) ?? [];
  if (at !== 'open' && at !== 'close') return 'it is written as @open XETR +30m or @close XNYS -1h';
  if (!calendarOf(exchange)) return `there is no calendar of the exchange ${exchange}`;
  const size = Number(amount) * (unit === 'h' ? HOUR_MS : MINUTE_MS);
  if (size > OFFSET_HOURS_MAX * HOUR_MS) return `its offset is more than ${OFFSET_HOURS_MAX} hours`;
  return { at, exchange, offsetMs: sign === '-' ? -size : size };
}

/** The first turn after an instant; undefined where the calendar ends before it. */
export function nextSessionTurn(
  after: Instant,
  { at, exchange, offsetMs }: SessionSchedule,
): Instant | undefined {
  const calendar = calendarOf(exchange);
  if (!calendar) return undefined;
  // A turn may lie a day after its session.
  const first = addDays(localDay(calendar.zone, after), -2);
  for (const session of sessionsFrom(calendar, first)) {
    const turn = later(at === 'open' ? session.opens : session.closes, offsetMs);
    if (turn > after) return turn;
  }
  return undefined;
}

/**
 * The moment from which trading goes on: `now` within a session, the end of its break, or the next opening.
 * Undefined where no calendar knows.
 */
export function tradesFrom(exchange: string, now: Instant): Instant | undefined {
  const calendar = calendarOf(exchange);
  if (!calendar) return undefined;
  for (const { opens, closes, pause } of sessionsFrom(calendar, localDay(calendar.zone, now))) {
    if (now >= closes) continue;
    if (now < opens) return opens;
    return pause && now >= pause.from && now < pause.to ? pause.to : now;
  }
  return undefined;
}

/** Sessions of the next weeks, as far as the calendar knows. */
function* sessionsFrom(calendar: ExchangeCalendar, first: CalendarDay): Generator<ExchangeSession> {
  for (let days = 0; days < SEARCH_DAYS; days += 1) {
    const day = addDays(first, days);
    const session = calendar.covers(day) ? calendar.session(day) : undefined;
    if (session) yield session;
  }
}
