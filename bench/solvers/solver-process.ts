/**
 * Solves each program with one solver in a process of its own: `ours` or `highs`. One JSON line for each, with
 * memory in MiB before the first program and afterwards: resident (peak), V8's heap in use after a collection, and
 * what lies outside of it (`external`: buffers and WebAssembly).
 */
import { solveRows } from '#shared/quant/solvers/convex-program.ts';
import { median } from '../timing.ts';
import { lpText } from './lp-text.ts';
import { programs } from './bench-programs.ts';

const ROUNDS = Number(process.env['BENCH_ROUNDS'] ?? 5);
const MIB = 2 ** 20;

type Solve = (program: ReturnType<(typeof programs)[string]>) => number;

const loaders: Readonly<Record<string, () => Promise<Solve>>> = {
  ours: async () => (program) => solveRows(program).value,
  highs: async () => {
    const highsModule = await import('highs');
    const load = highsModule.default as unknown as typeof highsModule.default.default;
    const highs = await load();
    return (program) => highs.solve(lpText(program), { output_flag: false }).ObjectiveValue;
  },
};

const solve = await loaders[process.argv[2] ?? '']?.();
if (!solve) throw new Error('usage: solver-process.ts ours | highs');
const startedMiB = process.memoryUsage.rss() / MIB;
for (const [name, make] of Object.entries(programs)) {
  const program = make();
  const runs = Array.from({ length: ROUNDS }, () => measured(() => solve(program)));
  const cpuMs = median(runs.map((run) => run.cpuMs));
  console.log(JSON.stringify({ name, cpuMs, value: runs[0]?.value, startedMiB, ...memory() }));
}

function measured(work: () => number): { readonly cpuMs: number; readonly value: number } {
  const before = process.cpuUsage();
  const value = work();
  const { user, system } = process.cpuUsage(before);
  return { cpuMs: (user + system) / 1000, value };
}

function memory() {
  globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  const peakMiB = process.resourceUsage().maxRSS / 1024;
  return { peakMiB, heapMiB: heapUsed / MIB, externalMiB: external / MIB };
}
