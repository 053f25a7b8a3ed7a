/** What a connector with a Redis connection of its own asks of it, at its start and while it runs. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openConnector } from '#gateway/connector/connector.ts';
import { serviceNames, type ServiceName } from '#shared/contract/names.ts';
import { allLocal, type Placement } from '#shared/placement/placement.ts';
import { openLog, silentLog } from '#shared/process/log.ts';
import { connectRedis } from '#shared/redis/client.ts';
import { Database } from '#shared/redis/database.ts';
import { recordFileIn, recordsAt } from '#shared/redis/outside-records.ts';
import { startTestRedis, type TestRedis } from '../../support/dependencies.ts';
import { until } from '../../support/until.ts';

let redis: TestRedis;
let database: Database;
let dataDir: string;
let events: string[];
const closers: (() => Promise<void>)[] = [];

beforeEach(async () => {
  redis = await startTestRedis();
  database = new Database(connectRedis(redis.url, 'test'));
  dataDir = await mkdtemp(join(tmpdir(), 'trader-connector-'));
  events = [];
});
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
  database.redis.disconnect();
  await redis.stop();
  await rm(dataDir, { recursive: true, force: true });
});

async function open(options: Partial<Parameters<typeof openConnector>[0]> = {}): Promise<void> {
  const connector = await openConnector({
    redisUrl: redis.url,
    keyPrefix: 'test',
    gatewayUrl: 'http://127.0.0.1:9',
    token: 'a-token-of-some-length',
    log: silentLog,
    intervalMs: 20,
    dataDir,
    ...options,
  });
  closers.push(() => connector.close());
}

const isDoubted = async (): Promise<boolean> => (await database.epoch.held()).doubt !== undefined;

test.each([
  ['appendonly', 'no'],
  ['appendfsync', 'everysec'],
])('refuses a Redis that may lose writes: %s %s', async (name, value) => {
  await database.redis.config('SET', name, value);
  await expect(open()).rejects.toMatchObject({
    code: 'REFUSED',
    facts: { rule: 'redis-not-durable' },
  });
  await expect(open({ durability: 'unsafe' })).resolves.toBeUndefined();
});

test('records the epoch of the state, and marks lost state', async () => {
  const log = openLog('error', (line) => void events.push(line));
  await open({ log });
  expect(await isDoubted()).toBe(false);
  expect(await readFile(join(dataDir, 'state-epoch.log'), 'utf8')).toContain('"generation":1');
  await database.redis.flushall();
  await until(isDoubted);
  await until(() => Promise.resolve(events.length > 0));
  expect(events).toEqual([expect.stringContaining('"state-lost"')]);
});

test('marks at its start state that was lost during its downtime', async () => {
  await open();
  for (const close of closers.splice(0)) await close();
  await database.redis.flushall();
  await open();
  expect(await isDoubted()).toBe(true);
});

test('goes on after a person has declared a beginning', async () => {
  await open();
  await database.redis.flushall();
  await until(isDoubted);
  for (const close of closers.splice(0)) await close();
  // As `npm run state -- new-beginning` does, with the connector's DATA_DIR.
  const records = recordsAt({ file: recordFileIn(dataDir), keyPrefix: 'test' });
  const { generation } = await new Database(database.redis, records).epoch.declare();
  expect(generation).toBe(2);
  await open();
  expect(await isDoubted()).toBe(false);
});

test('refuses a board whose services another one has, or neither, and takes its claim back at its end', async () => {
  const state = ['portfolio', 'trading', 'universe'] as const;
  const compute = serviceNames.filter((name) => !state.some((one) => one === name));
  const board = (device: string, has: readonly ServiceName[], other: string): Placement => {
    const placeOf = (service: ServiceName) =>
      has.includes(service)
        ? { mode: 'local', service }
        : { mode: 'remote', service, device: { name: other } };
    const places = serviceNames.map((service) => [service, placeOf(service)]);
    return { ...allLocal, device, places: Object.fromEntries(places) as Placement['places'] };
  };
  await open({ placement: board('state', state, 'compute') });
  const both = board('compute', [...compute, 'trading'], 'state');
  const neither = board('desk', [], 'state');
  const at = { servicesFile: 'services.yaml' };
  // At once, as each waits until a claim of a process that died would have expired.
  await Promise.all([
    expect(open({ placement: both, ...at })).rejects.toMatchObject({
      code: 'INVALID_REQUEST',
      facts: { field: 'services.yaml: services.trading' },
    }),
    expect(open({ placement: neither, ...at })).rejects.toMatchObject({
      code: 'INVALID_REQUEST',
      message: expect.stringContaining('no board has it') as unknown,
    }),
  ]);
  await closers.pop()?.();
  await expect(open({ placement: both, ...at })).resolves.toBeUndefined();
});
