/** The record of the epoch appears with its first line, whoever reads and writes it meanwhile. */
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { recordFileIn, recordsAt } from '#shared/redis/outside-records.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'trader-record-'));
});
afterEach(() => rm(folder, { recursive: true }));

const ROUNDS = 20;
const epoch = (id: string) => ({ id, generation: 1, sequence: 0 });

/** Reads it at every turn of the event loop until the work is done. */
async function readDuring(work: Promise<unknown>, file: string): Promise<void> {
  let isOver = false;
  const watched = work.finally(() => (isOver = true));
  while (!isOver) {
    await recordsAt({ file, keyPrefix: 'a' }).latest();
    await new Promise((resolve) => setImmediate(resolve));
  }
  await watched;
}

it('is read as absent or with its line, never without one', async () => {
  for (let round = 0; round < ROUNDS; round += 1) {
    const file = join(folder, `record-${round}`);
    const records = recordsAt({ file, keyPrefix: 'a' });
    await readDuring(records.append(epoch('one')), file);
    expect(await records.latest()).toEqual(epoch('one'));
  }
});

it('keeps the lines of all processes that begin it at once, and leaves nothing beside it', async () => {
  const file = recordFileIn(folder);
  const prefixes = ['a', 'b', 'c', 'd'];
  const all = prefixes.map((keyPrefix) => recordsAt({ file, keyPrefix }));
  await readDuring(Promise.all(all.map((records) => records.append(epoch('one')))), file);
  expect(await Promise.all(all.map((records) => records.latest()))).toEqual(
    prefixes.map(() => epoch('one')),
  );
  expect(await readdir(folder)).toEqual(['state-epoch.log']);
});
