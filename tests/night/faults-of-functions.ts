import { setTimeout as sleep } from 'node:timers/promises';
import { keys } from '#shared/redis/keys.ts';
import type { InventedFault } from './invented-fault.ts';
import type { NightSystem } from './night-system.ts';

/** Beyond the two that an alert needs, and what a scrape between them misses. */
const FAILURES = 8;
/** A scrape comes between two of them. */
const PAUSE_MS = 1_000;
const LOOKS_BACK_SECONDS = 120;

export function faultsOfFunctions({ call, stored, pauseScale }: NightSystem): InventedFault[] {
  const failing = (name: string, query: string): InventedFault => ({
    name: `a function fails: ${name}`,
    ...{ alert: 'TraderFunctionFails', labels: { function_name: `${name}.openfaas-fn` } },
    make: async () => {
      for (let n = 0; n < FAILURES; n += 1) {
        const { status } = await call(`${name}?${query}`);
        if (status < 500) throw new Error(`${name} answered ${status}`);
        await sleep(PAUSE_MS * pauseScale);
      }
    },
    mend: () => Promise.resolve(),
    lastsSeconds: LOOKS_BACK_SECONDS,
  });
  const [caller, callee] = ['scoring-score-security', 'trading-get-trading-state'];
  const { redis } = stored.database;
  const recorded = async (): Promise<[string, string][]> => {
    const hours = [0, 1].map((ago) => new Date(Date.now() - ago * 3_600_000).toISOString());
    const found = hours.map(async (hour) => {
      const key = keys.runtime.calls(hour.slice(0, 13));
      const fields = await redis.hkeys(key);
      return fields.map((field): [string, string] => [key, field]);
    });
    return (await Promise.all(found)).flat();
  };
  return [
    failing('exits', 'code=3'),
    failing('loops', 'forever=1'),
    failing('leaks', 'forever=1'),
    {
      name: 'a call that should not exist',
      ...{ alert: 'TraderUndeclaredCall', labels: { caller, callee }, notice: 'undeclared-call' },
      make: async () => (await call(callee, {}, { 'x-caller': caller })).text(),
      mend: async () => {
        for (const [key, field] of await recorded())
          if (field.startsWith(`${caller} ${callee} `)) await redis.hdel(key, field);
      },
    },
  ];
}
