/**
 * Makes a replica of Redis the primary: fences the old one by a new generation of the state, and halts
 * trading until the books were compared with the broker.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { Failure } from '#shared/kernel/failure.ts';
import { instantOf } from '#shared/kernel/instant.ts';
import { connectRedis } from '#shared/redis/client.ts';
import { Database } from '#shared/redis/database.ts';
import type { Epoch } from '#shared/redis/epoch.ts';
import { keys } from '#shared/redis/keys.ts';
import { endPulse, pulses, type PulseName } from '#shared/redis/pulses.ts';
import { GOES_ALONE } from '#shared/redis/replication.ts';
import { ControlStore } from '#shared/trading/control/control-store.ts';

export interface Promotion {
  readonly epoch: Epoch;
  /** The trading state before it was halted. */
  readonly tradingWas: string;
  /** False where all of it had been done before. */
  readonly changed: boolean;
}

export interface PromotionWishes {
  /** Trade on it without a replica until there is one again. */
  readonly alone?: boolean;
  /** The other board has what the dead one had: no board is missed that does not say that it is there. */
  readonly takeOver?: boolean;
}

export const HALT_REASON =
  'Redis of the other board was promoted; not yet compared with the broker';
/** Written last, so that a promotion that was cut off is completed by the next call. */
const PROMOTED = 'promoted';
const ROLE_POLL_MS = 50;
const ROLE_TRIES_MAX = 200;

/** @throws Failure UNAVAILABLE where the replica does not answer or does not become primary */
export async function promote(
  url: string,
  keyPrefix: string,
  { alone = false, takeOver = false }: PromotionWishes = {},
): Promise<Promotion> {
  const redis = connectRedis(url, keyPrefix);
  try {
    const database = new Database(redis);
    if ((await roleOf(database)) === 'master') {
      const done = await promotedBefore(database);
      if (takeOver) await missNoBoard(database);
      if (done) return { epoch: done, tradingWas: 'HALTED', changed: false };
    } else {
      await becomePrimary(database);
      if (takeOver) await missNoBoard(database);
    }
    const epoch = await database.epoch.declare();
    const tradingWas = await halt(database);
    if (alone) await redis.hset(keys.state.epoch(), GOES_ALONE, String(epoch.generation));
    await redis.hset(keys.state.epoch(), PROMOTED, String(epoch.generation));
    // Where there is no file to write it to, the role lasts until the server ends.
    await redis.config('REWRITE').catch(() => undefined);
    return { epoch, tradingWas, changed: true };
  } finally {
    redis.disconnect();
  }
}

async function promotedBefore({ redis, epoch }: Database): Promise<Epoch | undefined> {
  const { epoch: held } = await epoch.held();
  const promoted = await redis.hget(keys.state.epoch(), PROMOTED);
  return held && promoted === String(held.generation) ? held : undefined;
}

/** Boards that are alive say so again within seconds. */
async function missNoBoard(database: Database): Promise<void> {
  const boards = [...(await pulses(database)).keys()].filter((name) => name.startsWith('board:'));
  for (const name of boards) await endPulse(database, name as PulseName);
}

async function becomePrimary(database: Database): Promise<void> {
  await database.redis.call('REPLICAOF', 'NO', 'ONE');
  for (let tries = 0; tries < ROLE_TRIES_MAX; tries += 1) {
    if ((await roleOf(database)) === 'master') return;
    await sleep(ROLE_POLL_MS);
  }
  throw new Failure('UNAVAILABLE', 'The replica did not become primary.', { what: 'Redis' });
}

async function roleOf({ redis }: Database): Promise<string> {
  const role = (await redis.call('ROLE')) as readonly unknown[];
  return String(role[0]);
}

/** What a person had set stays in words; trading is halted in any case. */
async function halt(database: Database): Promise<string> {
  const control = new ControlStore(database, '/nonexistent');
  const { state, reason } = await control.read();
  await control.set('HALTED', haltReason(state, reason), instantOf(Date.now()));
  return state;
}

/** A promotion that was cut off, or another before the reconciliation, has its own halt already. */
function haltReason(state: string, reason: string): string {
  if (state === 'ACTIVE') return HALT_REASON;
  if (reason.startsWith(HALT_REASON)) return reason;
  return `${HALT_REASON}; it was ${state} before: ${reason}`;
}
