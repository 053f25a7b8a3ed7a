/** Lines of the audit as calls for a terminal: one line each, with its outcome. */
import type { AuditLine } from '#protos/gen/gateway.ts';
import { fromTimestamp } from '#shared/kernel/instant.ts';
import { momentText } from '../../overview-text.ts';

export interface AuditedCall {
  /** The line of its begin, or the only one. */
  readonly line: AuditLine;
  /** That of its end, where it is known. */
  readonly end: AuditLine | undefined;
}

/** @param lines newest first @returns one for each call, the newest to begin or to be refused first */
export function callsOf(lines: readonly AuditLine[]): readonly AuditedCall[] {
  const ends = new Map<string, AuditLine[]>();
  const calls: AuditedCall[] = [];
  for (const line of lines) {
    const name = nameOf(line);
    const open = ends.get(name) ?? [];
    if (line.event === 'ended') ends.set(name, [...open, line]);
    else if (line.event !== 'called') calls.push({ line, end: undefined });
    else {
      ends.set(name, open.slice(0, -1));
      calls.push({ line, end: open.at(-1) });
    }
  }
  // Those that began before the lines that are there.
  for (const end of [...ends.values()].flat()) calls.push({ line: end, end });
  return calls.toSorted((a, b) => b.line.sequence - a.line.sequence);
}

/** Both lines of a call have it. */
function nameOf({ requestId, operation, caller, run, subject, accountId }: AuditLine): string {
  return [requestId, operation, caller, run, subject, accountId].join(' ');
}

export function callText({ line, end }: AuditedCall): string {
  const { at, operation, accountId, subject, who, caller, address, token } = line;
  const about = subject === '' ? '' : ` ${subject}`;
  const of = accountId === '' ? '' : ` of ${accountId}`;
  const from = [who || caller, address].filter((one) => one !== '').join(', from ');
  return `${momentText(at)} ${operation}${about}${of}${outcomeOf({ line, end })}, by ${from}, token ${token}`;
}

/** What the page does without an operation is done when it is written down. */
function outcomeOf({ line, end }: AuditedCall): string {
  if (end) return `: ${end.failureCode || 'done'}${tookText(line, end)}`;
  const { event, failureCode, count, operation } = line;
  if (event === 'called') return operation.startsWith('page-') ? ': done' : ': no end recorded';
  const code = failureCode === '' ? '' : ` ${failureCode}`;
  return `: ${event}${code}${count > 1 ? `, ${count} times` : ''}`;
}

function tookText({ at: begun }: AuditLine, { at: ended }: AuditLine): string {
  if (!begun || !ended || begun === ended) return '';
  return ` after ${((fromTimestamp(ended) - fromTimestamp(begun)) / 1_000).toFixed(1)} s`;
}
