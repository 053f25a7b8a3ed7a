/** Passkeys, and the challenges that were given out for them: each good once, for a few minutes. */
import { createHash } from 'node:crypto';
import * as z from 'zod';
import { refused } from '#shared/kernel/failure.ts';
import type { Instant } from '#shared/kernel/instant.ts';
import { storedInstant } from '#shared/redis/codec.ts';
import type { Database } from '#shared/redis/database.ts';
import { keys } from '#shared/redis/keys.ts';
import { PASSKEYS_MAX, type Passkey } from '../model/passkey.ts';
import { roles } from '../model/session.ts';

const passkeySchema: z.ZodType<Passkey> = z.strictObject({
  id: z.string(),
  publicKey: z.string(),
  counter: z.number().int(),
  transports: z.array(z.string()).readonly(),
  host: z.string(),
  role: z.enum(roles),
  device: z.string(),
  addedAt: storedInstant,
  usedAt: storedInstant.optional(),
});
const documentSchema = z.strictObject({ passkeys: z.array(passkeySchema).readonly() });

/** What a challenge may be answered for: a sign-in, or one more passkey of a session. */
export type Purpose = 'sign-in' | `add ${string}`;

export const CHALLENGE_MS_MAX = 5 * 60_000;
const CHALLENGES_MAX = 100;

export class PasskeyStore {
  private readonly database: Database;

  constructor(database: Database) {
    this.database = database;
  }

  /** Newest first. */
  async all(): Promise<readonly Passkey[]> {
    const found = await this.database.find(keys.page.passkeys(), documentSchema);
    return found?.value.passkeys ?? [];
  }

  async find(id: string): Promise<Passkey | undefined> {
    return (await this.all()).find((one) => one.id === id);
  }

  /** @throws Failure REFUSED passkeys-max */
  async add(passkey: Passkey): Promise<void> {
    await this.change((all) => {
      const others = all.filter(({ id }) => id !== passkey.id);
      if (others.length < PASSKEYS_MAX) return [passkey, ...others];
      throw refused(
        'passkeys-max',
        `There are ${PASSKEYS_MAX} passkeys already; remove one that is not used any more.`,
      );
    });
  }

  async remove(id: string): Promise<void> {
    await this.change((all) => all.filter((one) => one.id !== id));
  }

  async used(id: string, counter: number, usedAt: Instant): Promise<void> {
    await this.change((all) =>
      all.map((one) => (one.id === id ? { ...one, counter, usedAt } : one)),
    );
  }

  /** Only its digest is stored. Whoever asks for very many makes older ones worthless, and fills nothing. */
  async giveOut(challenge: string, purpose: Purpose, now: Instant): Promise<void> {
    const { redis } = this.database;
    await redis.zadd(keys.page.challenges(), now, member(challenge, purpose));
    await redis.zremrangebyrank(keys.page.challenges(), 0, -CHALLENGES_MAX - 1);
  }

  /** @returns whether it was given out for that, lately, and not taken before */
  async take(challenge: string, purpose: Purpose, now: Instant): Promise<boolean> {
    const { redis } = this.database;
    const given = await redis.zscore(keys.page.challenges(), member(challenge, purpose));
    const taken = await redis.zrem(keys.page.challenges(), member(challenge, purpose));
    return taken === 1 && given !== null && now - Number(given) <= CHALLENGE_MS_MAX;
  }

  private async change(change: (all: readonly Passkey[]) => readonly Passkey[]): Promise<void> {
    await this.database.update(keys.page.passkeys(), documentSchema, (current) => ({
      value: { passkeys: change(current?.passkeys ?? []) },
      result: undefined,
    }));
  }
}

function member(challenge: string, purpose: Purpose): string {
  return `${purpose} ${createHash('sha256').update(challenge).digest('hex')}`;
}
