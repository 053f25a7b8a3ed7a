/** npm run bench -- <name>: one interleaved comparison with a peer; ratios are what counts. */
const benches: Readonly<Record<string, () => Promise<unknown>>> = {
  grpc: () => import('./grpc/bench.ts'),
  memory: () => import('./memory/bench.ts'),
  optimization: () => import('./optimization/bench.ts'),
  planning: () => import('./planning/bench.ts'),
  positions: () => import('./positions/bench.ts'),
  replay: () => import('./replay/bench.ts'),
  runtime: () => import('./runtime/bench.ts'),
  scoring: () => import('./scoring/bench.ts'),
  solvers: () => import('./solvers/bench.ts'),
  tracing: () => import('./tracing/bench.ts'),
  stall: () => import('./stall/bench.ts'),
};

const name = process.argv[2] ?? '';
const bench = benches[name];
if (bench) await bench();
else {
  console.error(`usage: npm run bench -- <${Object.keys(benches).join(' | ')}>`);
  process.exitCode = 2;
}
