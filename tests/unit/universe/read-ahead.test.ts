import { ReadAhead } from '#shared/universe/sync/read-ahead.ts';

test('what is stored is read for some at once, and taken in turn', async () => {
  const asked: (readonly number[])[] = [];
  const ahead = new ReadAhead([1, 2, 3, 4, 5], 2, async (keys: readonly number[]) => {
    asked.push(keys);
    return new Map(keys.map((key) => [key, () => `of ${key}`] as const));
  });
  expect(await Promise.all([ahead.take(1), ahead.take(2)])).toEqual(['of 1', 'of 2']);
  expect(asked).toEqual([[1, 2]]);
  expect(await ahead.take(5)).toBe('of 5');
  expect(asked).toEqual([[1, 2], [5]]);
});

test('one that cannot be read takes no other with it', async () => {
  const unreadable = () => {
    throw new Error('unreadable');
  };
  const ahead = new ReadAhead([1, 2], 2, async () => new Map([[1, unreadable] as const]));
  await expect(ahead.take(1)).rejects.toThrow('unreadable');
  expect(await ahead.take(2)).toBeUndefined();
});
