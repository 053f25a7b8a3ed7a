/**
 * Runbooks about the state, tried on a running system: it is lost and restored; its primary Redis dies and is
 * replaced.
 */
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openRedisPair, untilFollows } from '../failover/redis-pair.ts';
import { RunbookReader } from './runbook.ts';
import { buildProgram, freshDataDir, removeDataDirs, type Program, type Run } from './program.ts';

const HERE = 'tests/e2e/runbooks-state.test.ts';
const SMALL = { PLAN_DEPTH: '2', PLAN_ORDERS_MAX: '2' };
let program: Program;
let run: Run | undefined;

beforeAll(() => {
  program = buildProgram('runbooks-state');
});
afterEach(stop);
afterAll(() => Promise.all([program.remove(), removeDataDirs()]));

/** Starts the program on a folder. @param options of the command line; without any it trades on paper */
async function start(
  env: Readonly<Record<string, string>> & { readonly DATA_DIR: string },
  ...options: readonly string[]
): Promise<RunbookReader> {
  run = program.start([...options, '--verbose'], { ...SMALL, ...env });
  await run.says('Ctrl-C stops');
  const [, url = ''] = /gateway at (\S+)/.exec(run.stdout()) ?? [];
  return new RunbookReader({ url, dataDir: env.DATA_DIR, here: HERE, env });
}

async function stop(): Promise<void> {
  run?.child.kill('SIGTERM');
  await run?.ended;
  run = undefined;
}

interface Status {
  readonly tradingState: string;
  readonly newestBackup?: { readonly file: string };
}

async function statusOf(reader: RunbookReader): Promise<Status> {
  return (await reader.call('gateway-get-system-status', { includeDetails: true })) as Status;
}

async function sharesIn(reader: RunbookReader): Promise<readonly string[]> {
  const { positions } = (await reader.call('portfolio-get-positions', {})) as {
    positions: { isin: string; quantity: number }[];
  };
  return positions.map(({ isin, quantity }) => `${isin} ${quantity}`);
}

it('state lost, restore: the newest backup takes its place, and trading goes on', async () => {
  const DATA_DIR = await freshDataDir();
  let reader = await start({ DATA_DIR });
  const held = await sharesIn(reader);
  expect(held).not.toEqual([]);
  await reader.call('gateway-trigger-job', { jobName: 'backup', force: true });
  let { newestBackup } = await statusOf(reader);
  while (!newestBackup) ({ newestBackup } = await statusOf(reader));
  await stop();
  await rm(join(DATA_DIR, 'redis', 'appendonlydir'), { recursive: true });
  reader = await start({ DATA_DIR });
  expect(await reader.firing()).toContain('TraderStateLost');

  const [state = ''] = reader.commands('state-lost');
  const [status = '', restore = '', sync = '', lift = ''] = reader.commands('restore');
  const BACKUP = newestBackup.file;
  expect(await reader.shell(status)).toContain(BACKUP);
  await stop();
  await reader.shell(state, {}, 1);
  await reader.shell(restore, { BACKUP });
  reader = await start({ DATA_DIR }, '--dry-run');
  expect(await statusOf(reader)).toMatchObject({ tradingState: 'HALTED' });
  expect(await reader.firing()).not.toContain('TraderStateLost');
  expect(await reader.shell(sync)).toContain('All is in order.');
  expect(await sharesIn(reader)).toEqual(held);
  await reader.shell(lift);
  expect(await statusOf(reader)).toMatchObject({ tradingState: 'ACTIVE' });
  await stop();
  await reader.shell(state);
});

it('replica missing, failover: it comes back, is promoted, and the program trades on it', async () => {
  const pair = await openRedisPair();
  const [old, replica] = pair.servers;
  const [DATA_DIR, urls] = [await freshDataDir(), await freshDataDir()];
  const files = { PRIMARY: join(urls, 'primary'), REPLICA: join(urls, 'replica') };
  await writeFile(files.PRIMARY, old.url);
  await writeFile(files.REPLICA, replica.url);
  try {
    const env = { DATA_DIR, REDIS_URL: pair.url, REDIS_REPLICAS: '1' };
    const reader = await start(env, '--dry-run');
    expect(await reader.firing()).not.toContain('TraderRedisReplicaMissing');
    await replica.kill();
    await reader.untilFiring('TraderRedisReplicaMissing');
    const REDIS_CLI = `redis-cli -u ${old.url}`;
    expect(await reader.follow('redis-replica-missing', { REDIS_CLI })).toMatch(
      /^connected_slaves:0/m,
    );
    await replica.start(old.port);
    await untilFollows(replica);
    await reader.untilFiring('TraderRedisReplicaMissing', false);
    await old.kill();
    const said = await reader.follow('failover', files);
    expect(said).toContain('compared with the broker');
    expect(said).toContain('All is in order.');
    expect(await statusOf(reader)).toMatchObject({ tradingState: 'ACTIVE' });
    const open = await reader.firing();
    for (const name of ['TraderStateLost', 'TraderServiceUnhealthy'])
      expect(open).not.toContain(name);
  } finally {
    await stop();
    await pair.close();
  }
});
