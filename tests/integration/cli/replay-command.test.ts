/** `trader replay` of several policies: the same bytes on one thread, on several, and as a queued run. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import supertest from 'supertest';
import type { GetReplayResponse } from '#protos/gen/gateway.ts';
import { dayOf } from '#shared/kernel/calendar-day.ts';
import { DAY_MS, type Instant } from '#shared/kernel/instant.ts';
import { normal, seededRandom } from '#shared/kernel/random.ts';
import getReplay from '../../../functions/gateway/get-replay/handler.ts';
import runReplay from '../../../functions/gateway/run-replay/handler.ts';
import { bareEnvironment } from '../../support/bare-environment.ts';
import { openTestDependencies, startTestRedis } from '../../support/dependencies.ts';
import { endpointOf, inProcess } from '../../support/host.ts';

const PROGRAM = join(__dirname, '../../../cli/trader.mjs');
const FIRST_MS = Date.UTC(2021, 0, 4);
const SECURITIES = `isin,symbol,name,currency,exchange,sector,country,lot
US0378331005,AAA,Aaa,USD,XNYS,,US,1
US5949181045,BBB,Bbb,USD,XNYS,,US,1
`;

let folder = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'replay-cli-'));
  const random = seededRandom('replay-cli');
  const prices = [40, 80];
  const rows = Array.from({ length: 120 }, (_, i) => {
    prices.forEach((price, k) => (prices[k] = price * (1 + 0.01 * normal(random))));
    const day = dayOf((FIRST_MS + i * DAY_MS) as Instant);
    return [day, ...prices.map((price) => price.toFixed(2))].join(',');
  });
  await writeFile(join(folder, 'prices.csv'), `${['Date,AAA,BBB', ...rows].join('\n')}\n`);
  await writeFile(join(folder, 'securities.csv'), SECURITIES);
  const terms = 'splits: declared\nsettings: { WEIGHT_MAX_RATIO: 1, MAXIMUM_ORDER_RATIO: 1 }\n';
  await writeFile(join(folder, 'a.yaml'), `name: half\nweights: equal\nschedule: week\n${terms}`);
  const calm = 'weights: { inverseVolatility: { window: 10 } }';
  await writeFile(join(folder, 'b.yaml'), `name: calm\n${calm}\n${terms}`);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const WINDOW = { from: '2021-02-01', to: '2021-04-30' };

async function replayed(threads: number): Promise<readonly string[]> {
  const out = join(folder, `out-${threads}`);
  const files = ['a.yaml', 'b.yaml'].map((name) => join(folder, name));
  const days = ['--from', WINDOW.from, '--to', WINDOW.to, '--data', folder];
  const args = [...days, '--policy', ...files, '--threads', String(threads), '--out', out];
  const child = spawn(process.execPath, [PROGRAM, 'replay', ...args], {
    env: { ...bareEnvironment, DATA_DIR: join(folder, `state-${threads}`) },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let errors = '';
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
  const [code] = (await once(child, 'exit')) as [number];
  expect([code, errors]).toEqual([0, '']);
  const names = ['comparison.json', 'comparison.html', '1/report.json', '2/days.csv'];
  return Promise.all(names.map((name) => readFile(join(out, name), 'utf8')));
}

/** As a queued run, over the same files. @returns JSON and HTML */
async function replayedByRun(): Promise<readonly string[]> {
  const redis = await startTestRedis();
  const host = inProcess();
  const settings = {
    ...{ MARKET_DATA: `csv:${folder}`, BASE_CURRENCY: 'USD' },
    DATA_DIR: join(folder, 'nowhere'),
  };
  const dependencies = await openTestDependencies(redis, settings, { transport: host.transport });
  host.into(dependencies);
  try {
    const policies = await Promise.all(
      ['a.yaml', 'b.yaml'].map(async (name) => ({
        name,
        document: await readFile(join(folder, name), 'utf8'),
      })),
    );
    const run = supertest(endpointOf(runReplay, dependencies)).post('/').set('x-run-id', 'run-1');
    expect((await run.send({ ...WINDOW, policies })).status).toBe(200);
    const forms = ['json', 'html'].map(async (form) => {
      const { body } = await supertest(endpointOf(getReplay, dependencies))
        .post('/')
        .send({ form });
      return (body as GetReplayResponse).content;
    });
    return await Promise.all(forms);
  } finally {
    await dependencies.close();
    await redis.stop();
  }
}

test('policies are compared on threads, with the bytes of one thread', async () => {
  const [one, several] = [await replayed(1), await replayed(3)];
  expect(several).toEqual(one);
  const document = JSON.parse(one[0] ?? '') as {
    readonly policies: readonly {
      readonly run: { readonly name: string; readonly orders: number };
    }[];
    readonly differences: readonly { readonly of: string; readonly against: string }[];
  };
  expect(document.policies.map(({ run }) => run.name)).toEqual(['half', 'calm']);
  expect(document.policies.every(({ run }) => run.orders > 0)).toBe(true);
  expect(document.differences[0]).toMatchObject({ of: 'half', against: 'calm' });
  const last = await readFile(join(folder, 'state-3', 'last-replay.html'), 'utf8');
  expect(last).toBe(one[1]);
  expect(await replayedByRun()).toEqual(one.slice(0, 2));
});

test.each([
  ['a policy that is not there', ['--policy', 'none.yaml'], '--policy: none.yaml does not exist'],
  ['a file in the place of its folder', ['--policy', 'a.yaml', '--out', 'a.yaml'], 'is no folder'],
])('%s is refused before anything is replayed', async (_name, args, says) => {
  const days = ['--from', '2021-02-01', '--to', '2021-04-30', '--data', '.'];
  const child = spawn(process.execPath, [PROGRAM, 'replay', ...days, ...args], {
    cwd: folder,
    env: { ...bareEnvironment, DATA_DIR: join(folder, 'state') },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let errors = '';
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
  const [code] = (await once(child, 'exit')) as [number];
  expect([code, errors]).toEqual([2, expect.stringContaining(says)]);
});
