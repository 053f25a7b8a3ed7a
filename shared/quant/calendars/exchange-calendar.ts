/**
 * When an exchange trades. Every answer comes from a table with a stated range; a day outside of it is
 * an error, not a guess.
 */
import { addDays, isWeekend, type CalendarDay } from '#shared/kernel/calendar-day.ts';
import { refused } from '#shared/kernel/failure.ts';
import type { Instant } from '#shared/kernel/instant.ts';
import type { CalendarTable } from './calendar-table.ts';
import { instantAt, localDay } from './zone-time.ts';

/** Local times, `HH:MM`. */
export interface SessionHours {
  readonly opens: string;
  readonly closes: string;
  /** The break in the middle, where there is one. */
  readonly pause?: { readonly from: string; readonly to: string } | undefined;
}

/** A session in time. */
export interface ExchangeSession {
  readonly day: CalendarDay;
  readonly opens: Instant;
  readonly closes: Instant;
  readonly pause?: { readonly from: Instant; readonly to: Instant } | undefined;
}

export class ExchangeCalendar {
  readonly exchange: string;
  readonly name: string;
  readonly zone: string;
  /** First and last day of the coverage. */
  readonly from: CalendarDay;
  readonly to: CalendarDay;
  /** The last day that the exchange has published or that follows a rule; after it holidays are estimates. */
  readonly knownTo: CalendarDay;
  private readonly table: CalendarTable;
  private readonly closed: ReadonlySet<string>;
  private readonly extra: ReadonlySet<string>;
  private readonly special: ReadonlyMap<string, string>;

  constructor(table: CalendarTable) {
    this.table = table;
    this.exchange = table.exchange;
    this.name = table.name;
    this.zone = table.zone;
    this.from = table.from as CalendarDay;
    this.to = table.to as CalendarDay;
    this.knownTo = (table.estimatedAfter ?? table.to) as CalendarDay;
    this.closed = new Set(entries(table.closed));
    this.extra = new Set(entries(table.extra));
    this.special = new Map(
      entries(table.special).map((entry) => [entry.slice(0, 10), entry.slice(11)]),
    );
  }

  covers(day: CalendarDay): boolean {
    return day >= this.from && day <= this.to;
  }

  /** @throws Failure REFUSED calendar-range for a day outside the coverage */
  isSession(day: CalendarDay): boolean {
    this.requireCovered(day);
    return isWeekend(day) ? this.extra.has(day) : !this.closed.has(day);
  }

  /** Local hours of a day's session; undefined on a closed day. @throws as isSession */
  hours(day: CalendarDay): SessionHours | undefined {
    if (!this.isSession(day)) return undefined;
    const times = this.hoursText(day).split('-').map(clockTime);
    const [opens = '', from = '', to = ''] = times;
    const closes = times.at(-1) ?? '';
    return times.length === 4 ? { opens, closes, pause: { from, to } } : { opens, closes };
  }

  /** Whether the day's session opens later or closes earlier than is usual then. @throws as isSession */
  isSpecial(day: CalendarDay): boolean {
    return this.isSession(day) && this.special.has(day);
  }

  /** The session of a day in time; undefined on a closed day. @throws as isSession */
  session(day: CalendarDay): ExchangeSession | undefined {
    const hours = this.hours(day);
    if (!hours) return undefined;
    const at = (time: string): Instant => instantAt(this.zone, day, minutesOf(time));
    const pause = hours.pause && { from: at(hours.pause.from), to: at(hours.pause.to) };
    return { day, opens: at(hours.opens), closes: at(hours.closes), pause };
  }

  /** The first session on or after a day. @throws as isSession, where the coverage ends before it */
  sessionFrom(day: CalendarDay): CalendarDay {
    let found = day;
    while (!this.isSession(found)) found = addDays(found, 1);
    return found;
  }

  /** The last session on or before a day. @throws as isSession, where the coverage begins after it */
  sessionUntil(day: CalendarDay): CalendarDay {
    let found = day;
    while (!this.isSession(found)) found = addDays(found, -1);
    return found;
  }

  /** Sessions of a range of days, both included. @throws as isSession */
  sessions(from: CalendarDay, to: CalendarDay): CalendarDay[] {
    const days: CalendarDay[] = [];
    for (let day = from; day <= to; day = addDays(day, 1)) if (this.isSession(day)) days.push(day);
    return days;
  }

  /** Whether trading goes on at an instant: within a session and not in its break. @throws as isSession */
  isOpen(now: Instant): boolean {
    const session = this.session(localDay(this.zone, now));
    if (!session || now < session.opens || now >= session.closes) return false;
    return !session.pause || now < session.pause.from || now >= session.pause.to;
  }

  /** As the table writes them; also for a closed day. */
  private hoursText(day: CalendarDay): string {
    const special = this.special.get(day);
    if (special !== undefined) return special;
    const usual = this.table.hours.findLast(([from]) => from <= day);
    return usual?.[1] ?? '';
  }

  private requireCovered(day: CalendarDay): void {
    if (this.covers(day)) return;
    throw refused(
      'calendar-range',
      `The calendar of ${this.exchange} covers ${this.from} to ${this.to}; ${day} is outside of it.`,
      { exchange: this.exchange, from: this.from, to: this.to, day },
    );
  }
}

/** `YYYY-MM-DD` of each entry, with what follows the day. */
function entries(byYear: Readonly<Record<number, string>>): string[] {
  return Object.entries(byYear).flatMap(([year, text]) =>
    text.split(' ').map((entry) => `${year}-${entry.slice(0, 2)}-${entry.slice(2)}`),
  );
}

function clockTime(text: string): string {
  return `${text.slice(0, 2)}:${text.slice(2)}`;
}

function minutesOf(time: string): number {
  return Number(time.slice(0, 2)) * 60 + Number(time.slice(3));
}
