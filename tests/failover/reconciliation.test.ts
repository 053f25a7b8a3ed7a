/**
 * The operator's command from the dead primary to trading again: the replica promoted, the books compared
 * with the broker through the gateway, and the halt of the promotion lifted, but no other.
 */
import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { operations } from '#shared/contract/catalogue.ts';
import { DEFAULT_ACCOUNT } from '#shared/kernel/identifiers.ts';
import { instantOf } from '#shared/kernel/instant.ts';
import { StoredBook } from '#shared/portfolio/stored-book.ts';
import { beatAt } from '#shared/redis/pulses.ts';
import { ControlStore } from '#shared/trading/control/control-store.ts';
import type { FunctionHandler } from '#template/function.ts';
import executeTrade from '../../functions/trading/execute-trade/handler.ts';
import { openTradingFixture, type TradingFixture } from '../support/brokers/trading-fixture.ts';
import { gatewayOf } from '../support/endpoints/test-gateway.ts';
import { listen } from '../support/host.ts';
import { HALT_REASON, promote } from '../../scripts/failover/promotion.ts';
import { openRedisPair, untilFollows, type RedisPair } from './redis-pair.ts';

let pair: RedisPair;
let fixture: TradingFixture;
let server: Server;
let url: string;
let folder: string;

beforeEach(async () => {
  pair = await openRedisPair();
  fixture = await openTradingFixture({ url: pair.url }, { REDIS_REPLICAS: '1' });
  const handlers: Record<string, FunctionHandler> = {};
  for (const { name, folder: place } of operations)
    handlers[name] = (
      (await import(`../../${place}/handler.ts`)) as { default: FunctionHandler }
    ).default;
  ({ server, url } = await listen(gatewayOf(handlers, () => fixture.dependencies)));
  folder = await mkdtemp(join(tmpdir(), 'reconciliation-'));
  for (const name of ['read-token', 'write-token', 'trade-token'])
    await writeFile(join(folder, name), 'a-token-of-some-length');
  await writeFile(join(folder, 'primary'), pair.servers[0].url);
  await writeFile(join(folder, 'replica'), pair.servers[1].url);
});
afterEach(async () => {
  server.closeAllConnections();
  server.close();
  await fixture.dependencies.close();
  await pair.close();
  await rm(folder, { recursive: true, force: true });
});

const COMMAND = join(process.cwd(), 'deploy/scripts/failover.sh');

function failover(): Promise<{ code: number | null; said: string }> {
  const { redisKeyPrefix } = fixture.dependencies.settings;
  const files = ['--primary-url-file', join(folder, 'primary')];
  const replica = ['--replica-url-file', join(folder, 'replica'), '--prefix', redisKeyPrefix];
  const rest = ['--gateway', url, '--secrets', folder, '--alone', '--yes'];
  const child = spawn(COMMAND, [...files, ...replica, ...rest], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  for (const output of [child.stdout, child.stderr])
    output.on('data', (data: Buffer) => (said += String(data)));
  return new Promise((resolve) => child.once('close', (code) => resolve({ code, said })));
}

/** Keys are new ones, as a refusal is final under its key; until one goes through. */
async function traded(symbol: string, prefix: string): Promise<string> {
  for (let i = 0; ; i += 1) {
    const order = { isin: fixture.isin(symbol), side: 'BUY', quantity: 1 };
    const { body } = await fixture.call(executeTrade, order, `${prefix}-${i}`);
    const { success, tradeId } = body as { success?: boolean; tradeId?: string };
    if (success === true && tradeId !== undefined) return tradeId;
    fixture.clock.advance(5_500);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

const holds = async (symbol: string): Promise<string | undefined> => {
  const { database, baseCurrency } = fixture.dependencies;
  const { holdings } = await new StoredBook(database, baseCurrency).book(DEFAULT_ACCOUNT);
  return holdings.get(fixture.isin(symbol))?.symbol;
};

const control = (): ControlStore => new ControlStore(fixture.dependencies.database, '/nonexistent');

it('ends with books that agree with the broker and with trading on', async () => {
  // The fill is at the broker and not in the book, as after a crash between the two.
  await traded('ALDR', 'before');
  const { broker } = fixture;
  broker.onActed = () => {
    broker.statementFails = true;
    return Promise.resolve();
  };
  const order = { isin: fixture.isin('ARVN'), side: 'BUY', quantity: 1 };
  await fixture.call(executeTrade, order, 'not-booked');
  broker.onActed = () => Promise.resolve();
  broker.statementFails = false;
  expect(await holds('ARVN')).toBeUndefined();
  await pair.servers[0].kill();
  const { code, said } = await failover();
  expect([code, said]).toEqual([0, expect.stringContaining('compared with the broker')]);
  expect(said).toContain('trading is HALTED');
  expect(await holds('ARVN')).toBe('ARVN');
  await traded('ALDR', 'after');
  // The same command once more finds nothing to do.
  const again = await failover();
  expect([again.code, again.said]).toEqual([0, expect.stringContaining('is primary already')]);
  // The old one has lost its place: it comes back as a replica.
  await pair.servers[0].start(pair.servers[1].port);
  await untilFollows(pair.servers[0]);
});

it('lifts the halt where the board was promoted twice before the books were compared', async () => {
  await traded('ARVN', 'before');
  await control().set('HALTED', HALT_REASON, instantOf(Date.now()));
  await pair.servers[0].kill();
  const { code, said } = await failover();
  expect([code, said]).toEqual([0, expect.not.stringContaining('stays restricted')]);
  await traded('ALDR', 'after');
});

it('lifts the halt where the dead board is missed, which restricts trading by itself', async () => {
  await traded('ARVN', 'before');
  await beatAt(fixture.dependencies.database, 'board:state', instantOf(1_000));
  await pair.servers[0].kill();
  const { code, said } = await failover();
  expect([code, said]).toEqual([0, expect.stringContaining('the board state has been silent')]);
  expect(await control().read()).toMatchObject({ state: 'ACTIVE' });
});

it('misses no board any more where the other one takes over', async () => {
  await traded('ARVN', 'before');
  const { database, settings } = fixture.dependencies;
  await beatAt(database, 'board:state', instantOf(1_000));
  await pair.servers[0].kill();
  await promote(pair.servers[1].url, settings.redisKeyPrefix, { alone: true, takeOver: true });
  const { code, said } = await failover();
  expect([code, said]).toEqual([0, expect.not.stringContaining('has been silent')]);
  await traded('ALDR', 'after');
});

it('leaves a halt of a person as it is', async () => {
  await traded('ARVN', 'before');
  await control().set('HALTED', 'A person looks at it.', instantOf(Date.now()));
  await pair.servers[0].kill();
  const { code, said } = await failover();
  expect([code, said]).toEqual([0, expect.stringContaining('Trading stays restricted')]);
  expect(said).toContain('A person looks at it.');
});
