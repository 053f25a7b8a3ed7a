/** What stores in memory compute from their keys is computed again once one of them was written. */
import { MemoryDatabase } from '#shared/redis/memory/memory-database.ts';

const [OWN, SECOND, OTHER] = ['own', 'second', 'other'];

function counted() {
  const database = new MemoryDatabase();
  let computed = 0;
  const ask = (during: () => Promise<unknown> = () => Promise.resolve()) =>
    database.derive('a place', [OWN, SECOND], async () => {
      computed += 1;
      const own = computed;
      await during();
      return own;
    });
  const write = (key: string) => database.commit([], [{ op: 'SET', key, args: ['text'] }]);
  return { ask, write, database };
}

test('is computed once, and again after a write of one of its keys', async () => {
  const { ask, write, database } = counted();
  expect([await ask(), await ask()]).toEqual([1, 1]);
  await write(OTHER);
  expect(await ask()).toBe(1);
  await write(SECOND);
  expect([await ask(), await ask()]).toEqual([2, 2]);
  await database.redis.del(OWN);
  expect(await ask()).toBe(3);
});

test('is computed again after a write while it was computed', async () => {
  const { ask, write } = counted();
  expect(await ask(() => write(OWN))).toBe(1);
  expect([await ask(), await ask()]).toEqual([2, 2]);
});

test('the state is judged anew once a doubt is raised', async () => {
  const { epoch } = new MemoryDatabase();
  const { id } = await epoch.required();
  expect((await epoch.required()).id).toBe(id);
  await epoch.raiseDoubt('a reason');
  await expect(epoch.required()).rejects.toThrow('a reason');
});

test('a commit that advances the epoch is seen by the next one', async () => {
  const database = new MemoryDatabase();
  const write = () => database.commit([], [{ op: 'SET', key: OWN, args: ['text'] }], 'advancing');
  expect([await write(), await write()]).toEqual([true, true]);
  expect((await database.epoch.required()).sequence).toBe(2);
});
