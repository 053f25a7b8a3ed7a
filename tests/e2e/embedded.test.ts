import { operations } from '#shared/contract/catalogue.ts';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import request from 'supertest';
import { startTestRedis } from '../support/dependencies.ts';
import { buildProgram, freshDataDir, removeDataDirs, type Program, type Run } from './program.ts';
import { until } from '../support/until.ts';
import { withinOneDay } from '../support/one-day.ts';
import { undocumentedFields } from '../support/log-fields.ts';

let program: Program;
const running: Run[] = [];

beforeAll(() => {
  program = buildProgram('embedded');
});
afterEach(async () => {
  for (const run of running.splice(0)) {
    if (run.child.exitCode === null) run.child.kill('SIGTERM');
    await run.ended;
  }
});
afterAll(async () => {
  await program.remove();
  await removeDataDirs();
});

function start(args: readonly string[], env: Record<string, string>): Run {
  const run = program.start(args, env);
  running.push(run);
  return run;
}

interface Shares {
  readonly isin: string;
  readonly quantity: number;
}

interface Document {
  readonly ready: {
    readonly redis: { readonly own: boolean };
    readonly functions: number;
    readonly gateway: string;
    readonly grpcPorts: Record<string, number> | null;
    readonly connector: boolean;
    readonly market: unknown;
    readonly account: { readonly cash: { readonly amount: string } };
  };
  readonly cycle: {
    readonly success: boolean;
    readonly dryRun: boolean;
    readonly tradesExecuted: number;
  };
  readonly plan: { readonly actions: readonly Shares[] };
  readonly trades: readonly unknown[];
  readonly after: { readonly holdings: readonly Shares[] };
}

async function onceAsJson(args: readonly string[], env: Record<string, string>): Promise<Document> {
  const run = start(['--once', '--json', ...args], env);
  const code = await run.ended;
  if (code !== 0) throw new Error(`ended with ${code}: ${run.stderr()}`);
  return JSON.parse(run.stdout()) as Document;
}

describe('one cycle', () => {
  it('buys, persists it, and finds nothing more to do on the same day', () =>
    withinOneDay(async () => {
      const DATA_DIR = await freshDataDir();
      const first = await onceAsJson([], { DATA_DIR });
      expect(first.ready).toMatchObject({
        redis: { own: true },
        functions: operations.length + 1,
        connector: true,
        market: { source: 'sample', simulated: true, securities: 40, seed: '7', doubts: [] },
        account: { broker: 'paper', cash: { amount: '25000.00', currency: 'EUR' } },
      });
      expect(first.cycle).toMatchObject({ success: true, dryRun: false });
      expect(first.cycle.tradesExecuted).toBeGreaterThan(0);
      expect(first.trades).toHaveLength(first.plan.actions.length);
      const second = await onceAsJson([], { DATA_DIR });
      expect(second.cycle).toMatchObject({ success: true, tradesExecuted: 0 });
      expect(second.plan.actions).toEqual([]);
      expect(second.after.holdings).toEqual(first.after.holdings);
      expect(second.ready.account.cash).not.toEqual(first.ready.account.cash);
    }));

  it('sends nothing in a dry run, and works without the parts beside the gateway', async () => {
    const DATA_DIR = await freshDataDir();
    const { ready, cycle, plan, trades } = await onceAsJson(['--dry-run'], {
      DATA_DIR,
      EMBEDDED_PARTS: 'none',
    });
    expect(ready).toMatchObject({ connector: false, grpcPorts: null });
    expect(cycle).toMatchObject({ success: true, dryRun: true, tradesExecuted: 0 });
    expect(plan.actions.length).toBeGreaterThan(0);
    expect(trades).toEqual([]);
  });

  it('runs twice at once in two folders', async () => {
    const [a, b] = await Promise.all([freshDataDir(), freshDataDir()]);
    const documents = await Promise.all([
      onceAsJson(['--dry-run'], { DATA_DIR: a }),
      onceAsJson(['--dry-run'], { DATA_DIR: b, MARKET_DATA: 'sample:8' }),
    ]);
    expect(documents.map(({ cycle }) => cycle.success)).toEqual([true, true]);
  });

  it('uses the Redis it is given, and leaves it running', async () => {
    const redis = await startTestRedis();
    const DATA_DIR = await freshDataDir();
    const { ready } = await onceAsJson(['--dry-run'], { DATA_DIR, REDIS_URL: redis.url });
    expect(ready.redis.own).toBe(false);
    expect(await readdir(DATA_DIR)).toEqual([
      'function-secrets',
      'log',
      'secrets',
      'state-epoch.log',
    ]);
    expect(redis.process.exitCode).toBeNull();
    await redis.stop();
  });
});

