/**
 * The scripts that stores run, once more in TypeScript. `redis-model.test.ts` compares each with the Lua
 * original over random states.
 */
import { createHash } from 'node:crypto';
import { claimedLease, leaseText, ownedKeyScripts } from '#shared/redis/owned-key.ts';
import commitScript from '#shared/redis/scripts/commit.lua';

export type Call = (name: string, ...args: readonly string[]) => unknown;
export type Script = (call: Call, keys: readonly string[], args: readonly string[]) => unknown;

interface Change {
  readonly expect: readonly { readonly key: number; readonly version: string }[];
  readonly write: readonly {
    readonly op: string;
    readonly key: number;
    readonly args: readonly string[];
  }[];
  readonly guard?: {
    readonly key: number;
    readonly id: string;
    readonly generation: number;
    readonly sequence: number;
    readonly advance: boolean;
  };
}

const commitSha = createHash('sha1').update(commitScript).digest('hex');

/** @throws Error for a script that the model does not know */
export function scriptOf({ text, sha }: { text?: string; sha?: string }): Script {
  if (sha === commitSha || text === commitScript) return commit;
  const { claim, release, renew } = ownedKeyScripts;
  if (text === claim) return claimKey;
  if (text === release) return ifOwned('DEL');
  if (text === renew) return ifOwned('PEXPIRE');
  throw new Error('the model of Redis does not know the script');
}

const claimKey: Script = (call, [key = ''], [owner = '', fenceMin = '', forMs = '']) => {
  const held = call('GET', key);
  const lease = claimedLease(typeof held === 'string' ? held : null, owner, Number(fenceMin));
  if (lease.fence > 0) call('SET', key, leaseText(lease), 'PX', forMs);
  return [lease.owner, lease.fence];
};

function ifOwned(then: string): Script {
  return (call, [key = ''], [owner, ...rest]) =>
    call('GET', key) === owner ? call(then, key, ...rest) : 0;
}

/** shared/redis/scripts/commit.lua */
const commit: Script = (call, keys, [json = '']) => {
  const { expect, write, guard } = JSON.parse(json) as Change;
  const nameOf = (index: number): string => keys[index - 1] ?? '';
  const held = guard && epochOf(call, nameOf(guard.key));
  if (guard && !holds(guard, held)) return [-1];
  for (const { key, version } of expect)
    if ((call('HGET', nameOf(key), 'version') ?? '0') !== version) return [0];
  for (const { op, key, args } of write) call(op, nameOf(key), ...args);
  if (!guard?.advance) return [1];
  return [1, held?.generation, call('HINCRBY', nameOf(guard.key), 'sequence', '1')];
};

interface Held {
  readonly id: string | null;
  readonly generation: number;
  readonly sequence: number;
  readonly isDoubted: boolean;
}

function epochOf(call: Call, key: string): Held {
  const fields = call('HMGET', key, 'id', 'generation', 'sequence', 'doubt') as (string | null)[];
  const [id = null, generation, sequence, doubt] = fields;
  const number = (text: string | null | undefined): number => (text ? Number(text) : NaN);
  const isDoubted = typeof doubt === 'string';
  return { id, generation: number(generation), sequence: number(sequence), isDoubted };
}

function holds(guard: NonNullable<Change['guard']>, held: Held | undefined): boolean {
  if (!held || held.id !== guard.id || held.isDoubted) return false;
  if (Number.isNaN(held.generation) || Number.isNaN(held.sequence)) return false;
  if (held.generation !== guard.generation) return held.generation > guard.generation;
  return held.sequence >= guard.sequence;
}
