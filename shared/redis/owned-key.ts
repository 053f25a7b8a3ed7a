/** Keys that say who holds something. Looking and acting are one step: a hold may end in between. */
import type { Redis } from 'ioredis';

const RELEASE = `
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0
`;
const RENEW = `
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
return 0
`;

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