describe('staying up', () => {
  it('answers over HTTP until Ctrl-C, then stops within five seconds', async () => {
    const DATA_DIR = await freshDataDir();
    const run = start(['--dry-run'], { DATA_DIR });
    await run.says('Ctrl-C stops');
    const url = /gateway at (\S+)/.exec(run.stdout())?.[1] ?? '';
    const summary = await request(url).post('/function/portfolio-get-summary').expect(200);
    expect(summary.body.totalValue).toEqual({ amount: '25000.00', currency: 'EUR' });
    await request(url).post('/function/gateway-trigger-trading-cycle').expect(401);
    const secret = (path: string) => readFile(join(DATA_DIR, path), 'utf8');
    const password = (await secret('secrets/basic-auth-password')).trim();
    const list = await request(url).get('/system/functions').auth('admin', password).expect(200);
    expect(list.body).toHaveLength(operations.length + 1);
    const tokens = ['write-token', 'trade-token'].map(
      (name) => `function-secrets/openfaas-fn/${name}`,
    );
    for (const path of ['secrets/basic-auth-password', ...tokens])
      expect(run.stdout() + run.stderr()).not.toContain((await secret(path)).trim());
    run.child.kill('SIGINT');
    expect(await run.ended).toBe(0);
    expect(await readdir(DATA_DIR)).toEqual([
      'function-secrets',
      'log',
      'redis',
      'secrets',
      'state-epoch.log',
    ]);
  });

  it('stops in the middle of the first cycle as well', async () => {
    const DATA_DIR = await freshDataDir();
    const run = start([], { DATA_DIR });
    await run.says('Prices:');
    run.child.kill('SIGTERM');
    expect(await run.ended).toBe(0);
  });

  it('continues when its Redis is killed', async () => {
    const DATA_DIR = await freshDataDir();
    const run = start(['--dry-run'], { DATA_DIR });
    await run.says('Ctrl-C stops');
    const url = /gateway at (\S+)/.exec(run.stdout())?.[1] ?? '';
    const record = await readFile(join(DATA_DIR, 'redis', 'server.json'), 'utf8');
    process.kill((JSON.parse(record) as { pid: number }).pid, 'SIGKILL');
    await run.says('redis-restarted');
    const ask = () => request(url).post('/function/portfolio-get-summary');
    await until(async () => (await ask()).status === 200);
    const summary = await ask();
    expect(summary.body.totalValue).toEqual({ amount: '25000.00', currency: 'EUR' });
  });

  it('starts again after it was killed, over the Redis that was left behind', () =>
    withinOneDay(async () => {
      const DATA_DIR = await freshDataDir();
      const first = start([], { DATA_DIR });
      await first.says('Ctrl-C stops');
      first.child.kill('SIGKILL');
      expect(await first.ended).toBe('SIGKILL');
      const second = await onceAsJson([], { DATA_DIR });
      expect(second.cycle).toMatchObject({ success: true, tradesExecuted: 0 });
      expect(second.after.holdings.length).toBeGreaterThan(0);
    }));

  it('finishes the cycle that a kill cut in two, and sends no order twice', () =>
    withinOneDay(async () => {
      let DATA_DIR: string;
      let first: Run;
      // Once more where it was through with all orders before it was killed.
      do {
        DATA_DIR = await freshDataDir();
        first = start(['--verbose'], { DATA_DIR });
        await first.says('order-submitted');
        first.child.kill('SIGKILL');
        await first.ended;
      } while (first.stdout().includes('orders went through'));
      const { cycle, plan, trades, after } = await onceAsJson([], { DATA_DIR });
      expect(cycle.success).toBe(true);
      expect(trades).toHaveLength(plan.actions.length);
      const bought = new Map(plan.actions.map(({ isin, quantity }) => [isin, quantity]));
      const held = new Map(after.holdings.map(({ isin, quantity }) => [isin, quantity]));
      expect(held).toEqual(bought);
    }));

  it('refuses a data folder that another run has', async () => {
    const DATA_DIR = await freshDataDir();
    const first = start(['--dry-run'], { DATA_DIR });
    await first.says('gateway at');
    const second = start([], { DATA_DIR });
    expect(await second.ended).toBe(3);
    expect(second.stderr()).toContain(`DATA_DIR: ${DATA_DIR} is in use by another run`);
  });
});

