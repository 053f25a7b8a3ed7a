/**
 * npm run bench [-- [--check] [--save] NAME...]
 *
 * Runs benches one after the other, each in a process of its own, and prints one table: figure, aim, last
 * value and its machine, value now. `--save` records the values. `--check` ends with 1 where a ratio is worse
 * than the last one by more than 15 % while the machine was quiet, or a bench failed, and with 3 where the
 * machine was too noisy to judge a bench.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { aims } from './aims.ts';
import { compared, type Compared, type LastValue } from './figures-on-record.ts';
import type { Measured } from './figure.ts';
import { NOISE_MAX_RATIO, otherWork } from './noise.ts';

const LAST = 'bench/figures/last.json';
const exitCodes = { ok: 0, worse: 1, noisy: 3 } as const;

export interface AllOptions {
  readonly names: readonly string[];
  readonly check: boolean;
  readonly save: boolean;
}

interface Outcome {
  readonly measured: readonly Measured[];
  readonly failed: readonly string[];
  /** What share of the processors' time other work took, by bench. */
  readonly noise: ReadonlyMap<string, number>;
}

/** @returns the exit code */
export function runAll({ names, check, save }: AllOptions): number {
  const last = JSON.parse(readFileSync(LAST, 'utf8')) as Record<string, LastValue>;
  const outcome = measureAll(names);
  const all = compared(aims, last, outcome.measured);
  const rows = all.filter(({ name }) => names.includes(benchOf(name)));
  console.table(
    Object.fromEntries(rows.map((row) => [row.name, shown(row, isNoisy(row, outcome))])),
  );
  for (const name of outcome.failed) console.log(`${name} failed; its figures are those on record`);
  for (const [name, share] of outcome.noise)
    if (share > NOISE_MAX_RATIO)
      console.log(
        `${name}: too noisy, other work took ${percent(share)} of the processors' time, more than ` +
          `${percent(NOISE_MAX_RATIO)}. Read its ratios with care; none is judged.`,
      );
  if (save) record(last, outcome);
  return check ? verdict(rows, outcome) : exitCodes.ok;
}

function measureAll(names: readonly string[]): Outcome {
  const folder = mkdtempSync(join(tmpdir(), 'bench-figures-'));
  const file = join(folder, 'figures.jsonl');
  writeFileSync(file, '');
  const failed: string[] = [];
  const noise = new Map<string, number>();
  for (const name of names) {
    const env = { ...process.env, BENCH_FIGURES: file };
    const args = ['scripts/run.mjs', 'bench/bench.ts', name];
    const shareOfOthers = otherWork();
    const { status } = spawnSync(process.execPath, args, { stdio: 'inherit', env });
    if (status !== 0) failed.push(name);
    noise.set(name, shareOfOthers());
  }
  const lines = readFileSync(file, 'utf8').split('\n').filter(Boolean);
  rmSync(folder, { recursive: true });
  return { measured: lines.map((line) => JSON.parse(line) as Measured), failed, noise };
}

function benchOf(figure: string): string {
  return figure.split(':')[0] ?? '';
}

function isNoisy({ name }: Pick<Compared, 'name'>, { noise }: Outcome): boolean {
  return (noise.get(benchOf(name)) ?? 0) > NOISE_MAX_RATIO;
}

function shown(row: Compared, noisy: boolean) {
  const { aim, last, now, isMet, worseRatio, isRegression } = row;
  return {
    aim: aim ?? '',
    last: last ? rounded(last.value) : '',
    'measured on': last ? `${last.day}, ${last.machine}` : '',
    now: now ? rounded(now.value) : '',
    'spread of rounds': now ? percent(now.spreadRatio) : '',
    'worse by': worseRatio === undefined ? '' : percent(worseRatio),
    '': now && noisy ? 'noisy' : isRegression ? 'REGRESSION' : metText(isMet),
  };
}

function metText(isMet: boolean | undefined): string {
  if (isMet === undefined) return '';
  return isMet ? 'met' : 'missed';
}

function verdict(rows: readonly Compared[], outcome: Outcome): number {
  const isWorse = rows.some((row) => row.isRegression && !isNoisy(row, outcome));
  if (outcome.failed.length > 0 || isWorse) return exitCodes.worse;
  return rows.some((row) => row.now && isNoisy(row, outcome)) ? exitCodes.noisy : exitCodes.ok;
}

function record(last: Record<string, LastValue>, outcome: Outcome): void {
  const [{ model } = { model: 'unknown' }, ...others] = cpus();
  const machine = `${others.length + 1} × ${model}, Node ${process.versions.node}`;
  const day = new Date().toISOString().slice(0, 10);
  const values = outcome.measured.map((one) => {
    const shared = isNoisy(one, outcome) ? ', shared with other work' : '';
    return [one.name, { value: rounded(one.value), day, machine: `${machine}${shared}` }];
  });
  const all = { ...last, ...(Object.fromEntries(values) as typeof last) };
  writeFileSync(LAST, `${JSON.stringify(all, null, 2)}\n`);
}

function rounded(value: number): number {
  return Number(value.toPrecision(3));
}

function percent(share: number): string {
  return `${(100 * share).toFixed(0)} %`;
}
