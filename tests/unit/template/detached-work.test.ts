import { setTimeout as sleep } from 'node:timers/promises';
import { DetachedWork } from '#template/observe/detached-work.ts';

/** Counts the reports to the watch of blocked threads. */
function watched() {
  const counts = { begun: 0, ended: 0 };
  const begin = (): (() => void) => {
    counts.begun += 1;
    return () => void (counts.ended += 1);
  };
  return { counts, begin };
}

it('a stop waits for work that goes on after its answer', async () => {
  const watch = watched();
  const work = new DetachedWork(60_000, watch);
  let done = false;
  work.take(sleep(50).then(() => void (done = true)));
  expect(await work.end(10_000)).toBe(true);
  expect([done, watch.counts]).toEqual([true, { begun: 1, ended: 1 }]);
});

it('a stop does not wait beyond its limit, and says so', async () => {
  const work = new DetachedWork(60_000, undefined);
  const stop = new AbortController();
  work.take(sleep(60_000, undefined, { signal: stop.signal }));
  expect(await work.end(20)).toBe(false);
  stop.abort();
  expect(await work.end(10_000)).toBe(true);
});

it('work that fails ends like any other', async () => {
  const work = new DetachedWork(0, undefined);
  work.take(Promise.reject(new Error('no')));
  expect(await work.end(10_000)).toBe(true);
});

it('a stop without such work does not wait', async () => {
  expect(await new DetachedWork(0, undefined).end(0)).toBe(true);
});
