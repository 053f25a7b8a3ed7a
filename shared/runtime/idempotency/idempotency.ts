/**
 * Same key and a request of the same meaning, same answer; same key and another request, KEY_REUSED.
 * The first call with a key claims it before it does anything, and holds the claim by renewing it.
 * Calls that come meanwhile wait for its answer. The claim of a dead process expires, and the next
 * call does the work again: operations derive their ids from the key, so that work the first call
 * had done is found and not done twice.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import * as z from 'zod';
import { atFirstUse } from '#shared/kernel/at-first-use.ts';
import { keyReused } from '#shared/kernel/failure.ts';
import { parsedHash } from '#shared/contract/equal-request.ts';
import type { Operation } from '#shared/contract/row.ts';
import type { Database } from '#shared/redis/database.ts';
import { keys } from '#shared/redis/keys.ts';
import { Claim } from './claim.ts';

const KEEP_MS = 7 * 86_400_000;
const WAIT_MS_MIN = 20;
const WAIT_MS_MAX = 250;

/**
 * The record stored under a key; records of other builds are ignored, and the work is done again.
 */
const keptSchema = atFirstUse(() =>
  z.object({
    requestHash: z.string().optional(),
    /** The message that was answered, as JSON; absent while the work runs, and after it failed. */
    answer: z.string().optional(),
    /** The key of an earlier call that this one turned out to repeat. */
    sameAs: z.string().optional(),
  }),
);
type Kept = z.infer<ReturnType<typeof keptSchema>>;

export interface OnceCall {
  readonly database: Database;
  readonly operation: Operation;
  readonly key: string;
  /** The request in domain values. */
  readonly request: unknown;
  /** Ends the wait for another call's answer. */
  readonly signal: AbortSignal;
  /** Time after which the claim of a dead process expires. */
  readonly leaseMs: number;
}

export interface Answered {
  /** The message as JSON. */
  readonly json: string;
  /** A repeat does the work again instead of returning this answer. */
  readonly isOpen: boolean;
}

/**
 * Answers the stored message for the key, or runs `work` once and stores its message. A failure is
 * not stored: the claim is released and the caller may retry with the same key.
 * @param work receives the effective key of the call
 * @throws Failure KEY_REUSED for a request of another meaning under the same key
 */
export async function once(
  call: OnceCall,
  work: (key: string) => Promise<Answered>,
): Promise<Answered> {
  const { database, operation, leaseMs } = call;
  const claim = new Claim(database.redis, keys.runtime.claim(operation.name, call.key), leaseMs);
  for (let pause = WAIT_MS_MIN; ; pause = Math.min(pause * 1.5, WAIT_MS_MAX)) {
    const kept = await keptOf(call);
    if (kept?.sameAs !== undefined) return once({ ...call, key: kept.sameAs }, work);
    if (kept?.answer !== undefined) return { json: kept.answer, isOpen: false };
    if (await claim.take()) break;
    await sleep(pause, undefined, { signal: call.signal });
  }
  try {
    // Between the query above and the claim another call may have ended.
    const answer = (await keptOf(call, 'note the request'))?.answer;
    if (answer !== undefined) return { json: answer, isOpen: false };
    const answered = await work(call.key);
    if (!answered.isOpen) await keep(call, { answer: answered.json });
    return answered;
  } finally {
    await claim.release();
  }
}

/** Makes a key an alias of an earlier one from now on. */
export function keepAsSame(call: OnceCall, earlier: string): Promise<void> {
  return keep(call, { sameAs: earlier });
}

/** The record under the key; optionally stores the request with it. */
async function keptOf(call: OnceCall, note?: 'note the request'): Promise<Kept | undefined> {
  const key = keys.runtime.once(call.operation.name, call.key);
  const requestHash = parsedHash(call.operation, call.request);
  return call.database.update(key, keptSchema(), (current) => {
    if (current?.requestHash !== undefined && current.requestHash !== requestHash)
      throw keyReused(
        `The idempotency key ${call.key} was used with another request; nothing was done.`,
        { idempotencyKey: call.key },
      );
    const known = current?.requestHash === undefined ? undefined : current;
    if (known || !note) return { result: known };
    return { value: { requestHash }, result: undefined, write: [expiry(key)] };
  });
}

async function keep(call: OnceCall, kept: Omit<Kept, 'requestHash'>): Promise<void> {
  const key = keys.runtime.once(call.operation.name, call.key);
  const value: Kept = { requestHash: parsedHash(call.operation, call.request), ...kept };
  await call.database.update(key, keptSchema(), () => ({
    value,
    result: undefined,
    write: [expiry(key)],
  }));
}

function expiry(key: string) {
  return { op: 'PEXPIRE', key, args: [String(KEEP_MS)] } as const;
}
