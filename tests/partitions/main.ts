/**
 * Rounds in a process of its own: node <bundle> SEED ROUNDS WORKER. One line of JSON at the end.
 */
import { withoutNetwork } from './network.ts';
import { partitionRounds } from './rounds.ts';

const BATCH = 100;
const [seed = 'partitions-1', rounds = '10', bundle = ''] = process.argv.slice(2);
const missing = withoutNetwork();
if (missing !== undefined) {
  console.error(missing);
  process.exit(2);
}
let [done, found] = [0, 0];
while (done < Number(rounds)) {
  const count = Math.min(BATCH, Number(rounds) - done);
  const run = { seed: `${seed}-${done}`, rounds: count, bundle };
  const report = await partitionRounds(run, (line) => console.error(line));
  console.log(JSON.stringify(report));
  done += count;
  found += report.lost + report.doubled + report.untrue + report.slow.length;
}
process.exit(found > 0 ? 1 : 0);
