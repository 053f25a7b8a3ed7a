/**
 * Ownership keys (leases). Check and change are one atomic step, since a lease may expire in
 * between.
 */
import type { Redis } from 'ioredis';

/**
 * Acquires a lease, or takes it over from an earlier attempt of the same owner. The value is
 * `<owner>#<fence>`, and each attempt gets a fencing token above all before it.
 */
const CLAIM = `
local held = redis.call('GET', KEYS[1])
local owner, fence = string.match(held or '', '^(.*)#(%d+)$')
if held and not owner then owner = held end
if owner and owner ~= ARGV[1] then return {owner, 0} end
local next = math.max(tonumber(fence or '0'), tonumber(ARGV[2])) + 1
redis.call('SET', KEYS[1], ARGV[1] .. '#' .. string.format('%d', next), 'PX', ARGV[3])
return {ARGV[1], next}
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

export interface Lease {
  /** The caller, or who holds the lease instead. */
  readonly owner: string;
  /** Of this attempt; 0 where another owner holds it. */
  readonly fence: number;
}

/** @param fenceMin the greatest fencing token that the owner is known to have had */
export async function claimOwned(
  redis: Redis,
  key: string,
  owner: string,
  { fenceMin, forMs }: { readonly fenceMin: number; readonly forMs: number },
): Promise<Lease> {
  const claimed = await redis.eval(CLAIM, 1, key, owner, fenceMin, forMs);
  const [holder, fence] = claimed as [string, number];
  return { owner: holder, fence: Number(fence) };
}

/** What the script of a claim answers to the value that is held; a fake executes it so. */
export function claimedLease(held: string | null, owner: string, fenceMin: number): Lease {
  const [, holder = held ?? owner, fence = '0'] = /^(.*)#(\d+)$/s.exec(held ?? '') ?? [];
  if (holder !== owner) return { owner: holder, fence: 0 };
  return { owner, fence: Math.max(Number(fence), fenceMin) + 1 };
}

/** The value of a lease that an attempt holds. */
export function leaseText({ owner, fence }: Lease): string {
  return `${owner}#${fence}`;
}

/** Who holds a lease, from its value. */
export function ownerOf(lease: string): string {
  return lease.replace(/#\d+$/, '');
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
