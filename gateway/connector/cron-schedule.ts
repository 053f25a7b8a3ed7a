/**
 * The `schedule` annotation, in the grammar of OpenFaaS' cron-connector: five fields, `@every 1h30m`,
 * `@hourly` and its like, `CRON_TZ=Area/City` in front; and, beyond it, several separated by `;`, and sessions of
 * an exchange (`@open XETR +30m`, `@close XNYS -1h`).
 */
import { nextTurn, type Schedule } from '#gateway/queue/next-turn.ts';
import { parseSessionSchedule } from '#shared/quant/calendars/session-schedule.ts';
import { durationMs } from '#template/limits/durations.ts';

export interface CronSchedule {
  /** As it was written, without blanks around it. */
  readonly text: string;
  readonly turns: Schedule;
}

interface FieldRule {
  readonly name: string;
  readonly min: number;
  readonly max: number;
  readonly names?: readonly string[];
}

const MONTHS = 'jan feb mar apr may jun jul aug sep oct nov dec'.split(' ');
const DAYS = 'sun mon tue wed thu fri sat'.split(' ');

const fieldRules: readonly FieldRule[] = [
  { name: 'minute', min: 0, max: 59 },
  { name: 'hour', min: 0, max: 23 },
  { name: 'day of month', min: 1, max: 31 },
  { name: 'month', min: 1, max: 12, names: MONTHS },
  { name: 'day of week', min: 0, max: 6, names: DAYS },
];

const schedulesByName: Readonly<Record<string, string>> = {
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
  '@monthly': '0 0 1 * *',
  '@weekly': '0 0 * * 0',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@hourly': '0 * * * *',
};

const EVERY_MS_MIN = 1_000;

/** @returns each schedule of the annotation, or why it is none */
export function parseSchedules(
  annotation: string,
): readonly (CronSchedule | { readonly text: string; readonly complaint: string })[] {
  return annotation
    .split(';')
    .map((text) => text.trim())
    .filter((text) => text !== '')
    .map((text) => {
      const turns = turnsOf(text);
      return typeof turns === 'string' ? { text, complaint: turns } : { text, turns };
    });
}

/** @returns the times, or what is wrong */
function turnsOf(text: string): Schedule | string {
  const [, tz = 'UTC', spec = ''] = /^(?:(?:CRON_)?TZ=(\S+)\s+)?(.*)$/s.exec(text) ?? [];
  if (!isTimeZone(tz)) return `${tz.slice(0, 40)} is no time zone`;
  if (spec.startsWith('@every')) return everyOf(spec.slice('@every'.length).trim());
  const session = parseSessionSchedule(spec);
  if (typeof session === 'string') return session;
  if (session !== undefined)
    return hasTurn(spec, tz)
      ? { pattern: spec, tz }
      : `the calendar of the exchange ${session.exchange} has ended`;
  const pattern = spec.startsWith('@') ? schedulesByName[spec] : patternOf(spec);
  if (pattern === undefined) return `${spec.slice(0, 40)} is not known`;
  if (typeof pattern !== 'string') return pattern.complaint;
  return hasTurn(pattern, tz) ? { pattern, tz } : 'it never comes';
}

/** Not so for a day that none of its months has. */
function hasTurn(pattern: string, tz: string): boolean {
  try {
    return nextTurn(Date.now(), { pattern, tz }) !== undefined;
  } catch {
    return false;
  }
}

function everyOf(text: string): Schedule | string {
  const ms = durationMs(text);
  if (ms === undefined || /^\d+$/.test(text)) return `${text.slice(0, 40)} is no duration`;
  // As the cron-connector does: whole seconds, and never more often than each second.
  return { every: Math.max(EVERY_MS_MIN, Math.floor(ms / 1_000) * 1_000) };
}

function patternOf(spec: string): string | { complaint: string } {
  const fields = spec.split(/\s+/).filter((field) => field !== '');
  if (fields.length !== fieldRules.length)
    return { complaint: `it has ${fields.length} fields instead of five` };
  const plain: string[] = [];
  for (const [i, rule] of fieldRules.entries()) {
    const field = plainField(fields[i] ?? '', rule);
    if (field === undefined) return { complaint: `its ${rule.name} is "${fields[i]}"` };
    plain.push(field);
  }
  return plain.join(' ');
}

/** A field in numbers, as every parser of cron understands it. */
function plainField(field: string, rule: FieldRule): string | undefined {
  const parts = field.split(',').map((part) => plainPart(part.toLowerCase(), rule));
  return parts.every((part) => part !== undefined) ? parts.join(',') : undefined;
}

function plainPart(part: string, rule: FieldRule): string | undefined {
  const [, span = '', step] = /^([^/]+)(?:\/(\d{1,2}))?$/.exec(part) ?? [];
  if (step !== undefined && Number(step) < 1) return undefined;
  const suffix = step === undefined ? '' : `/${Number(step)}`;
  const isDay = rule.name.startsWith('day');
  if (span === '*' || (span === '?' && isDay)) return `*${suffix}`;
  const [low, high, ...more] = span.split('-').map((text) => numberOf(text, rule));
  if (low === undefined || more.length > 0) return undefined;
  if (!span.includes('-')) return step === undefined ? String(low) : `${low}-${rule.max}${suffix}`;
  return high !== undefined && low <= high ? `${low}-${high}${suffix}` : undefined;
}

function numberOf(text: string, { min, max, names = [] }: FieldRule): number | undefined {
  const named = names.indexOf(text);
  const number = named >= 0 ? named + min : /^\d{1,2}$/.test(text) ? Number(text) : Number.NaN;
  return number >= min && number <= max ? number : undefined;
}

function isTimeZone(tz: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: tz }).format(0) !== '';
  } catch {
    return false;
  }
}
