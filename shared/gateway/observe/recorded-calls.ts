/** Who called whom, from what all processes have stored, compared with the declared calls. */
import type { Dependency } from '#protos/gen/gateway.ts';
import { isDeclaredCall } from '#shared/contract/declared-calls.ts';
import { HOUR_MS, instantOf, MINUTE_MS, SECOND_MS, type Instant } from '#shared/kernel/instant.ts';
import { latencyBoundsMs, type RecordedPair } from '#shared/process/call-record.ts';
import { keys } from '#shared/redis/keys.ts';
import {
  hourBegin,
  hourOf,
  pairsIn,
  sinceIn,
  storeRecordedCalls,
} from '#shared/runtime/call-reporter.ts';
import type { Context } from '#shared/runtime/context.ts';

export interface RecordedCalls {
  /** From when on: the first call that was counted in these hours. */
  readonly since: Instant;
  readonly pairs: readonly RecordedPair[];
}

/** A rate of less than this is chance; processes store their counts as often. */
const RATED_MS_MIN = 10 * SECOND_MS;
const P95_RATIO = 0.95;

/** @param hours clock hours before the present one */
export async function recordedCalls(context: Context, hours: number): Promise<RecordedCalls> {
  const { database, now } = context;
  // What this process has counted is part of the answer at once; that of others within ten seconds.
  await storeRecordedCalls(database, now());
  const starts = Array.from({ length: hours + 1 }, (_, back) => instantOf(now() - back * HOUR_MS));
  const hashes = await Promise.all(
    starts.map((at) => database.redis.hgetall(keys.runtime.calls(hourOf(at)))),
  );
  const begins = hashes.flatMap((hash, back) => beginOf(hash, starts[back] ?? now()));
  const since = instantOf(Math.min(now(), ...begins));
  return { since, pairs: summed(hashes.flatMap(pairsIn)) };
}

/** Of an hour in which something was counted; earlier builds did not store when. */
function beginOf(hash: Readonly<Record<string, string>>, at: Instant): readonly Instant[] {
  return Object.keys(hash).length === 0 ? [] : [sinceIn(hash) ?? hourBegin(at)];
}

function summed(pairs: readonly RecordedPair[]): readonly RecordedPair[] {
  const sums = new Map<string, RecordedPair>();
  for (const pair of pairs) {
    const name = `${pair.caller} ${pair.callee}`;
    const known = sums.get(name);
    sums.set(name, known ? added(known, pair) : pair);
  }
  return [...sums.values()];
}

function added(one: RecordedPair, other: RecordedPair): RecordedPair {
  const [a, b] = [one.figures, other.figures];
  const buckets = [...latencyBoundsMs, Infinity].map(
    (_, index) => (a.buckets[index] ?? 0) + (b.buckets[index] ?? 0),
  );
  const figures = {
    calls: a.calls + b.calls,
    failures: a.failures + b.failures,
    totalMs: a.totalMs + b.totalMs,
    buckets,
  };
  return { ...one, figures };
}

export function undeclaredCalls(pairs: readonly RecordedPair[]): readonly RecordedPair[] {
  return pairs.filter(({ caller, callee }) => !isDeclaredCall(caller, callee));
}

/** Undeclared calls first, then by the number of calls. */
export function dependencyMessages({ since, pairs }: RecordedCalls, now: Instant): Dependency[] {
  const minutes = Math.max(RATED_MS_MIN, now - since) / MINUTE_MS;
  return pairs.map((pair) => messageOf(pair, minutes)).sort(byImportance);
}

function byImportance(a: Dependency, b: Dependency): number {
  return (
    Number(a.declared) - Number(b.declared) ||
    Number(b.calls) - Number(a.calls) ||
    a.caller.localeCompare(b.caller) ||
    a.callee.localeCompare(b.callee)
  );
}

function messageOf({ caller, callee, figures }: RecordedPair, minutes: number): Dependency {
  const { calls, failures, totalMs } = figures;
  return {
    caller,
    callee,
    calls: String(calls),
    failures: String(failures),
    callsPerMinute: calls / minutes,
    meanMs: calls === 0 ? 0 : totalMs / calls,
    p95Ms: p95Of(figures),
    declared: isDeclaredCall(caller, callee),
  };
}

/** @returns 0 where the bucket has no bound */
function p95Of({ calls, buckets }: RecordedPair['figures']): number {
  let below = 0;
  const found = latencyBoundsMs.find((_, index) => {
    below += buckets[index] ?? 0;
    return below >= calls * P95_RATIO;
  });
  return found ?? 0;
}
