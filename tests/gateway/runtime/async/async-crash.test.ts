/** A host that is killed in the middle of queued calls, and the one that comes after it. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import request from 'supertest';
import { startTestRedis, type TestRedis } from '../../../support/dependencies.ts';
import { credentials } from '../fixtures.ts';

let redis: TestRedis;
let dir: string;
const children: ChildProcess[] = [];

beforeAll(async () => {
  redis = await startTestRedis();
  dir = await mkdtemp(join(tmpdir(), 'trader-async-'));
});

afterAll(async () => {
  for (const child of children) child.kill('SIGKILL');
  await redis.stop();
  await rm(dir, { recursive: true, force: true });
});

async function start(pauseMs: number): Promise<{ child: ChildProcess; url: string }> {
  const program = ['scripts/run.mjs', 'tests/support/async-host.ts'];
  const args = [...program, redis.url, join(dir, 'runs'), String(pauseMs)];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  children.push(child);
  const [url] = (await once(child.stdout, 'data')) as [Buffer];
  return { child, url: String(url).trim() };
}

const runs = async (): Promise<string[]> =>
  (await readFile(join(dir, 'runs'), 'utf8').catch(() => '')).split('\n').filter(Boolean);

it('completes every queued call after its host was killed', async () => {
  const first = await start(60_000);
  const ids = ['one', 'two', 'three', 'four', 'five', 'six'];
  for (const id of ids)
    await request(first.url).post('/async-function/slow').set('x-call-id', id).expect(202);
  while ((await runs()).length < 4) await sleep(20);
  first.child.kill('SIGKILL');
  await once(first.child, 'exit');

  const second = await start(0);
  const stateOf = async (id: string): Promise<string> => {
    const path = `/system/async/${id}`;
    const { body } = await request(second.url)
      .get(path)
      .auth(credentials.user, credentials.password);
    return String(body.state);
  };
  for (const id of ids) while ((await stateOf(id)) !== 'done') await sleep(50);
  // Four were under way: they ran again under the same idempotency key.
  expect((await runs()).toSorted()).toEqual(
    ['five', 'four', 'four', 'one', 'one', 'six', 'three', 'three', 'two', 'two'].toSorted(),
  );
});
