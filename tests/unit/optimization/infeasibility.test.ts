import { integerBelow, seededRandom } from '#shared/kernel/random.ts';
import { minimalConflict, smallestConflict } from '#shared/optimization/model/infeasibility.ts';

/** A family of conflicts over numbered items: a set is feasible when it contains none of them. */
function conflictsOf(seed: string): { items: number[]; conflicts: number[][] } {
  const random = seededRandom(seed);
  const count = 4 + integerBelow(random, 6);
  const items = Array.from({ length: count }, (_, i) => i);
  const conflicts = Array.from({ length: 1 + integerBelow(random, 4) }, () =>
    items.filter(() => random() < 0.5),
  ).filter((conflict) => conflict.length > 0);
  return { items, conflicts: conflicts.length > 0 ? conflicts : [items] };
}

describe('conflicts', () => {
  it('names one of the smallest conflicts, and nothing in it could be left out', () => {
    for (let k = 0; k < 200; k += 1) {
      const seed = `conflict ${k}`;
      const { items, conflicts } = conflictsOf(seed);
      const feasible = (some: readonly number[]) =>
        !conflicts.some((conflict) => conflict.every((item) => some.includes(item)));
      const found = smallestConflict(items, feasible);
      const smallest = Math.min(...conflicts.map((conflict) => conflict.length));
      expect([seed, feasible(found), found.length]).toEqual([seed, false, smallest]);
      for (const item of found)
        expect([seed, feasible(found.filter((other) => other !== item))]).toEqual([seed, true]);
    }
  });

  it('makes a set minimal by leaving out what is not needed', () => {
    const feasible = (some: readonly string[]) => !(some.includes('b') && some.includes('d'));
    expect(minimalConflict(['a', 'b', 'c', 'd'], feasible)).toEqual(['b', 'd']);
  });

  it('names a requirement that contradicts itself alone', () => {
    const feasible = (some: readonly string[]) => !some.includes('c');
    expect(smallestConflict(['a', 'b', 'c'], feasible)).toEqual(['c']);
  });
});
