/**
 * The scripts that stores run, once more in TypeScript. `redis-model.test.ts` compares each with the Lua
 * original over random states.
 */
import { commitScriptOf } from '#shared/redis/joined-commits.ts';
import { claimedLease, leaseText, ownedKeyScripts } from '#shared/redis/owned-key.ts';
import { carriedCommits, type CarriedCommit } from './packed-commits.ts';

export type Call = (name: string, ...args: readonly string[]) => unknown;
export type Script = (call: Call, keys: readonly string[], args: readonly string[]) => unknown;

/** @throws Error for a script that the model does not know */
export function scriptOf({ text, sha }: { text?: string; sha?: string }): Script {
  if (sha === commitScriptOf.sha || text === commitScriptOf.text) return commits;
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
const commits: Script = (call, keys, args) => {
  const replies: unknown[] = [];
  let hasWritten = false;
  const write: Call = (...command) => {
    const done = call(...command);
    hasWritten = true;
    return done;
  };
  for (const carried of carriedCommits(keys, args))
    try {
      replies.push(commit(call, write, carried));
    } catch (thrown) {
      if (!hasWritten) throw thrown;
      replies.push(thrown);
    }
  return replies;
};

function commit(call: Call, write: Call, carried: CarriedCommit): unknown {
  const { guard, mark, expect } = carried;
  const held = guard && epochOf(call, guard.key);
  if (guard && !holds(guard, held)) return [-1];
  if (mark) write('SET', mark.key, mark.value, 'PX', '60000');
  for (const { key, version } of expect)
    if ((call('HGET', key, 'version') ?? '0') !== version) return [0];
  for (const { op, key, args } of carried.write) write(op, key, ...args);
  if (!guard?.advance) return [1];
  return [1, held?.generation, write('HINCRBY', guard.key, 'sequence', '1')];
}

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

function holds(guard: NonNullable<CarriedCommit['guard']>, held: Held | undefined): boolean {
  if (held?.id !== guard.id || held.isDoubted) return false;
  if (Number.isNaN(held.generation) || Number.isNaN(held.sequence)) return false;
  if (held.generation !== guard.generation) return held.generation > guard.generation;
  return held.sequence >= guard.sequence;
}
