/**
 * Runs points in a process of its own: node <bundle> SEED FROM COUNT [STRIDE]. Writes the report as
 * one line of JSON; progress goes to stderr. Exit 0 without violations, 1 with, 2 when it could not run.
 */
import { startTestRedis } from '../support/dependencies.ts';
import { isOfTheLiving } from './fault-plane.ts';
import { simulate } from './simulate.ts';

const PROGRESS_EVERY = 500;

const [seed = 'simulation-1', from = '0', count = '1000', stride = '1', where = 'model'] =
  process.argv.slice(2);
const unhandled: string[] = [];
process.on('unhandledRejection', (reason) => {
  if (isOfTheLiving(reason)) unhandled.push(reason instanceof Error ? (reason.stack ?? '') : '?');
});
const redis = where === 'server' ? await startTestRedis() : undefined;
try {
  const socket = redis?.url.slice('unix://'.length);
  const extent = { seed, from: Number(from), count: Number(count), stride: Number(stride) };
  const report = await simulate(socket, extent, ({ done, violations }) => {
    if (done % PROGRESS_EVERY === 0) console.error(JSON.stringify({ done, violations }));
  });
  console.log(JSON.stringify({ ...report, unhandled }));
  process.exitCode = report.violations.length + unhandled.length > 0 ? 1 : 0;
} catch (thrown) {
  console.error(thrown);
  process.exitCode = 2;
} finally {
  await redis?.stop();
}
