/**
 * What an order costs in commands to Redis, from its checks to its booking. It does not grow with what the account
 * holds, and is counted here so that nobody doubles it by accident.
 */
import type { Command } from 'ioredis';
import { parseDay } from '#shared/kernel/calendar-day.ts';
import type { CorporateAction } from '#shared/kernel/corporate-action.ts';
import { Decimal } from '#shared/kernel/decimal.ts';
import { DEFAULT_ACCOUNT } from '#shared/kernel/identifiers.ts';
import { DAY_MS } from '#shared/kernel/instant.ts';
import { ActionStore } from '#shared/universe/action-store.ts';
import executeTrade from '../../../functions/trading/execute-trade/handler.ts';
import updatePositions from '../../../functions/portfolio/update-positions/handler.ts';
import { openTradingFixture, type TradingFixture } from '../../support/brokers/trading-fixture.ts';
import { startTestRedis, type TestRedis } from '../../support/dependencies.ts';

/** As many were counted on 30 November 2026; with twelve positions it had been 213. */
const COMMANDS_MAX = 80;

let redis: TestRedis;
let t: TradingFixture;
let keys = 0;

beforeAll(async () => {
  redis = await startTestRedis();
});
afterAll(() => redis.stop());
beforeEach(async () => {
  t = await opened();
});
afterEach(() => t.dependencies.close());

/** As a sync of prices leaves it. */
async function opened(): Promise<TradingFixture> {
  const fixture = await openTradingFixture(redis);
  await new ActionStore(fixture.dependencies.database).openVersion();
  return fixture;
}

async function hold(...symbols: readonly string[]): Promise<void> {
  const positions = symbols.map((symbol) => ({ isin: t.isin(symbol), symbol, quantity: 3 }));
  const { status, body } = await t.call(updatePositions, { positions, removeMissing: true });
  expect([status, body]).toMatchObject([200, { success: true }]);
}

/** Commands of one order that is filled and booked, by name and key. */
async function commandsOfOrder(): Promise<readonly string[]> {
  const sent: string[] = [];
  const connection = t.dependencies.database.redis;
  const send = connection.sendCommand.bind(connection);
  connection.sendCommand = (command: Command, stream) => {
    const key = command.name.startsWith('eval') ? command.args[2] : command.args[0];
    sent.push(`${command.name} ${String(key)}`);
    return send(command, stream);
  };
  const order = { isin: t.isin('ARVN'), side: 'BUY', quantity: 2 };
  const { body } = await t.call(executeTrade, order, `counted-${(keys += 1)}`);
  connection.sendCommand = send;
  expect(body).toMatchObject({ status: 'EXECUTED' });
  return sent;
}

/** The second of two: the first one reads what this process does not know yet. */
async function knownOrder(): Promise<readonly string[]> {
  await commandsOfOrder();
  return commandsOfOrder();
}

test('an order costs no more commands than it did', async () => {
  await hold('ALDR', 'CRVN', 'HAVL');
  const sent = await knownOrder();
  expect(sent.length).toBeLessThanOrEqual(COMMANDS_MAX);
});

test('an order costs as many commands whatever the account holds', async () => {
  await hold('ALDR');
  const few = await knownOrder();
  await t.dependencies.close();
  t = await opened();
  await hold('ALDR', 'CRVN', 'HAVL');
  const many = await knownOrder();
  expect(many.length).toBe(few.length);
});

test('an action that is recorded between two orders is read by the second', async () => {
  await hold('ALDR', 'CRVN', 'HAVL');
  t.clock.advance(DAY_MS);
  await knownOrder();
  const split: CorporateAction = {
    ...{ actionId: 'split', isin: t.isin('HAVL'), day: parseDay('2025-06-12') },
    ...{ kind: 'split', newShares: Decimal.of(2), oldShares: Decimal.one, source: 'owner' },
  };
  expect(await new ActionStore(t.dependencies.database).add(split)).toBe('added');
  await commandsOfOrder();
  const { signal } = new AbortController();
  const { holdings } = await t.dependencies.broker.statement(DEFAULT_ACCOUNT, signal);
  expect(holdings.find(({ isin }) => isin === split.isin)?.quantity.toString()).toBe('6');
});
