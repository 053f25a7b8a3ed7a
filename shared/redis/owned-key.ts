/** Keys that say who holds something. Looking and acting are one step: a hold may end in between. */
import type { Redis } from 'ioredis';

/** Takes or renews a hold atomically; returns its holder. */
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

/** The scripts by name, for a stand-in that carries them out itself. */
export const ownedKeyScripts = { claim: CLAIM, release: RELEASE, renew: RENEW } as const;

/** @returns who holds the key for so long: the owner, or who held it before */
export async function claimOwned(
  redis: Redis,
  key: string,
  owner: string,
  forMs: number,
): Promise<string> {
  return String(await redis.eval(CLAIM, 1, key, owner, forMs));
}

/** Deletes the key if the owner still holds it. */
export async function releaseOwned(redis: Redis, key: string, owner: string): Promise<void> {
  await redis.eval(RELEASE, 1, key, owner);
}

/** Lets the key live on for so long, if the owner still holds it. */
export async function renewOwned(
  redis: Redis,
  key: string,
  owner: string,
  forMs: number,
): Promise<void> {
  await redis.eval(RENEW, 1, key, owner, forMs);
}
