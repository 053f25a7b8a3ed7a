/**
 * The next time of a schedule. Patterns are evaluated by croner on local times; the conversion of a
 * local time to an instant is done here, since libraries skip runs at local times that do not
 * exist.
 *
 *   exists once    that instant
 *   does not exist the moment the clock jumps over it
 *   exists twice   the first one
 *
 * A pattern of every hour (`*` or a step of it) fires at each local time that exists, twice where
 * the clock repeats it.
 */
import { Cron } from 'croner';
import { instantOf } from '#shared/kernel/instant.ts';
import { nextSessionTurn, parseSessionSchedule } from '#shared/quant/calendars/session-schedule.ts';
import { offsetMsAt, transitionMsBetween } from './zone-offset.ts';

/**
 * Fires at the times of a cron pattern in a time zone, at each session of an exchange (`@open XETR +30m`), or at an
 * interval in milliseconds.
 */
export type Schedule =
  { readonly pattern: string; readonly tz: string } | { readonly every: number };

const DAY_MS = 86_400_000;

/**
 * BullMQ's `repeatStrategy`, to be given to each queue and worker with schedules.
 * @param afterMs milliseconds since 1970; the turn is later
 * @returns milliseconds since 1970; undefined when it never comes again
 */
export function nextTurn(
  afterMs: number,
  turns: { readonly pattern?: string; readonly tz?: string; readonly every?: number },
): number | undefined {
  const { pattern, tz = 'UTC', every } = turns;
  if (every !== undefined) return (Math.floor(afterMs / every) + 1) * every;
  if (pattern === undefined) return undefined;
  const session = parseSessionSchedule(pattern);
  if (session !== undefined)
    return typeof session === 'string' ? undefined : nextSessionTurn(instantOf(afterMs), session);
  return isHourly(pattern) ? nextIn(pattern, tz, afterMs) : nextLocal(pattern, tz, afterMs);
}

function isHourly(pattern: string): boolean {
  return pattern.trim().split(/\s+/).at(-4)?.startsWith('*') === true;
}

function nextLocal(pattern: string, zone: string, afterMs: number): number | undefined {
  let localMs: number | undefined = afterMs + offsetMsAt(zone, afterMs);
  for (;;) {
    localMs = nextIn(pattern, 'UTC', localMs);
    if (localMs === undefined) return undefined;
    const atMs = instantOfLocal(zone, localMs);
    if (atMs > afterMs) return atMs;
  }
}

function nextIn(pattern: string, timezone: string, afterMs: number): number | undefined {
  return new Cron(pattern, { timezone }).nextRun(new Date(afterMs))?.getTime();
}

/** @param localMs a local time, written as if it were UTC; a day on, another offset may hold */
function instantOfLocal(zone: string, localMs: number): number {
  const [fromMs, untilMs] = [localMs - DAY_MS, localMs + DAY_MS];
  const existing = [fromMs, untilMs]
    .map((ms) => ({ offsetMs: offsetMsAt(zone, ms) }))
    .map(({ offsetMs }) => ({ atMs: localMs - offsetMs, offsetMs }))
    .filter(({ atMs, offsetMs }) => offsetMsAt(zone, atMs) === offsetMs)
    .map(({ atMs }) => atMs);
  return existing.length > 0 ? Math.min(...existing) : transitionMsBetween(zone, fromMs, untilMs);
}
