/** Messages of a run are recorded in order, each once; those that come during a write share the next one. */
import { Recorder } from '#shared/runtime/runs/recorder.ts';
import type { Runs } from '#shared/runtime/runs/runs.ts';

interface Writes {
  readonly runs: Runs;
  readonly batches: (readonly string[])[];
  /** Ends the write that is under way. */
  end(error?: Error): Promise<void>;
}

function writes(recorded?: string): Writes {
  const batches: (readonly string[])[] = [];
  const pending: { resolve(): void; reject(error: Error): void }[] = [];
  const record = async (_run: string, messages: readonly string[]): Promise<void> => {
    batches.push([...messages]);
    await new Promise<void>((resolve, reject) => pending.push({ resolve, reject }));
  };
  const runs = { record, lastRecorded: async () => recorded } as unknown as Runs;
  const end = async (error?: Error): Promise<void> => {
    const write = pending.shift();
    if (error) write?.reject(error);
    else write?.resolve();
    await new Promise(setImmediate);
  };
  return { runs, batches, end };
}

const message = (progressPct: number): string => JSON.stringify({ progressPct });

test('messages that come during a write share the next one, in order', async () => {
  const { runs, batches, end } = writes();
  const recorder = await Recorder.resume(runs, 'run');
  for (const pct of [1, 2, 3, 4]) await recorder.take(message(pct));
  expect(batches).toEqual([[message(1)]]);
  await end();
  expect(batches).toEqual([[message(1)], [message(2), message(3), message(4)]]);
  await end();
  await recorder.take(message(5));
  expect(batches.at(-1)).toEqual([message(5)]);
  await end();
  await recorder.flushed();
});

test('all are recorded before the end, and the last of all is not among them', async () => {
  const { runs, batches, end } = writes();
  const recorder = await Recorder.resume(runs, 'run');
  for (const pct of [1, 2]) await recorder.take(message(pct));
  await recorder.take(JSON.stringify({ progressPct: 100, complete: true }));
  let isFlushed = false;
  const flushed = recorder.flushed().then(() => (isFlushed = true));
  await end();
  expect(isFlushed).toBe(false);
  await end();
  await flushed;
  expect(batches.flat()).toEqual([message(1), message(2)]);
  expect(recorder.last).toContain('100');
});

test('a repeated attempt records what is beyond the progress of the one before', async () => {
  const { runs, batches, end } = writes(message(2));
  const recorder = await Recorder.resume(runs, 'run');
  for (const pct of [1, 2]) await recorder.take(message(pct));
  expect([batches, recorder.hasAdvanced]).toEqual([[], false]);
  await recorder.take(message(3));
  await end();
  await recorder.flushed();
  expect([batches, recorder.hasAdvanced]).toEqual([[[message(3)]], true]);
});

test('a write that fails fails the run, and nothing is written after it', async () => {
  const { runs, batches, end } = writes();
  const recorder = await Recorder.resume(runs, 'run');
  await recorder.take(message(1));
  await end(new Error('away'));
  await recorder.take(message(2));
  await expect(recorder.flushed()).rejects.toThrow('away');
  expect(batches).toEqual([[message(1)]]);
});

test('a stream that is faster than the disk waits for it', async () => {
  const { runs, batches, end } = writes();
  const recorder = await Recorder.resume(runs, 'run');
  let taken = 0;
  const all = (async () => {
    for (; taken < 1_000; taken += 1) await recorder.take(message(taken));
  })();
  await new Promise(setImmediate);
  expect(taken).toBeLessThan(300);
  while (batches.flat().length < 1_000) await end();
  await end();
  await all;
  await recorder.flushed();
  expect(batches.flat()).toEqual(Array.from({ length: 1_000 }, (_, i) => message(i)));
});
