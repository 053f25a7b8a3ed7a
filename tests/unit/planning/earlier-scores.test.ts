/** A plan that an earlier version made of a large universe had read the score of the day of each security. */
import { parseDay } from '#shared/kernel/calendar-day.ts';
import { parseIsin } from '#shared/kernel/isin.ts';
import { recordedDependencies } from '#shared/planning/inputs/recorded.ts';
import type { PlanInputs } from '#shared/planning/inputs/plan-inputs.ts';
import { connectRedis } from '#shared/redis/client.ts';
import { Database } from '#shared/redis/database.ts';
import { keys } from '#shared/redis/keys.ts';
import type { Dependencies } from '#shared/runtime/context.ts';
import { bestScored } from '#shared/scoring/best-scored.ts';

test('is made again by those scores', async () => {
  const day = parseDay('2026-01-05');
  const isins = ['DE0007164600', 'GB0002634946', 'US0378331005'].map(parseIsin);
  const reads = isins.map((isin, i): [string[], unknown] => {
    const total = [0.2, 0.9, 0.5][i] ?? 0;
    const score = { total, percentile: total, coverage: 1, grade: 'A', calculatedAt: 0 };
    return [['hget', keys.scoring.history(isin), day], JSON.stringify(score)];
  });
  const inputs = { reads, instants: [], days: [], settings: {}, baseCurrency: 'EUR' };
  // Never asked: what a plan saw is all that is read.
  const redis = connectRedis('unix:///nowhere', 'test');
  const own = { database: new Database(redis), settings: {}, marketData: {} };
  const present = own as unknown as Dependencies;
  const { database } = recordedDependencies(inputs as unknown as PlanInputs, present);
  expect(await bestScored(database, isins, 2, day)).toEqual([isins[1], isins[2]]);
  redis.disconnect();
});
