/** commit.lua for keys in memory; the same tests run on both. */
import type { Expectation, Write } from '../change.ts';
import type { Epoch } from '../epoch.ts';
import type { StoredField } from '../kept-field.ts';
import type { MemoryKeys } from './memory-keys.ts';

interface Change {
  readonly expect: readonly Expectation[];
  readonly write: readonly Write[];
  readonly guard?: Guard | undefined;
}

interface Guard extends Epoch {
  readonly key: string;
  readonly advance: boolean;
}

/** @returns as the script does */
export function executeCommit(
  memory: MemoryKeys,
  { expect, write, guard }: Change,
): readonly number[] {
  const epoch = guard && memory.hash(guard.key);
  if (guard && !holds(guard, epoch)) return [-1];
  const isAsExpected = expect.every(
    ({ key, version }) => (memory.hash(key)?.get('version') ?? '0') === String(version),
  );
  if (!isAsExpected) return [0];
  for (const one of write)
    if (one.document) memory.putDocument(one.key, one.document);
    else if (one.field) memory.putField(one.key, one.field.name, one.field.kept);
    else memory.write(one.op, one.key, one.args);
  if (!guard?.advance) return [1];
  const sequence = Number(epoch?.get('sequence')) + 1;
  memory.write('HSET', guard.key, ['sequence', String(sequence)]);
  return [1, Number(epoch?.get('generation')), sequence];
}

function holds(guard: Guard, epoch: ReadonlyMap<string, StoredField> | undefined): boolean {
  if (epoch?.get('id') !== guard.id || epoch.has('doubt')) return false;
  const [generation, sequence] = [Number(epoch.get('generation')), Number(epoch.get('sequence'))];
  if (Number.isNaN(generation) || Number.isNaN(sequence)) return false;
  if (generation !== guard.generation) return generation > guard.generation;
  return sequence >= guard.sequence;
}
