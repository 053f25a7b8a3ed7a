/** Solves each program with one solver in a process of its own: `ours` or `highs`. One JSON line each. */
import * as highsModule from 'highs';
import { solveRows } from '#shared/quant/solvers/convex-program.ts';
import { median, timed } from '../timing.ts';
import { lpText } from './lp-text.ts';
import { programs } from './programs.ts';

const ROUNDS = Number(process.env['BENCH_ROUNDS'] ?? 5);
const MIB = 2 ** 20;

type Solve = (program: ReturnType<(typeof programs)[string]>) => number;

const loaders: Readonly<Record<string, () => Promise<Solve>>> = {
  ours: async () => (program) => solveRows(program).value,
  highs: async () => {
    const load = highsModule.default as unknown as typeof highsModule.default.default;
    const highs = await load();
    return (program) => highs.solve(lpText(program), { output_flag: false }).ObjectiveValue;
  },
};

const solve = await loaders[process.argv[2] ?? '']?.();
if (!solve) throw new Error('usage: host.ts ours | highs');
const startedMiB = process.memoryUsage.rss() / MIB;
for (const [name, make] of Object.entries(programs)) {
  const program = make();
  const runs = Array.from({ length: ROUNDS }, () => timed(() => solve(program)));
  const ms = median(runs.map((run) => run.ms));
  const peakMiB = process.resourceUsage().maxRSS / 1024;
  console.log(JSON.stringify({ name, ms, value: runs[0]?.result, startedMiB, peakMiB }));
}
