/** What `/system/logs` is asked for, and which lines that is. */
import { invalidRequest, type FieldViolation } from '#shared/kernel/failure.ts';
import type { LogLine } from './line-ring.ts';

export interface LogQuery {
  readonly name: string;
  /** Lines at most; absent: all that are kept. */
  readonly tail: number | undefined;
  readonly sinceMs: number | undefined;
  readonly instance: string | undefined;
  /** Whether new lines follow until the caller leaves. */
  readonly follow: boolean;
}

/** What Go's ParseBool takes. */
const TRUE = ['1', 't', 'T', 'true', 'True', 'TRUE'];
const FALSE = ['', '0', 'f', 'F', 'false', 'False', 'FALSE'];
const RFC_3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/;

/** @throws Failure INVALID_REQUEST naming every wrong parameter */
export function readLogQuery(query: URLSearchParams): LogQuery {
  const given = (name: string): string => query.get(name)?.trim() ?? '';
  const [name, tail, since, follow] = ['name', 'tail', 'since', 'follow'].map(given) as [
    string,
    string,
    string,
    string,
  ];
  const wrong: FieldViolation[] = [];
  if (name === '') wrong.push({ field: 'name', message: 'the function whose lines to show' });
  if (!/^(-?\d{1,9})?$/.test(tail)) wrong.push({ field: 'tail', message: 'a number of lines' });
  if (since !== '' && !isTime(since)) wrong.push({ field: 'since', message: 'an RFC 3339 time' });
  if (![...TRUE, ...FALSE].includes(follow))
    wrong.push({ field: 'follow', message: 'true or false' });
  if (wrong.length > 0) throw invalidRequest(...wrong);
  return {
    name,
    tail: tail === '' || Number(tail) < 0 ? undefined : Number(tail),
    sinceMs: since === '' ? undefined : Date.parse(since),
    instance: given('instance') || undefined,
    follow: TRUE.includes(follow),
  };
}

function isTime(text: string): boolean {
  return RFC_3339.test(text) && Number.isFinite(Date.parse(text));
}

/** Whether a line, old or new, is one of those asked for. */
export function isAskedFor(line: LogLine, { sinceMs, instance }: LogQuery): boolean {
  if (instance !== undefined && line.instance !== instance) return false;
  return sinceMs === undefined || line.atMs >= sinceMs;
}

/** The last of the kept lines that were asked for. */
export function chosen(lines: readonly LogLine[], query: LogQuery): readonly LogLine[] {
  const asked = lines.filter((line) => isAskedFor(line, query));
  const { tail = asked.length } = query;
  return asked.slice(Math.max(0, asked.length - tail));
}
