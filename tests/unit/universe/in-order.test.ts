import { mapInOrder } from '#shared/universe/sync/in-order.ts';
import { rateOf } from '#shared/universe/model/sync-rate.ts';
import { startOfSync } from '#shared/universe/model/sync-progress.ts';
import { instantOf } from '#shared/kernel/instant.ts';

describe('concurrent mapping', () => {
  it('gives results in order, with bounded concurrency', async () => {
    let [running, most] = [0, 0];
    const work = async (item: number): Promise<number> => {
      running += 1;
      most = Math.max(most, running);
      for (let turn = item % 3; turn >= 0; turn -= 1) await Promise.resolve();
      running -= 1;
      return item * 2;
    };
    const results: number[] = [];
    const items = Array.from({ length: 20 }, (_, i) => i);
    for await (const [item, result] of mapInOrder(items, 4, work)) {
      expect(result).toBe(item * 2);
      results.push(item);
    }
    expect(results).toEqual(items);
    expect(most).toBe(4);
  });

  it('ends with the first failure, after running items have ended', async () => {
    let over = 0;
    const work = async (item: number): Promise<number> => {
      await Promise.resolve();
      over += 1;
      if (item === 1) throw new Error('planted');
      return item;
    };
    const all = async () => {
      for await (const _ of mapInOrder([0, 1, 2, 3, 4, 5, 6], 3, work));
    };
    await expect(all()).rejects.toThrow('planted');
    expect(over).toBeLessThan(7);
  });
});

describe('the rate of a sync', () => {
  const progress = { ...startOfSync(5_000), synced: 90, failed: 10 };
  it('is the work done over the time elapsed', () => {
    expect(rateOf(progress, instantOf(0), instantOf(60_000))).toEqual({
      ...{ perMinute: 100, remainingSeconds: 2_940 },
    });
  });

  it('is not known at the start', () => {
    const first = { ...startOfSync(40), synced: 4 };
    expect(rateOf(startOfSync(10), instantOf(0), instantOf(1))).toBeUndefined();
    expect(rateOf(first, instantOf(0), instantOf(1_400))).toBeUndefined();
    expect(rateOf({ ...first, failed: 1 }, instantOf(0), instantOf(1_400))).toBeDefined();
    expect(rateOf(progress, instantOf(5), instantOf(5))).toBeUndefined();
  });
});
