/** A caller in the connector's process hears how its new run goes, and reads nothing. */
import { universe } from '#shared/contract/universe.ts';
import { Database } from '#shared/redis/database.ts';
import { connectRedis } from '#shared/redis/client.ts';
import { RunNews } from '#shared/runtime/runs/run-news.ts';
import { Runs } from '#shared/runtime/runs/runs.ts';
import { recordedCommands } from '../../support/recorded-commands.ts';
import { startTestRedis, type TestRedis } from '../../support/dependencies.ts';

const operation = universe.syncPrices;
const never = new AbortController().signal;

let redis: TestRedis;
let connection: ReturnType<typeof connectRedis>;
let runs: Runs;

beforeAll(async () => {
  redis = await startTestRedis();
  connection = connectRedis(redis.url, 'new-run');
  // Commands of the handshake are no part of what is counted.
  await connection.ping();
  const none = () => Promise.reject(new Error('no queue is opened')) as never;
  runs = new Runs(new Database(connection), none, 'new-run:queue');
});

afterAll(async () => {
  await runs.close();
  connection.disconnect();
  await redis.stop();
});

async function all(following: AsyncGenerator<string, unknown>) {
  const messages: string[] = [];
  for (;;) {
    const next = await following.next();
    if (next.done) return { messages, outcome: next.value };
    messages.push(next.value);
  }
}

it('follows what was recorded since before it was added, without a read', async () => {
  const disconnect = RunNews.connected(operation.topic);
  const heard = RunNews.ofNewRun(operation.topic, 'heard');
  disconnect();
  const commands = recordedCommands(connection);
  await runs.record('heard', ['one', 'two']);
  await runs.finish('heard', { kind: 'done', last: 'three' }, { recorded: 2 });
  const told = await all(runs.follow(operation, 'heard', never, heard));
  expect(told).toMatchObject({ messages: ['one', 'two', 'three'], outcome: { kind: 'done' } });
  expect(commands).toEqual(['rpush', 'pexpire', 'set']);
  expect(RunNews.isFollowed('heard')).toBe(false);
});

it('reads where it is not known what was before the outcome', async () => {
  await runs.record('partly', ['one']);
  const following = all(runs.follow(operation, 'partly', never, new RunNews('partly')));
  await runs.record('partly', ['two']);
  await runs.finish('partly', { kind: 'done' });
  expect((await following).messages).toEqual(['one', 'two']);
});

it('listens before a run is added only where a connector of this process works on it', () => {
  expect(RunNews.ofNewRun(operation.topic, 'elsewhere')).toBeUndefined();
});

it('writes an outcome through another connection under the same key', async () => {
  const through = connectRedis(redis.url, '').duplicate({ keyPrefix: '' });
  await runs.finish('through', { kind: 'done', last: 'x' }, { recorded: 0, through });
  through.disconnect();
  expect(await runs.outcome('through')).toEqual({ kind: 'done', last: 'x' });
});
