/**
 * npm run bench -- solvers
 *
 * The interior-point method with sparse LDL' against HiGHS (WebAssembly, its package of npm), each in a
 * process of its own on the same programs: time of a solution, its value, memory before the first and at
 * the peak.
 */
import { spawnSync } from 'node:child_process';

for (const solver of ['ours', 'highs']) {
  const command = ['scripts/run.mjs', 'bench/solvers/host.ts', solver];
  const { status, stdout, stderr } = spawnSync(process.execPath, command, { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  for (const line of stdout.trim().split('\n')) {
    const { name, ms, value, startedMiB, peakMiB } = JSON.parse(line) as Answer;
    const memory = `${startedMiB.toFixed(0)} → ${peakMiB.toFixed(0)} MiB`;
    console.log(
      `${solver.padEnd(6)} ${name.padEnd(36)} ${ms.toFixed(1).padStart(8)} ms  ${value}  ${memory}`,
    );
  }
}

interface Answer {
  readonly name: string;
  readonly ms: number;
  readonly value: number;
  readonly startedMiB: number;
  readonly peakMiB: number;
}
