import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DEFAULT_ACCOUNT } from '#shared/kernel/identifiers.ts';
import { keys } from '#shared/redis/keys.ts';
import { startTestRedis, type TestRedis } from '../../support/dependencies.ts';
import type { PaperFixture } from '../../support/brokers/paper-fixture.ts';
import { openTrader, type TraderCommand } from '../../support/trader-command.ts';
import { openAccount, sync } from './portfolio-fixture.ts';

let redis: TestRedis;
let on: PaperFixture;
let trader: TraderCommand;
beforeAll(async () => {
  redis = await startTestRedis();
  on = await openAccount(redis);
  await sync(on);
  trader = await openTrader(on.dependencies);
});
afterAll(async () => {
  await trader.close();
  await on.dependencies.close();
  await redis.stop();
});

test('trader export writes a journal, to stdout or to a file', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'export-'));
  const file = join(folder, 'ledger.beancount');
  const shown = await trader.run('export', '--format', 'beancount');
  const written = await trader.run('export', '--format', 'beancount', '-o', file);
  expect(shown).toMatchObject({ status: 0, stderr: '' });
  expect(shown.stdout).toContain('Equity:Deposits');
  expect(written.stdout).toBe(`Wrote 1 lines of the ledger to ${file}.\n`);
  expect(await readFile(file, 'utf8')).toBe(shown.stdout);
  await rm(folder, { recursive: true });
});

test('trader verify ends with 0 on a ledger in order, with 1 and the line on one that is not', async () => {
  const good = await trader.run('verify');
  expect(good).toMatchObject({ status: 0, stderr: '' });
  expect(good.stdout).toMatch(
    /^1 lines, the last with the hash\s+[0-9a-f]{64}\.\nAudit: 0 lines, the last with the hash of none\.\nAll is in order\.\n$/,
  );
  const { redis: plain } = on.dependencies.database;
  const key = keys.portfolio.ledger(DEFAULT_ACCOUNT);
  const line = (await plain.lindex(key, 0)) ?? '';
  await plain.lset(key, 0, line.replace('deposit', 'dividend'));
  const bad = await trader.run('verify', '--json');
  expect(bad.status).toBe(1);
  expect(JSON.parse(bad.stdout)).toMatchObject({
    correct: false,
    findings: [{ check: 'chain', sequence: 1, message: 'it is not what its hash says' }],
  });
});

test('an account that is not there, or a wrong format, ends with 2 and the field', async () => {
  const account = await trader.run('verify', '--account', 'nobody');
  const format = await trader.run('export', '--format', 'xls');
  expect([account.status, format.status]).toEqual([2, 2]);
  expect(account.stderr).toMatch(/^trader: accountId: there is no account nobody/);
  expect(format.stderr).toMatch(/^trader: format: one of csv, beancount, hledger/);
});
