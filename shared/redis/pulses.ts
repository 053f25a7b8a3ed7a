/**
 * When a part of the installation was last heard of. A part that stops without a word keeps its last time,
 * which is what a dead-man's switch goes by.
 */
import type { Instant } from '#shared/kernel/instant.ts';
import { instantOf } from '#shared/kernel/instant.ts';
import type { Database } from './database.ts';
import { keys } from './keys.ts';

/** `connector`: any of them; `connector:BOARD` where there are several boards; `prices`; `board:NAME`. */
export type PulseName = 'connector' | `connector:${string}` | 'prices' | `board:${string}`;

type Pulsed = Pick<Database, 'redis'>;

/** By the clock of Redis, which all boards share. */
export async function beat(database: Pulsed, name: PulseName): Promise<void> {
  await beatAt(database, name, await redisNow(database));
}

/** By a clock of the caller's, where its time is simulated. */
export async function beatAt({ redis }: Pulsed, name: PulseName, at: Instant): Promise<void> {
  await redis.hset(keys.runtime.pulses(), name, String(at));
}

/** A part that leaves for good is not missed. */
export async function endPulse({ redis }: Pulsed, name: PulseName): Promise<void> {
  await redis.hdel(keys.runtime.pulses(), name);
}

/** When each part that ever was heard of was heard of last. */
export async function pulses({ redis }: Pulsed): Promise<ReadonlyMap<string, Instant>> {
  const all = Object.entries(await redis.hgetall(keys.runtime.pulses()));
  return new Map(all.map(([name, at]) => [name, instantOf(Number(at))]));
}

export async function redisNow({ redis }: Pulsed): Promise<Instant> {
  const [seconds, microseconds] = await redis.time();
  return instantOf(Number(seconds) * 1_000 + Math.floor(Number(microseconds) / 1_000));
}
