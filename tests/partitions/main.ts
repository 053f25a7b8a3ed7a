/**
 * Rounds in a process of its own: node <bundle> SEED FROM ROUNDS WORKER. Batches with a seed each, so that a
 * run goes on at the batch where it ended: a line of JSON a batch, and their sum at the end.
 */
import { runBatches } from '../support/batches.ts';
import { withoutNetwork } from './network.ts';
import { partitionRounds } from './partition-rounds.ts';

const BATCH = 25;
const [seed = 'partitions-1', from = '0', rounds = '10', bundle = ''] = process.argv.slice(2);
const missing = withoutNetwork();
if (missing !== undefined) {
  console.error(missing);
  process.exit(2);
}
const sum = await runBatches(
  { seed, from: Number(from), rounds: Number(rounds), size: BATCH },
  (batch) => partitionRounds({ ...batch, bundle }, (line) => console.error(line)),
);
const bad = ['lost', 'doubled', 'untrue'].some((name) => (sum.counts[name] ?? 0) > 0);
process.exit(bad || sum.slow.length > 0 ? 1 : 0);
