/** The outbox of notices: what was found once, and for each channel whether it has been delivered. */
import { z } from 'zod';
import { decode, encode } from '#shared/redis/codec.ts';
import type { Database } from '#shared/redis/database.ts';
import { keys } from '#shared/redis/keys.ts';
import { noticeKinds, type Absences, type Notice } from './notice.ts';

/** A notice on its way through one channel. */
export interface Delivery {
  readonly notice: Notice;
  readonly channel: string;
  readonly foundMs: number;
  readonly attempts: number;
  readonly nextMs: number;
  readonly lastError: string;
}

const deliverySchema: z.ZodType<Delivery> = z.strictObject({
  notice: z.strictObject({
    key: z.string(),
    kind: z.enum(noticeKinds),
    title: z.string(),
    text: z.string(),
  }),
  channel: z.string(),
  foundMs: z.number(),
  attempts: z.number().int(),
  nextMs: z.number(),
  lastError: z.string(),
});

const absencesSchema: z.ZodType<Absences> = z.record(z.string(), z.number());
const KNOWN_MS = 40 * 86_400_000;
const DEAD_MAX = 100;

export class NoticeStore {
  private readonly database: Database;

  constructor(database: Database) {
    this.database = database;
  }

  /** Puts a notice into the outbox of each channel, unless it was found before. */
  async add(notice: Notice, channels: readonly string[], nowMs: number): Promise<void> {
    const { redis } = this.database;
    const base = { notice, foundMs: nowMs, attempts: 0, nextMs: nowMs, lastError: '' };
    for (const channel of channels) {
      const field = `${notice.key} ${channel}`;
      if ((await redis.zscore(keys.gateway.noticesKnown(), field)) !== null) continue;
      // First the outbox: a crash between the two delivers it under the same field, and so once.
      await redis.hsetnx(keys.gateway.notices(), field, encode({ ...base, channel }));
      await redis.zadd(keys.gateway.noticesKnown(), nowMs, field);
    }
  }

  async waiting(): Promise<readonly Delivery[]> {
    const key = keys.gateway.notices();
    const all = Object.values(await this.database.redis.hgetall(key));
    return all
      .map((json) => decode(deliverySchema, json, key))
      .sort((a, b) => a.foundMs - b.foundMs);
  }

  async delivered(delivery: Delivery): Promise<void> {
    await this.database.redis.hdel(keys.gateway.notices(), fieldOf(delivery));
  }

  async postponed(delivery: Delivery, lastError: string, nextMs: number): Promise<void> {
    const next = { ...delivery, attempts: delivery.attempts + 1, lastError, nextMs };
    await this.database.redis.hset(keys.gateway.notices(), fieldOf(delivery), encode(next));
  }

  /** It will not be tried again. */
  async gaveUp(delivery: Delivery, lastError: string): Promise<void> {
    const { redis } = this.database;
    await redis.lpush(keys.gateway.noticesDead(), encode({ ...delivery, lastError }));
    await redis.ltrim(keys.gateway.noticesDead(), 0, DEAD_MAX - 1);
    await this.delivered(delivery);
  }

  async absences(): Promise<Absences> {
    const key = keys.gateway.absences();
    return (await this.database.find(key, absencesSchema))?.value ?? {};
  }

  async setAbsences(absences: Absences): Promise<void> {
    await this.database.update(keys.gateway.absences(), absencesSchema, () => ({
      value: absences,
      result: undefined,
    }));
  }

  /** Forgets what was told long ago. */
  async tidy(nowMs: number): Promise<void> {
    await this.database.redis.zremrangebyscore(keys.gateway.noticesKnown(), 0, nowMs - KNOWN_MS);
  }
}

function fieldOf({ notice, channel }: Delivery): string {
  return `${notice.key} ${channel}`;
}
