/** The outbox of notices: what was found once, and for each channel whether it has been delivered. */
import * as z from 'zod';
import { channelNames, noticeKinds, type ChannelName } from '#shared/process/notice-kinds.ts';
import { decode, encode } from '#shared/redis/codec.ts';
import { writeDocument, type Database } from '#shared/redis/database.ts';
import type { Write } from '#shared/redis/change.ts';
import { keys } from '#shared/redis/keys.ts';
import type { ConditionPeriods } from '../model/conditions.ts';
import type { Notice } from './notice.ts';

/** A notice on its way through one channel. */
export interface Delivery {
  readonly notice: Notice;
  readonly channel: ChannelName;
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
    untilMs: z.number().optional(),
    planId: z.string().optional(),
  }),
  channel: z.enum(channelNames),
  foundMs: z.number(),
  attempts: z.number().int(),
  nextMs: z.number(),
  lastError: z.string(),
});

const periodSchema = z.strictObject({
  sinceMs: z.number(),
  endedMs: z.number().optional(),
  isReported: z.boolean(),
  reportCount: z.number().int(),
  lastReportedMs: z.number(),
});

/** Records written before 2026-12 say `isTold`, `told` and `lastToldMs`. */
function renamed(stored: unknown): unknown {
  if (typeof stored !== 'object' || stored === null || !('isTold' in stored)) return stored;
  const { isTold, told, lastToldMs, ...rest } = stored as Record<string, unknown>;
  return { ...rest, isReported: isTold, reportCount: told, lastReportedMs: lastToldMs };
}

const periodsSchema: z.ZodType<ConditionPeriods> = z.record(
  z.string(),
  z.preprocess(renamed, periodSchema),
);
const KNOWN_MS = 40 * 86_400_000;
const DEAD_MAX = 100;

/** A notice with the channels that it goes to. */
export interface Addressed {
  readonly notice: Notice;
  readonly channels: readonly ChannelName[];
}

export class NoticeStore {
  private readonly database: Database;

  constructor(database: Database) {
    this.database = database;
  }

  async conditions(): Promise<{ readonly version: number; readonly periods: ConditionPeriods }> {
    const found = await this.database.find(keys.gateway.noticeConditions(), periodsSchema);
    return { version: found?.version ?? 0, periods: found?.value ?? {} };
  }

  /**
   * Puts what is new into the outbox and the conditions beside it, both or neither, so that a crash neither
   * loses a notice nor sends one twice.
   * @param seen the conditions as they were read; where somebody changed them meanwhile, nothing is written
   */
  async record(
    found: readonly Addressed[],
    { version, periods }: { readonly version: number; readonly periods: ConditionPeriods },
    nowMs: number,
  ): Promise<void> {
    const key = keys.gateway.noticeConditions();
    const fresh = await this.unknown(found, nowMs);
    const writes = fresh.flatMap((delivery) => outboxWrites(delivery, nowMs));
    await this.database.commit(
      [{ key, version }],
      [writeDocument(key, version, periods), ...writes],
    );
  }

  /** One that follows from no condition; under a key that was used before it is not sent again. */
  async append(found: Addressed, nowMs: number): Promise<void> {
    const fresh = await this.unknown([found], nowMs);
    const writes = fresh.flatMap((delivery) => outboxWrites(delivery, nowMs));
    if (writes.length > 0) await this.database.commit([], writes);
  }

  private async unknown(found: readonly Addressed[], nowMs: number): Promise<Delivery[]> {
    const base = { foundMs: nowMs, attempts: 0, nextMs: nowMs, lastError: '' };
    const all = found.flatMap(({ notice, channels }) =>
      channels.map((channel): Delivery => ({ ...base, notice, channel })),
    );
    if (all.length === 0) return [];
    const known = await this.database.redis.zmscore(
      keys.gateway.noticesKnown(),
      ...all.map(fieldOf),
    );
    return all.filter((_delivery, index) => known[index] === null);
  }

  /** Oldest first. */
  async waiting(): Promise<readonly Delivery[]> {
    const key = keys.gateway.notices();
    const all = Object.values(await this.database.redis.hgetall(key));
    return all
      .map((json) => decode(deliverySchema, json, key))
      .sort((a, b) => a.foundMs - b.foundMs);
  }

  /** Those that were given up, newest first. */
  async dead(): Promise<readonly Delivery[]> {
    const key = keys.gateway.noticesDead();
    const all = await this.database.redis.lrange(key, 0, DEAD_MAX - 1);
    return all.map((json) => decode(deliverySchema, json, key));
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

  /** The first update of Telegram that was not dealt with. */
  async offset(): Promise<number> {
    return Number((await this.database.redis.get(keys.gateway.noticeOffset())) ?? 0);
  }

  async setOffset(offset: number): Promise<void> {
    await this.database.redis.set(keys.gateway.noticeOffset(), String(offset));
  }

  /** Forgets what was sent long ago. */
  async deleteExpired(nowMs: number): Promise<void> {
    await this.database.redis.zremrangebyscore(keys.gateway.noticesKnown(), 0, nowMs - KNOWN_MS);
  }
}

function outboxWrites(delivery: Delivery, nowMs: number): Write[] {
  const field = fieldOf(delivery);
  return [
    { op: 'HSET', key: keys.gateway.notices(), args: [field, encode(delivery)] },
    { op: 'ZADD', key: keys.gateway.noticesKnown(), args: [String(nowMs), field] },
  ];
}

function fieldOf({ notice, channel }: Pick<Delivery, 'notice' | 'channel'>): string {
  return `${notice.key} ${channel}`;
}
