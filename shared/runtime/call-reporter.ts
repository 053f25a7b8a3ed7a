/** Stores who called whom, so that all processes of the system make one picture; a hash an hour. */
import {
  countedForMs,
  returnRecordedCalls,
  takeRecordedCalls,
  type RecordedPair,
} from '#shared/process/call-record.ts';
import { HOUR_MS, instantOf, type Instant } from '#shared/kernel/instant.ts';
import type { Database } from '#shared/redis/database.ts';
import { keys } from '#shared/redis/keys.ts';

const INTERVAL_MS = 10_000;
/** A Redis that is away does not delay the end of a process. */
const LAST_MS_MAX = 500;
const KEPT_MS = 25 * HOUR_MS;
/** When the first call of the hour was counted, in milliseconds since 1970. */
const SINCE = 'since';
/** The pair's names, then what is counted: `n` calls, `f` failures, `us` microseconds, `b0`… buckets. */
const FIELD = /^(\S+) (\S+) (n|f|us|b\d+)$/;

export class CallReporter {
  private readonly database: Database;
  private readonly now: () => Instant;
  private readonly timer: NodeJS.Timeout;
  private stored: Promise<void> = Promise.resolve();

  constructor(database: Database, now: () => Instant) {
    this.database = database;
    this.now = now;
    this.timer = setInterval(() => void this.store(), INTERVAL_MS).unref();
  }

  /** Adds what was counted since the last time; what cannot be stored is kept for the next. */
  store(): Promise<void> {
    this.stored = this.stored.then(() => storeRecordedCalls(this.database, this.now()));
    return this.stored;
  }

  async close(): Promise<void> {
    clearInterval(this.timer);
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => void (timer = setTimeout(resolve, LAST_MS_MAX)));
    await Promise.race([this.store(), late]);
    clearTimeout(timer);
  }
}

/** Adds what this process has counted to the hour; nothing is lost where Redis does not take it. */
export async function storeRecordedCalls({ redis }: Database, now: Instant): Promise<void> {
  if (redis.status !== 'ready') return;
  const since = Math.max(hourBegin(now), Math.floor(now - countedForMs()));
  const taken = takeRecordedCalls();
  if (taken.length === 0) return;
  const key = keys.runtime.calls(hourOf(now));
  const batch = redis.multi().hsetnx(key, SINCE, since);
  for (const [field, by] of taken.flatMap(fieldsOf)) batch.hincrby(key, field, by);
  await batch
    .pexpire(key, KEPT_MS)
    .exec()
    .catch(() => returnRecordedCalls(taken));
}

function fieldsOf({ caller, callee, figures }: RecordedPair): [string, number][] {
  const named: [string, number][] = [
    ['n', figures.calls],
    ['f', figures.failures],
    ['us', Math.round(figures.totalMs * 1_000)],
    ...figures.buckets.map((count, index): [string, number] => [`b${index}`, count]),
  ];
  return named
    .filter(([, value]) => value > 0)
    .map(([name, value]) => [`${caller} ${callee} ${name}`, value]);
}

/** `2025-06-11T12` */
export function hourOf(at: Instant): string {
  return new Date(at).toISOString().slice(0, 13);
}

export function hourBegin(at: Instant): Instant {
  return instantOf(Math.floor(at / HOUR_MS) * HOUR_MS);
}

/** @returns when the first call of a stored hour was counted; undefined where that is not stored */
export function sinceIn(hash: Readonly<Record<string, string>>): Instant | undefined {
  const stored = Number(hash[SINCE]);
  return Number.isSafeInteger(stored) ? instantOf(stored) : undefined;
}

/** @returns the figures of each pair in a stored hour; a field of another form is left out */
export function pairsIn(hash: Readonly<Record<string, string>>): readonly RecordedPair[] {
  const pairs = new Map<string, RecordedPair>();
  for (const [field, text] of Object.entries(hash)) {
    const [, caller = '', callee = '', name = ''] = FIELD.exec(field) ?? [];
    if (name === '') continue;
    const pair = pairs.get(`${caller} ${callee}`) ?? emptyPair(caller, callee);
    pairs.set(`${caller} ${callee}`, pair);
    add(pair.figures, name, Number(text));
  }
  return [...pairs.values()];
}

function emptyPair(caller: string, callee: string): RecordedPair {
  return { caller, callee, figures: { calls: 0, failures: 0, totalMs: 0, buckets: [] } };
}

function add(figures: RecordedPair['figures'], name: string, value: number): void {
  if (name === 'n') figures.calls += value;
  else if (name === 'f') figures.failures += value;
  else if (name === 'us') figures.totalMs += value / 1_000;
  else {
    const bucket = Number(name.slice(1));
    figures.buckets[bucket] = (figures.buckets[bucket] ?? 0) + value;
  }
}
