/**
 * Same key and same body, same answer; same key and another body, CONFLICT. The first call with a
 * key claims it before it does anything. A claim whose owner crashed runs out, and the next call
 * with the key does the work again: operations derive their ids from the key, so that what the first
 * call had already done is found and not done twice.
 */
import { z } from 'zod';
import { conflict, Failure } from '#shared/kernel/failure.ts';
import { contentHash } from '#shared/kernel/hash.ts';
import type { Instant } from '#shared/kernel/instant.ts';
import type { Operation } from '#shared/operations/row.ts';
import type { Database } from '#shared/redis/database.ts';
import { keys } from '#shared/redis/keys.ts';

const KEEP_MS = 7 * 86_400_000;

const onceSchema = z.object({
  bodyHash: z.string(),
  /** Until when the claim holds; after that its owner counts as crashed. */
  claimedUntil: z.number(),
  /** What was answered: the message, as JSON; absent while the work runs. */
  answer: z.string().optional(),
});

export interface OnceStore {
  readonly database: Database;
  now(): Instant;
}

/**
 * Answers the stored message for the key, or runs `work` once and stores its message. A failure is
 * not stored: the claim is given back and the caller may try again with the same key.
 */
export async function once(
  { database, now }: OnceStore,
  operation: Operation,
  key: string,
  body: unknown,
  work: () => Promise<string>,
): Promise<string> {
  const redisKey = keys.runtime.once(operation.name, key);
  const bodyHash = contentHash(body);
  const until = now() + operation.timeoutMs;
  const stored = await database.update(redisKey, onceSchema, (current) => {
    if (current && current.bodyHash !== bodyHash)
      throw conflict('This idempotency key was used with another request.', {
        idempotencyKey: key,
      });
    if (current?.answer !== undefined) return { result: current.answer };
    if (current && current.claimedUntil > now())
      throw new Failure('TOO_BUSY', 'The first call with this idempotency key still runs.', {
        idempotencyKey: key,
        retryAfterMs: 1_000,
      });
    const write = [{ op: 'PEXPIRE', key: redisKey, args: [String(KEEP_MS)] }] as const;
    return { value: { bodyHash, claimedUntil: until }, result: undefined, write };
  });
  if (stored !== undefined) return stored;
  try {
    const answer = await work();
    await settle(database, redisKey, { bodyHash, claimedUntil: until, answer });
    return answer;
  } catch (thrown) {
    await settle(database, redisKey, { bodyHash, claimedUntil: 0 }).catch(() => undefined);
    throw thrown;
  }
}

async function settle(
  database: Database,
  key: string,
  value: z.infer<typeof onceSchema>,
): Promise<void> {
  await database.update(key, onceSchema, () => ({ value, result: undefined }));
}
