/** Rounds in a process of its own: node <bundle> SEED ROUNDS protected|unprotected. One line of JSON at the end. */
import { failoverRounds } from './rounds.ts';

const [seed = 'failover-1', rounds = '10', mode = 'protected'] = process.argv.slice(2);
const run = { seed, rounds: Number(rounds), isProtected: mode === 'protected' };
const report = await failoverRounds(run, (line) => console.error(line));
console.log(JSON.stringify(report));
const { lost, doubled, unresolved } = report;
process.exit(run.isProtected && lost + doubled + unresolved > 0 ? 1 : 0);
