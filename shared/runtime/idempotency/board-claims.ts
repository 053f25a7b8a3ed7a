/**
 * Which board runs which service, checked against the other boards. Each board reads its own files,
 * so two of them may claim one service, or each may assign it to the other; while both run, their
 * claims are in the Redis that they share.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import * as z from 'zod';
import { invalidRequest, type FieldViolation } from '#shared/kernel/failure.ts';
import { serviceNames, type ServiceName } from '#shared/contract/names.ts';
import { isLocal, type Placement } from '#shared/placement/placement.ts';
import { decode, encode } from '#shared/redis/codec.ts';
import type { Database } from '#shared/redis/database.ts';
import { keys } from '#shared/redis/keys.ts';
import { beat, endPulse } from '#shared/redis/pulses.ts';
import { releaseOwned } from '#shared/redis/owned-key.ts';

/** Time after which the claim of a dead process expires. */
const CLAIM_MS = 15_000;
const POLL_MS = 500;

const claimSchema = z.object({
  board: z.string(),
  has: z.array(z.enum(serviceNames)),
  /** For services on other boards: the board that is configured to have them. */
  elsewhere: z.partialRecord(z.enum(serviceNames), z.string()),
  /** Distinguishes the claims of processes. */
  process: z.string(),
});
type BoardClaim = z.infer<typeof claimSchema>;
/** What a board has, and where it takes the rest to be. */
export type BoardSides = Omit<BoardClaim, 'process'>;

export interface HeldClaim {
  /** Releases the claim. */
  release(): Promise<void>;
}

/**
 * Claims the services of this board. A contradicting claim of another board may belong to a dead
 * process; its expiry is awaited first.
 * @param file names the services file in complaints
 * @throws Failure INVALID_REQUEST naming each service that two boards have, or none
 */
export async function claimServices(
  database: Pick<Database, 'redis'>,
  placement: Placement,
  file: string,
): Promise<HeldClaim> {
  const { redis } = database;
  const own = claimOf(placement);
  const key = keys.runtime.boardClaim(own.board);
  const text = encode(own);
  await redis.sadd(keys.runtime.boards(), own.board);
  await redis.set(key, text, 'PX', CLAIM_MS);
  const pulse = `board:${own.board}` as const;
  await beat(database, pulse);
  const renew = async () => {
    await redis.set(key, text, 'PX', CLAIM_MS);
    await beat(database, pulse);
  };
  const renewal = setInterval(() => void renew().catch(() => undefined), CLAIM_MS / 3).unref();
  const release = async (): Promise<void> => {
    clearInterval(renewal);
    // A board that is stopped in order is not missed; one that dies is.
    await endPulse(database, pulse).catch(() => undefined);
    await releaseOwned(redis, key, text).catch(() => undefined);
  };
  const until = performance.now() + CLAIM_MS + POLL_MS;
  for (;;) {
    const complaints = contradictions(own, await otherClaims({ redis }, own.board));
    if (complaints.length === 0) return { release };
    if (performance.now() > until) {
      await release();
      throw invalidRequest(
        ...complaints.map((one) => ({ ...one, field: `${file}: ${one.field}` })),
      );
    }
    await sleep(POLL_MS);
  }
}

function claimOf(placement: Placement): BoardClaim {
  const elsewhere: BoardClaim['elsewhere'] = {};
  for (const place of Object.values(placement.places))
    if (place.mode === 'remote') elsewhere[place.service] = place.device.name;
  return {
    board: placement.device,
    has: serviceNames.filter((service) => isLocal(placement, service)),
    elsewhere,
    process: randomUUID(),
  };
}

async function otherClaims(
  { redis }: Pick<Database, 'redis'>,
  board: string,
): Promise<readonly BoardClaim[]> {
  const names = (await redis.smembers(keys.runtime.boards())).filter((name) => name !== board);
  const claims = await Promise.all(names.map((name) => redis.get(keys.runtime.boardClaim(name))));
  return claims.flatMap((text) => (text === null ? [] : [decode(claimSchema, text, 'a claim')]));
}

/** Services that two boards have, and such as each leaves to another one. */
export function contradictions(own: BoardSides, others: readonly BoardSides[]): FieldViolation[] {
  return others.flatMap((other) => {
    const twice = own.has.filter((service) => other.has.includes(service));
    const nowhere = serviceNames.filter((service) => isNowhere(service, own, other));
    return [
      ...twice.map((service) => ({
        field: `services.${service}`,
        message: `both ${own.board} and ${other.board} have it; on one of them its mode must be remote`,
      })),
      ...nowhere.map((service) => ({
        field: `services.${service}`,
        message: `no board has it: ${own.board} leaves it to ${other.board}, which leaves it to ${other.elsewhere[service]}`,
      })),
    ];
  });
}

function isNowhere(service: ServiceName, own: BoardSides, other: BoardSides): boolean {
  return own.elsewhere[service] === other.board && !other.has.includes(service);
}
