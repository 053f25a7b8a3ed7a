/** commit.lua for keys in memory; the same tests run on both. */
import type { Write } from '../database.ts';
import type { MemoryKeys } from './memory-keys.ts';

interface Change {
  readonly expect: readonly { readonly key: number; readonly version: string }[];
  readonly write: readonly {
    readonly op: Write['op'];
    readonly key: number;
    readonly args: readonly string[];
  }[];
  readonly guard?: Guard;
}

interface Guard {
  readonly key: number;
  readonly id: string;
  readonly generation: number;
  readonly sequence: number;
  readonly advance: boolean;
}

/** @param change JSON, as the script takes it @returns as the script does */
export function carryOutCommit(
  memory: MemoryKeys,
  names: readonly string[],
  change: string,
): readonly number[] {
  const { expect, write, guard } = JSON.parse(change) as Change;
  const nameOf = (index: number): string => names[index - 1] ?? '';
  const epoch = guard && memory.hash(nameOf(guard.key));
  if (guard && !holds(guard, epoch)) return [-1];
  const isAsExpected = expect.every(
    ({ key, version }) => (memory.hash(nameOf(key))?.get('version') ?? '0') === version,
  );
  if (!isAsExpected) return [0];
  for (const { op, key, args } of write) memory.write(op, nameOf(key), args);
  if (!guard?.advance) return [1];
  const sequence = Number(epoch?.get('sequence')) + 1;
  memory.write('HSET', nameOf(guard.key), ['sequence', String(sequence)]);
  return [1, Number(epoch?.get('generation')), sequence];
}

function holds(guard: Guard, epoch: ReadonlyMap<string, string> | undefined): boolean {
  if (epoch?.get('id') !== guard.id || epoch.has('doubt')) return false;
  const [generation, sequence] = [Number(epoch.get('generation')), Number(epoch.get('sequence'))];
  if (Number.isNaN(generation) || Number.isNaN(sequence)) return false;
  if (generation !== guard.generation) return generation > guard.generation;
  return sequence >= guard.sequence;
}
