/**
 * Calls that move money without an idempotency key, from clients that do not support keys. Each is
 * assigned a key. While the outcome of one is unknown (its process died, it failed after it had
 * started, its caller left before the answer), the next equal call counts as its repeat and gets
 * the same key, so that a caller that simply retries does not buy twice. Equal concurrent calls are
 * executed one after the other, each with its own key.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { Failure } from '#shared/kernel/failure.ts';
import { HOUR_MS } from '#shared/kernel/instant.ts';
import { parsedHash } from '#shared/contract/equal-request.ts';
import { keys } from '#shared/redis/keys.ts';
import { releaseOwned } from '#shared/redis/owned-key.ts';
import { Claim } from './claim.ts';
import { keepAsSame, once, type Answered, type OnceCall } from './idempotency.ts';

/** After it, an equal call is a new request even if the earlier one was never resolved. */
const REPEAT_MS_MAX = HOUR_MS;
const WAIT_MS = 15;

/** @param call its key is the one for a call that repeats no other */
export async function onceUnkeyed(
  call: OnceCall,
  work: (key: string) => Promise<Answered>,
): Promise<Answered> {
  const { database, operation, request, leaseMs, signal } = call;
  const { redis } = database;
  const hash = parsedHash(operation, request);
  const slot = keys.runtime.unkeyed(operation.name, hash);
  const turn = new Claim(redis, keys.runtime.unkeyedClaim(operation.name, hash), leaseMs);
  while (!(await turn.take())) await sleep(WAIT_MS, undefined, { signal });
  try {
    const earlier = await redis.get(slot);
    const key = earlier ?? call.key;
    if (earlier !== null && earlier !== call.key) await keepAsSame(call, earlier);
    else await redis.set(slot, key, 'PX', REPEAT_MS_MAX);
    const ended = await settle(() => once({ ...call, key }, work));
    // If this fails, the next equal call gets the same answer once more.
    if (isDecided(ended) && !signal.aborted)
      await releaseOwned(redis, slot, key).catch(() => undefined);
    if ('thrown' in ended) throw ended.thrown;
    return ended.answered;
  } finally {
    await turn.release();
  }
}

type Ended = { readonly answered: Answered } | { readonly thrown: unknown };

async function settle(work: () => Promise<Answered>): Promise<Ended> {
  return work().then(
    (answered) => ({ answered }),
    (thrown: unknown) => ({ thrown }),
  );
}

/** A failure that is a decision was made before anything changed. */
function isDecided(ended: Ended): boolean {
  if ('answered' in ended) return !ended.answered.isOpen;
  return ended.thrown instanceof Failure && ended.thrown.code !== 'OUTCOME_UNKNOWN';
}
