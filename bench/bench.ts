/**
 * npm run bench -- <name>: one interleaved comparison with a peer; ratios are what counts. Without a name, or with
 * `--check` or `--save`, all of them or those named, with one table.
 */
import { runAll } from './figures/run-all.ts';

const benches: Readonly<Record<string, () => Promise<unknown>>> = {
  board: () => import('./board/bench.ts'),
  durable: () => import('./durable/bench.ts'),
  grpc: () => import('./grpc/bench.ts'),
  memory: () => import('./memory/bench.ts'),
  optimization: () => import('./optimization/bench.ts'),
  planning: () => import('./planning/bench.ts'),
  positions: () => import('./positions/bench.ts'),
  queue: () => import('./queue/bench.ts'),
  replay: () => import('./replay/bench.ts'),
  replicas: () => import('./replicas/bench.ts'),
  runtime: () => import('./runtime/bench.ts'),
  scoring: () => import('./scoring/bench.ts'),
  solvers: () => import('./solvers/bench.ts'),
  start: () => import('./start/bench.ts'),
  tracing: () => import('./tracing/bench.ts'),
  stall: () => import('./stall/bench.ts'),
  universe: () => import('./universe/bench.ts'),
};

const known = Object.keys(benches);
const args = process.argv.slice(2);
const flags = args.filter((arg) => arg.startsWith('--'));
const names = args.filter((arg) => !arg.startsWith('--'));
const isUnknown =
  names.some((name) => !known.includes(name)) ||
  flags.some((flag) => flag !== '--check' && flag !== '--save');
const [name, ...others] = names;
const alone = flags.length === 0 && others.length === 0 && name ? benches[name] : undefined;
if (isUnknown) {
  console.error(`usage: npm run bench -- [--check] [--save] [${known.join(' | ')}]...`);
  process.exitCode = 2;
} else if (alone) await alone();
else
  process.exitCode = runAll({
    names: names.length > 0 ? names : known,
    check: flags.includes('--check'),
    save: flags.includes('--save'),
  });