describe('an error is reported in one line', () => {
  it('names every wrong setting at once and ends with 2', async () => {
    const DATA_DIR = await freshDataDir();
    const run = start([], { DATA_DIR, GATEWAY_PORT: 'eighty', FEE_RATIO: '7', BROKER: 'none' });
    expect(await run.ended).toBe(2);
    expect(run.stderr().trim().split('\n')).toEqual([
      'GATEWAY_PORT: "eighty" is not a number',
      'BROKER: one of paper, alpaca, tradernet, interactive-brokers',
      'FEE_RATIO: a fraction from 0 to 1',
    ]);
    expect(run.stdout()).toBe('');
  });

  it('leaves the rest of the log to its file, also what an operation on a thread says', async () => {
    const dataDir = await freshDataDir();
    await writeFile(join(dataDir, 'policy.yaml'), 'limits: { securityMaxRatio: 3 }\n');
    const run = start(['--once'], { DATA_DIR: dataDir, EMBEDDED_PARTS: 'none' });
    expect(await run.ended).toBe(1);
    expect(run.stderr()).toMatch(/✗ The cycle failed: .*securityMaxRatio: a fraction from 0 to 1/);
    expect(run.stderr()).not.toContain('"level":"info"');
    // Nothing that trades waits for the status that names the backup.
    expect(run.stdout()).toMatch(/^Ready in [\s\S]*^backup: none yet/m);
    const lines = (await readFile(join(dataDir, 'log/trader.log'), 'utf8')).split('\n');
    const ofThread = lines.filter((line) => /"operation":"optimization-/.test(line));
    expect(ofThread).toContainEqual(expect.stringContaining('"event":"call-failed"'));
    expect(undocumentedFields(lines)).toEqual([]);
  });

  it('refuses an argument it does not know, with its usage', async () => {
    const run = start(['--twice'], {});
    expect(await run.ended).toBe(2);
    expect(run.stderr()).toMatch(/'--twice'[^]*Usage: npm start/);
  });

  it('prints help', async () => {
    const run = start(['--help'], {});
    expect(await run.ended).toBe(0);
    expect(run.stdout()).toMatch(/^Usage: npm start/);
  });

  it('names the setting when the port is taken, and leaves no Redis behind', async () => {
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
    const { port } = taken.address() as { port: number };
    const DATA_DIR = await freshDataDir();
    const run = start(['--json'], { DATA_DIR, GATEWAY_PORT: String(port) });
    expect(await run.ended).toBe(3);
    expect(run.stderr()).toContain(`GATEWAY_PORT: port ${port} is taken`);
    expect(JSON.parse(run.stdout())).toMatchObject({ failure: { rule: 'port-in-use', port } });
    expect(await readdir(join(DATA_DIR, 'redis'))).not.toContain('server.json');
    taken.close();
  });

  it('says where it looked when the Redis it is given does not answer', async () => {
    const DATA_DIR = await freshDataDir();
    const run = start([], { DATA_DIR, REDIS_URL: 'redis://:hush@127.0.0.1:1/0' });
    expect(await run.ended).toBe(3);
    expect(run.stderr()).toContain('REDIS_URL: Redis at redis://127.0.0.1:1/0 did not answer.');
    expect(run.stderr()).not.toContain('hush');
  });
});
