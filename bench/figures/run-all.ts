/**
 * npm run bench [-- [--check] [--save] NAME...]
 *
 * Runs benches one after the other, each in a process of its own, and prints one table: figure, aim, last
 * value and its machine, value now. `--save` records the values. `--check` ends with 1 where a ratio is worse
 * than the last one by more than 15 % on a machine that was quiet, or a bench failed, and with 3 where the
 * machine was too noisy to judge.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { aims } from './aims.ts';
import { compared, type Compared, type LastValue } from './figures-on-record.ts';
import type { Measured } from './figure.ts';
import { NOISE_MAX_RATIO, waitingRatio } from './noise.ts';

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
  /** The largest share of waiting before, between and after the benches. */
  readonly noise: number;
}

/** @returns the exit code */
export function runAll({ names, check, save }: AllOptions): number {
  const last = JSON.parse(readFileSync(LAST, 'utf8')) as Record<string, LastValue>;
  const outcome = measureAll(names);
  const rows = compared(aims, last, outcome.measured).filter(({ name }) => isOf(name, names));
  console.table(Object.fromEntries(rows.map((row) => [row.name, shown(row)])));
  for (const name of outcome.failed) console.log(`${name} failed; its figures are those on record`);
  const isNoisy = outcome.noise > NOISE_MAX_RATIO;
  if (isNoisy)
    console.log(
      `Too noisy: a loop waited ${percent(outcome.noise)} of its time for a processor, more than ` +
        `${percent(NOISE_MAX_RATIO)}. Read the ratios with care; none is judged.`,
    );
  if (save) record(last, outcome, isNoisy);
  return check ? verdict(rows, outcome, isNoisy) : exitCodes.ok;
}

function measureAll(names: readonly string[]): Outcome {
  const folder = mkdtempSync(join(tmpdir(), 'bench-figures-'));
  const file = join(folder, 'figures.jsonl');
  writeFileSync(file, '');
  const failed: string[] = [];
  let noise = waitingRatio();
  for (const name of names) {
    const env = { ...process.env, BENCH_FIGURES: file };
    const args = ['scripts/run.mjs', 'bench/bench.ts', name];
    const { status } = spawnSync(process.execPath, args, { stdio: 'inherit', env });
    if (status !== 0) failed.push(name);
    noise = Math.max(noise, waitingRatio());
  }
  const lines = readFileSync(file, 'utf8').split('\n').filter(Boolean);
  rmSync(folder, { recursive: true });
  return { measured: lines.map((line) => JSON.parse(line) as Measured), failed, noise };
}

function isOf(figure: string, names: readonly string[]): boolean {
  return names.some((name) => figure.startsWith(`${name}:`));
}

function shown({ aim, last, now, isMet, worseRatio, isRegression }: Compared) {
  return {
    aim: aim ?? '',
    last: last ? rounded(last.value) : '',
    'measured on': last ? `${last.day}, ${last.machine}` : '',
    now: now ? rounded(now.value) : '',
    'spread of rounds': now ? percent(now.spreadRatio) : '',
    'worse by': worseRatio === undefined ? '' : percent(worseRatio),
    '': isRegression ? 'REGRESSION' : isMet === undefined ? '' : isMet ? 'met' : 'missed',
  };
}

function verdict(rows: readonly Compared[], { failed }: Outcome, isNoisy: boolean): number {
  if (failed.length > 0) return exitCodes.worse;
  if (isNoisy) return exitCodes.noisy;
  return rows.some(({ isRegression }) => isRegression) ? exitCodes.worse : exitCodes.ok;
}

function record(last: Record<string, LastValue>, { measured }: Outcome, isNoisy: boolean): void {
  const [{ model } = { model: 'unknown' }, ...others] = cpus();
  const machine =
    `${others.length + 1} × ${model}, Node ${process.versions.node}` +
    (isNoisy ? ', shared with other work' : '');
  const day = new Date().toISOString().slice(0, 10);
  const values = measured.map(({ name, value }) => [name, { value: rounded(value), day, machine }]);
  const all = { ...last, ...(Object.fromEntries(values) as typeof last) };
  writeFileSync(LAST, `${JSON.stringify(all, null, 2)}\n`);
}

function rounded(value: number): number {
  return Number(value.toPrecision(3));
}

function percent(share: number): string {
  return `${(100 * share).toFixed(0)} %`;
}
