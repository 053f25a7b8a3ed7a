/** A facade over all functions in one process, in a world with a small market. */
import { openFacade, type Facade } from '#gateway/facade/facade.ts';
import type { ListedSecurity } from '#shared/clients/market-data/market-data.ts';
import type { World } from '#shared/runtime/context.ts';
import { silentLog } from '#shared/process/log.ts';
import { inProcess } from './host.ts';
import { seedMarket } from './seed-market.ts';
import { openTestWorld, startTestRedis, steppingClock } from './dependencies.ts';

export interface FacadeWorld {
  readonly world: World;
  readonly facade: Facade;
  readonly listed: readonly ListedSecurity[];
  address(service: keyof Facade['ports']): string;
  close(): Promise<void>;
}

/** Runs that would wait in a queue are carried out at once. */
export async function openFacadeWorld(env: Record<string, string> = {}): Promise<FacadeWorld> {
  const redis = await startTestRedis();
  const host = inProcess();
  const clock = steppingClock('2024-06-27T09:00:00Z');
  const small = { PLAN_DEPTH: '2', PLAN_ORDERS_MAX: '5', ...env };
  const parts = { now: clock.now, transport: host.transport };
  const world = await openTestWorld(redis, small, parts);
  host.into(world);
  const listed = await seedMarket(world, 4, (_listed, index) => index < 12);
  const facade = await openFacade({ portBase: 0, functions: world.functions, log: silentLog });
  return {
    world,
    facade,
    listed,
    address: (service) => `127.0.0.1:${facade.ports[service]}`,
    close: async () => {
      await facade.close();
      await world.close();
      await redis.stop();
    },
  };
}
