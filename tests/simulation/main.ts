/**
 * Runs points in a process of its own: node <bundle> SEED FROM COUNT STRIDE model|server|cluster [MISHAP].
 * Writes the report as one line of JSON; progress goes to stderr. Exit 0 without violations, 1 with, 2 when
 * it could not run.
 */
import { startTestRedis } from '../support/dependencies.ts';
import { startRedisCluster } from '../support/redis-cluster.ts';
import { isOfTheLiving } from './stage/fault-plane.ts';
import { isPointKind } from './points.ts';
import { Resources } from './checks/resources.ts';
import { simulate } from './simulate.ts';

const PROGRESS_EVERY = 500;

const [
  seed = 'simulation-1',
  from = '0',
  count = '1000',
  stride = '1',
  where = 'model',
  only = '',
] = process.argv.slice(2);
const unhandled: string[] = [];
process.on('unhandledRejection', (reason) => {
  if (isOfTheLiving(reason)) unhandled.push(reason instanceof Error ? (reason.stack ?? '') : '?');
});
const starts: Readonly<Record<string, () => Promise<{ url: string; stop(): Promise<void> }>>> = {
  server: startTestRedis,
  cluster: () => startRedisCluster(),
};
const redis = await starts[where]?.();
try {
  const extent = {
    seed,
    from: Number(from),
    count: Number(count),
    stride: Number(stride),
    only: isPointKind(only) ? only : undefined,
  };
  const resources = new Resources(extent.count);
  const report = await simulate(redis?.url, extent, ({ done, violations }) => {
    resources.note(done);
    if (done % PROGRESS_EVERY === 0) console.error(JSON.stringify({ done, violations }));
  });
  const leaks = await resources.leaks();
  console.log(JSON.stringify({ ...report, unhandled, leaks }));
  const { violations } = report;
  process.exitCode = violations.length + unhandled.length + leaks.length > 0 ? 1 : 0;
} catch (thrown) {
  console.error(thrown);
  process.exitCode = 2;
} finally {
  await redis?.stop();
}
