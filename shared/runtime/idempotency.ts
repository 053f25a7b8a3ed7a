/**
 * Same key and same body, same answer; same key and another body, CONFLICT. The first call with a
 * key claims it before it does anything, and holds the claim by renewing it. Calls that come
 * meanwhile wait for its answer. The claim of a process that died runs out, and the next call does
 * the work again: operations derive their ids from the key, so that what the first call had already
 * done is found and not done twice.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { conflict } from '#shared/kernel/failure.ts';
import { contentHash } from '#shared/kernel/hash.ts';
import type { Operation } from '#shared/contract/row.ts';
import type { Database } from '#shared/redis/database.ts';
import { keys } from '#shared/redis/keys.ts';

const KEEP_MS = 7 * 86_400_000;
const WAIT_MS_MIN = 20;
const WAIT_MS_MAX = 250;

const answerSchema = z.object({
  bodyHash: z.string(),
  /** The message that was answered, as JSON; absent while the work runs, and after it failed. */
  answer: z.string().optional(),
});
type Answer = z.infer<typeof answerSchema>;

export interface OnceCall {
  readonly database: Database;
  readonly operation: Operation;
  readonly key: string;
  /** The request as it travelled. */
  readonly body: unknown;
  /** Ends the wait for another call's answer. */
  readonly signal: AbortSignal;
  /** How long the claim of a dead process stands. */
  readonly leaseMs: number;
}

/**
 * Answers the stored message for the key, or runs `work` once and stores its message. A failure is
 * not stored: the claim is given back and the caller may try again with the same key.
 * @throws Failure CONFLICT for another body under the same key
 */
export async function once(call: OnceCall, work: () => Promise<string>): Promise<string> {
  const claim = new Claim(call);
  for (let pause = WAIT_MS_MIN; ; pause = Math.min(pause * 1.5, WAIT_MS_MAX)) {
    const stored = await storedAnswer(call);
    if (stored !== undefined) return stored;
    if (await claim.take()) break;
    await sleep(pause, undefined, { signal: call.signal });
  }
  try {
    // Between the look above and the claim another call may have ended.
    const answer = (await storedAnswer(call, 'note the body')) ?? (await work());
    await store(call, answer);
    return answer;
  } finally {
    await claim.release();
  }
}

/** The answer under the key, once it has one; optionally notes the body as the key's own. */
async function storedAnswer(call: OnceCall, note?: 'note the body'): Promise<string | undefined> {
  const key = keys.runtime.once(call.operation.name, call.key);
  const bodyHash = contentHash(call.body);
  return call.database.update(key, answerSchema, (current) => {
    if (current && current.bodyHash !== bodyHash)
      throw conflict('This idempotency key was used with another request.', {
        idempotencyKey: call.key,
      });
    if (current || !note) return { result: current?.answer };
    return { value: { bodyHash }, result: undefined, write: [expiry(key)] };
  });
}

async function store(call: OnceCall, answer: string): Promise<void> {
  const key = keys.runtime.once(call.operation.name, call.key);
  const value: Answer = { bodyHash: contentHash(call.body), answer };
  await call.database.update(key, answerSchema, () => ({
    value,
    result: undefined,
    write: [expiry(key)],
  }));
}

function expiry(key: string) {
  return { op: 'PEXPIRE', key, args: [String(KEEP_MS)] } as const;
}

/** The right to do the work under a key, held by renewal; Redis' own clock ends it. */
class Claim {
  private readonly redis: OnceCall['database']['redis'];
  private readonly key: string;
  private readonly leaseMs: number;
  private readonly owner = randomUUID();
  private renewal: NodeJS.Timeout | undefined;

  constructor({ database, operation, key, leaseMs }: OnceCall) {
    this.redis = database.redis;
    this.key = keys.runtime.claim(operation.name, key);
    this.leaseMs = leaseMs;
  }

  async take(): Promise<boolean> {
    const taken = await this.redis.set(this.key, this.owner, 'PX', this.leaseMs, 'NX');
    if (taken === null) return false;
    this.renewal = setInterval(() => void this.renew(), this.leaseMs / 3);
    return true;
  }

  /** A claim that could not be given back runs out by itself. */
  async release(): Promise<void> {
    clearInterval(this.renewal);
    if (await this.mine().catch(() => false)) await this.redis.del(this.key).catch(() => undefined);
  }

  private async renew(): Promise<void> {
    if (await this.mine().catch(() => false))
      await this.redis.pexpire(this.key, this.leaseMs).catch(() => undefined);
  }

  private async mine(): Promise<boolean> {
    return (await this.redis.get(this.key)) === this.owner;
  }
}
