/** Lists and sets that are added to: what was made before stays what it is. */
import { beginsWith, grown } from '#shared/kernel/collections/growing-list.ts';
import { GrowingSet } from '#shared/kernel/collections/growing-set.ts';
import { RunningFold } from '#shared/kernel/collections/running-fold.ts';
import { integerBelow, seededRandom } from '#shared/kernel/random.ts';

test.each(Array.from({ length: 20 }, (_, i) => `growing-${i}`))(
  'a set that grows from any of those before has what was added on its way: seed %s',
  (seed) => {
    const random = seededRandom(seed);
    const made = [{ set: GrowingSet.of<number>(), values: [] as number[] }];
    for (let i = 0; i < 60; i += 1) {
      const from = made[random() < 0.7 ? made.length - 1 : integerBelow(random, made.length)];
      const value = integerBelow(random, 12);
      const values = [...new Set([...(from?.values ?? []), value])];
      made.push({ set: (from?.set ?? GrowingSet.of<number>()).with(value), values });
    }
    for (const { set, values } of made) {
      expect(set.values()).toEqual(values);
      expect(set.size).toBe(values.length);
      for (let value = 0; value < 12; value += 1)
        expect(set.has(value)).toBe(values.includes(value));
    }
  },
);

test('a list that goes on from a shorter one than the latest is of another lineage', () => {
  const first = grown([{ at: 1 }], [{ at: 2 }]);
  const second = grown(first, [{ at: 3 }]);
  const other = grown(first, [{ at: 4 }, { at: 5 }]);
  expect(beginsWith(second, first)).toBe(true);
  expect(beginsWith(other, first)).toBe(true);
  expect(beginsWith(other, second)).toBe(false);
  expect(beginsWith(first, second)).toBe(false);
});

test('a fold goes on from the same objects alone', () => {
  let steps = 0;
  const sum = new RunningFold<{ readonly by: number }, { total: number }>(
    () => ({ total: 0 }),
    (state, { by }) => {
      steps += 1;
      state.total += by;
    },
  );
  const items = [{ by: 1 }, { by: 2 }];
  expect(sum.of(items).total).toBe(3);
  expect(sum.of([...items, { by: 4 }]).total).toBe(7);
  expect(steps).toBe(3);
  expect(sum.of([...items.slice(0, 1), { by: 5 }]).total).toBe(6);
  expect(sum.of([...items]).total).toBe(3);
  expect(sum.of([]).total).toBe(0);
});
