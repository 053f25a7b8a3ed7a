/** Dependencies with a few sample securities, a fault-injecting broker, and a settable clock. */
import request from 'supertest';
import { parseIsin, type Isin } from '#shared/kernel/isin.ts';
import { present } from '#shared/kernel/assert.ts';
import type { DependencyParts } from '#shared/runtime/dependencies.ts';
import type { Dependencies } from '#shared/runtime/context.ts';
import { openLog, type Log } from '#shared/process/log.ts';
import type { FunctionHandler } from '#template/function.ts';
import { FaultyBroker } from './faulty-broker.ts';
import { endpointOf, inProcess } from '../host.ts';
import { seedMarket } from '../markets/seed-market.ts';
import { openTestDependencies, steppingClock, type TestRedis } from '../dependencies.ts';

/** An ordinary weekday. */
const START = '2025-06-11T12:00:00Z';

const symbols = ['ARVN', 'ALDR', 'CRVN', 'HAVL'];

export interface TradingFixture {
  readonly dependencies: Dependencies;
  readonly broker: FaultyBroker;
  readonly clock: ReturnType<typeof steppingClock>;
  /** Events logged at warn or above. */
  readonly warnings: string[];
  isin(symbol: string): Isin;
  /** Calls an operation at its endpoint, as JSON. */
  call(handler: FunctionHandler, body: object, key?: string): request.Test;
}

export async function openTradingFixture(
  redis: Pick<TestRedis, 'url'>,
  env: Record<string, string> = {},
  parts: Pick<DependencyParts, 'steady'> = {},
): Promise<TradingFixture> {
  const clock = steppingClock(START);
  const test = inProcess();
  const warnings: string[] = [];
  const log = listening(warnings);
  const opened = await openTestDependencies(
    redis,
    { DATA_DIR: '/nonexistent/data', HALF_SPREAD_RATIO: '0', ...env },
    { now: clock.now, transport: test.transport, log, ...parts },
  );
  const broker = new FaultyBroker(opened.broker);
  const dependencies: Dependencies = {
    ...opened,
    broker,
    now: () => opened.now(),
    newId: () => opened.newId(),
    close: () => opened.close(),
  };
  test.into(dependencies);
  const listed = await seedMarket(dependencies, 0.1, ({ symbol }) => symbols.includes(symbol));
  return {
    dependencies,
    broker,
    clock,
    warnings,
    isin: (symbol) =>
      parseIsin(present(listed.find((s) => s.symbol === symbol)?.isin, 'the symbol is seeded')),
    call: (handler, body, key) => {
      const post = request(endpointOf(handler, dependencies)).post('/');
      return (key === undefined ? post : post.set('idempotency-key', key)).send(body);
    },
  };
}

function listening(events: string[]): Log {
  return openLog('warn', (line) => {
    const { event, alarm } = JSON.parse(line) as { event: string; alarm?: string };
    events.push(alarm === undefined ? event : `${event}: ${alarm}`);
  });
}
