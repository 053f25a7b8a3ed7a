/** The record of a job's runs. Every attempt counts as a run. */
import type { Instant } from '#shared/kernel/instant.ts';

export interface JobRecord {
  readonly runs: number;
  readonly successes: number;
  readonly failures: number;
  readonly lastRun: string;
  readonly lastStartedAt: Instant;
  readonly lastEndedAt?: Instant | undefined;
  /** Of the last run; empty when it went well. */
  readonly lastError: string;
  /** The last run's message. */
  readonly lastMessage: string;
}

export interface JobEnd {
  readonly ok: boolean;
  readonly message: string;
}

export function started(record: JobRecord | undefined, run: string, now: Instant): JobRecord {
  const counts = record ?? { runs: 0, successes: 0, failures: 0, lastError: '', lastMessage: '' };
  return { ...counts, lastRun: run, lastStartedAt: now, lastEndedAt: undefined };
}

export function ended(record: JobRecord, { ok, message }: JobEnd, now: Instant): JobRecord {
  return {
    ...record,
    runs: record.runs + 1,
    successes: record.successes + (ok ? 1 : 0),
    failures: record.failures + (ok ? 0 : 1),
    lastEndedAt: now,
    lastError: ok ? '' : message,
    lastMessage: message,
  };
}
