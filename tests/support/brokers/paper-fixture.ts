/** Test dependencies with prices set by the test, and the paper broker on them. */
import { PaperBroker } from '#shared/clients/broker/paper/paper-broker.ts';
import type { Broker } from '#shared/clients/broker/broker.ts';
import type { Dependencies } from '#shared/runtime/context.ts';
import { SetMarket } from '../markets/set-market.ts';
import { openTestDependencies, steppingClock, type TestRedis } from '../dependencies.ts';

export const PAPER_DAY = '2024-03-04';

export interface PaperFixture {
  readonly dependencies: Dependencies;
  readonly market: SetMarket;
  readonly broker: Broker;
  advance(ms: number): void;
}

export async function openPaperFixture(
  redis: TestRedis,
  env: Record<string, string> = {},
): Promise<PaperFixture> {
  const clock = steppingClock(`${PAPER_DAY}T10:00:00Z`);
  const market = new SetMarket();
  const opened = await openTestDependencies(
    redis,
    { BASE_CURRENCY: 'EUR', ...env },
    { now: clock.now },
  );
  const { settings, database, baseCurrency } = opened;
  const broker = new PaperBroker(settings, {
    database,
    marketData: market,
    baseCurrency,
    secret: () => () => '',
    now: clock.now,
  });
  const dependencies = { ...opened, marketData: market, broker };
  return { dependencies, market, broker, advance: clock.advance };
}
