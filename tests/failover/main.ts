/**
 * Rounds in a process of its own: node <bundle> SEED FROM ROUNDS protected|unprotected. Batches with a seed
 * each, so that a run goes on at the batch where it ended: a line of JSON a batch, and their sum at the end.
 */
import { runBatches } from '../support/batches.ts';
import { failoverRounds } from './failover-rounds.ts';

const BATCH = 10;
const [seed = 'failover-1', from = '0', rounds = '10', mode = 'protected'] = process.argv.slice(2);
const isProtected = mode === 'protected';
const sum = await runBatches(
  { seed, from: Number(from), rounds: Number(rounds), size: BATCH },
  (batch) => failoverRounds({ ...batch, isProtected }, (line) => console.error(line)),
);
const bad = ['lost', 'doubled', 'unresolved'].some((name) => (sum.counts[name] ?? 0) > 0);
process.exit(isProtected && bad ? 1 : 0);
