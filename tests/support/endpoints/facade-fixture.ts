/** A facade over all functions in one process, with the data of a small market. */
import { openFacade, type Facade } from '#gateway/facade/facade.ts';
import type { ListedSecurity } from '#shared/clients/market-data/market-data.ts';
import type { Dependencies } from '#shared/runtime/context.ts';
import { silentLog } from '#shared/process/log.ts';
import { inProcess } from '../host.ts';
import { seedMarket } from '../markets/seed-market.ts';
import { openTestDependencies, startTestRedis, steppingClock } from '../dependencies.ts';

export interface FacadeFixture {
  readonly dependencies: Dependencies;
  readonly facade: Facade;
  readonly listed: readonly ListedSecurity[];
  address(service: keyof Facade['ports']): string;
  close(): Promise<void>;
}

/** Runs that would wait in a queue are carried out at once. */
export async function openFacadeFixture(env: Record<string, string> = {}): Promise<FacadeFixture> {
  const redis = await startTestRedis();
  const host = inProcess();
  const clock = steppingClock('2024-06-27T09:00:00Z');
  const small = { PLAN_DEPTH: '2', PLAN_ORDERS_MAX: '5', ...env };
  const parts = { now: clock.now, transport: host.transport, isAudited: true };
  const dependencies = await openTestDependencies(redis, small, parts);
  host.into(dependencies);
  const listed = await seedMarket(dependencies, 4, (_listed, index) => index < 12);
  const facade = await openFacade({
    portBase: 0,
    access: null,
    functions: dependencies.functions,
    log: silentLog,
  });
  return {
    dependencies,
    facade,
    listed,
    address: (service) => `127.0.0.1:${facade.ports[service]}`,
    close: async () => {
      await facade.close();
      await dependencies.close();
      await redis.stop();
    },
  };
}
