/** When a notice is sent: not in quiet hours unless it is urgent, and later where a channel failed. */

/** Hours of the day; from 22 to 7 goes over midnight; equal hours are none. */
export interface QuietHours {
  readonly from: number;
  readonly until: number;
}

export interface LocalTime {
  /** 0 is Sunday. */
  readonly weekday: number;
  readonly hour: number;
  /** YYYY-MM-DD */
  readonly day: string;
  /** `Sat 2026-11-28 08:05` */
  readonly text: string;
}

const weekdays = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];

/** @param zone IANA name, such as Europe/Athens */
export function localTime(nowMs: number, zone: string): LocalTime {
  const format = new Intl.DateTimeFormat('en-GB', {
    ...{ timeZone: zone, hourCycle: 'h23', weekday: 'short' },
    ...{ year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit' },
  });
  const parts = new Map(format.formatToParts(nowMs).map(({ type, value }) => [type, value]));
  const of = (type: Intl.DateTimeFormatPartTypes): string => parts.get(type) ?? '';
  const day = `${of('year')}-${of('month')}-${of('day')}`;
  const text = `${of('weekday')} ${day} ${of('hour')}:${of('minute')}`;
  return { weekday: weekdays.indexOf(of('weekday')), hour: Number(of('hour')), day, text };
}

/** @param hour of the day where the owner lives */
export function mayGo(isUrgent: boolean, { from, until }: QuietHours, hour: number): boolean {
  if (isUrgent || from === until) return true;
  return from < until ? hour < from || hour >= until : hour < from && hour >= until;
}

const FIRST_PAUSE_MS = 60_000;
const PAUSE_MS_MAX = 3_600_000;
/** About a day of trying. */
export const ATTEMPTS_MAX = 30;

/** 1, 2, 4, … 60 minutes; what a service asks for is kept to. */
export function pauseMs(attempts: number, retryAfterMs: number | undefined): number {
  const backOff = Math.min(FIRST_PAUSE_MS * 2 ** Math.max(0, attempts - 1), PAUSE_MS_MAX);
  return Math.max(backOff, retryAfterMs ?? 0);
}
