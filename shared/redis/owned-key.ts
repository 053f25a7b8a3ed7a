/**
 * Ownership keys (leases). Check and change are one atomic step, since a lease may expire in
 * between.
 */
import type { Redis } from 'ioredis';

/** Acquires or renews a lease atomically; returns its owner. */
const CLAIM = `
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] then return holder end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return ARGV[1]
`;
const RELEASE = `
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0
`;
const RENEW = `
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
return 0
`;

/** The scripts by name, for a fake that executes them itself. */
export const ownedKeyScripts = { claim: CLAIM, release: RELEASE, renew: RENEW } as const;

/** @returns the owner of the lease: the caller, or the previous owner */
export async function claimOwned(
  redis: Redis,
  key: string,
  owner: string,
  forMs: number,
): Promise<string> {
  return String(await redis.eval(CLAIM, 1, key, owner, forMs));
}

/** Releases the lease if the owner still holds it. */
export async function releaseOwned(redis: Redis, key: string, owner: string): Promise<void> {
  await redis.eval(RELEASE, 1, key, owner);
}

/** Extends the lease if the owner still holds it. */
export async function renewOwned(
  redis: Redis,
  key: string,
  owner: string,
  forMs: number,
): Promise<void> {
  await redis.eval(RENEW, 1, key, owner, forMs);
}
