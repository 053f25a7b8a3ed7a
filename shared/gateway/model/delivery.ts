/** When a notice is sent: not in quiet hours unless it is urgent, and later where a channel failed. */

export type NoticeUrgency = 'low' | 'normal' | 'high' | 'urgent';

/** Hours of the day in UTC; from 22 to 7 goes over midnight; equal hours are none. */
export interface QuietHours {
  readonly from: number;
  readonly until: number;
}

const HOUR_MS = 3_600_000;

function isQuiet({ from, until }: QuietHours, nowMs: number): boolean {
  const hour = Math.floor(nowMs / HOUR_MS) % 24;
  if (from === until) return false;
  return from < until ? hour >= from && hour < until : hour >= from || hour < until;
}

export function mayGo(urgency: NoticeUrgency, quiet: QuietHours, nowMs: number): boolean {
  return urgency === 'urgent' || !isQuiet(quiet, nowMs);
}

const FIRST_PAUSE_MS = 10_000;
const PAUSE_MS_MAX = 3_600_000;
/** About a day of trying. */
export const ATTEMPTS_MAX = 32;

/** 10 s, 20 s, 40 s, … an hour; what a service asks for is kept to. */
export function pauseMs(attempts: number, retryAfterMs: number | undefined): number {
  const backOff = Math.min(FIRST_PAUSE_MS * 2 ** Math.max(0, attempts - 1), PAUSE_MS_MAX);
  return Math.max(backOff, retryAfterMs ?? 0);
}
