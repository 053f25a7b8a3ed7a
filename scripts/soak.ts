/**
 * Long runs of the simulation (docs/develop/simulation.md):
 *
 *   npm run soak -- crash  [--points N] [--seed S] [--from P] [--stride N] [--workers N] [--redis model|server|cluster]
 *   npm run soak -- faults [--only NAME] [--seed S]
 *   npm run soak -- failover [--rounds N] [--seed S] [--from R] [--protection protected|unprotected]
 *   npm run soak -- partitions [--rounds N] [--seed S] [--from R]
 *   npm run soak -- night [--rounds N] [--only NAME] [--seed S]
 *
 * `crash` runs points and prints the counts with the zeros; exit 1 with a violation. `faults` plants
 * each fault and runs until it is found; exit 1 when one is not. `failover` kills Redis under load and
 * promotes its replica, `partitions` lets two boards lose each other (docs/operate/failover.md); `--from`
 * goes on at the first round of a batch. `night` makes faults of a running system, each once unless `--rounds` is given,
 * (`--only`: those whose names have the text, or one of several between `|`), and looks for each through Prometheus alone; exit 1 when one is not found within a minute, or stays.
 */
import { parseArgs } from 'node:util';
import { Failure } from '#shared/kernel/failure.ts';
import { crash } from './soak/crash-soak.ts';
import { faults } from './soak/faults.ts';
import { failover, night, partitions } from './soak/seeded-rounds.ts';

const USAGE =
  'usage: npm run soak -- crash [--points N] [--seed S] [--from P] [--stride N] [--workers N] [--redis model|server|cluster] | faults [--only NAME] [--seed S] | failover [--rounds N] [--seed S] [--from R] [--protection protected|unprotected] | partitions [--rounds N] [--seed S] [--from R] | night [--rounds N] [--only NAME] [--seed S]';

try {
  const { values, positionals } = parseArgs({
    args: process.argv.slice(2),
    allowPositionals: true,
    options: {
      points: { type: 'string' },
      seed: { type: 'string', default: 'simulation-1' },
      from: { type: 'string', default: '0' },
      stride: { type: 'string', default: '1' },
      workers: { type: 'string', default: '2' },
      only: { type: 'string' },
      rounds: { type: 'string' },
      protection: { type: 'string', default: 'protected' },
      redis: { type: 'string', default: 'model' },
    },
  });
  const { seed, only, redis } = values;
  if (redis !== 'model' && redis !== 'server' && redis !== 'cluster')
    throw new Failure('INVALID_REQUEST', '--redis: model, server or cluster');
  if (!['protected', 'unprotected'].includes(values.protection))
    throw new Failure('INVALID_REQUEST', '--protection: protected or unprotected');
  const number = (text: string, name: string, least: number): number => {
    const value = Number(text);
    if (!Number.isSafeInteger(value) || value < least)
      throw new Failure('INVALID_REQUEST', `--${name}: a whole number of at least ${least}`);
    return value;
  };
  const [what, ...more] = positionals;
  if (
    more.length > 0 ||
    !['crash', 'faults', 'failover', 'partitions', 'night'].includes(what ?? '')
  )
    throw new Failure('INVALID_REQUEST', USAGE);
  if (what === 'crash')
    process.exitCode = await crash({
      seed,
      points: number(values.points ?? '1000000', 'points', 1),
      from: number(values.from, 'from', 0),
      stride: number(values.stride, 'stride', 1),
      workers: number(values.workers, 'workers', 1),
      redis,
    });
  else if (what === 'night')
    process.exitCode = await night(seed, number(values.rounds ?? '0', 'rounds', 0), values.only);
  else if (what === 'partitions')
    process.exitCode = await partitions({
      seed,
      from: number(values.from, 'from', 0),
      rounds: number(values.rounds ?? '1000', 'rounds', 1),
    });
  else if (what === 'failover')
    process.exitCode = await failover({
      seed,
      from: number(values.from, 'from', 0),
      rounds: number(values.rounds ?? '200', 'rounds', 1),
      protection: values.protection,
    });
  else
    process.exitCode = await faults({
      seed,
      only,
    });
} catch (thrown) {
  console.error(thrown instanceof Error ? thrown.message : thrown);
  process.exitCode = 2;
}
