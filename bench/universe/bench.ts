/**
 * npm run bench -- universe
 *
 * A dry trading cycle of a fresh installation by the number of securities, and another one with one more day of prices:
 * processor time of its steps and of the whole program, time that passes, peak memory of the program, and with which
 * power of the number the time grows. Redis runs beside it and is not counted. `BENCH_SIZES` names the numbers,
 * 50,500,5000 unless set. Then what a year of a security's bars takes.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { addDays } from '#shared/kernel/calendar-day.ts';
import { addDay, lastWholeDay, writeMarket } from './market-folder.ts';
import { compareStoredBytes } from './stored-bytes.ts';

const SIZES = (process.env['BENCH_SIZES'] ?? '50,500,5000').split(',').map(Number);
const SEED = process.env['BENCH_SEED'] ?? 'universe';
const POLL_MS = 20;
/** Of a clock tick in /proc, ms. */
const TICK_MS = 10;

interface Sample {
  readonly at: number;
  readonly cpuMs: number;
  readonly peakMb: number;
}

interface LogLine {
  readonly time: string;
  readonly event: string;
  readonly operation?: string;
}

interface Cycle {
  readonly syncMs: number;
  readonly decideMs: number;
  readonly planMs: number;
  readonly cycleMs: number;
  readonly wallMs: number;
  /** Of the program from its start to its end. */
  readonly wholeMs: number;
  readonly peakMb: number;
}

interface Cycles {
  readonly first: Cycle;
  /** With one more day of prices. */
  readonly next: Cycle;
}

/** Securities of which stored bars are counted. */
const COUNTED = 100;
/** Days before the last whole one at which the drawn prices end, so that a weekday comes after them. */
const DAYS_LEFT = 4;

const folder = mkdtempSync(join(tmpdir(), 'bench-universe-'));
try {
  console.log(`seed ${SEED}`);
  const cycles = new Map<number, Cycles>();
  for (const size of SIZES) cycles.set(size, await cyclesOf(size));
  const rows = [...cycles].flatMap(([size, { first, next }]) => [
    [String(size), shown(first)] as const,
    [`${size}, a day later`, shown(next)] as const,
  ]);
  console.table(Object.fromEntries(rows));
  for (const line of exponents([...cycles].map(([size, { first }]) => [size, first])))
    console.log(line);
  const market = join(folder, 'market-counted');
  writeMarket(market, COUNTED, lastWholeDay(new Date()), SEED);
  await compareStoredBytes(market);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

async function cyclesOf(size: number): Promise<Cycles> {
  const market = join(folder, `market-${size}`);
  const dataDir = join(folder, `data-${size}`);
  writeMarket(market, size, addDays(lastWholeDay(new Date()), -DAYS_LEFT), SEED);
  const first = await cycleOf(market, dataDir);
  addDay(market, SEED);
  const next = await cycleOf(market, dataDir);
  for (const path of [market, dataDir]) rmSync(path, { recursive: true, force: true });
  return { first, next };
}

async function cycleOf(market: string, dataDir: string): Promise<Cycle> {
  const log = join(dataDir, 'log/trader.log');
  const before = existsSync(log) ? readLog(log).length : 0;
  const samples = await run(market, dataDir);
  return figures(samples, readLog(log).slice(before));
}

/** @throws Error where the cycle fails, with what the program says */
function run(market: string, dataDir: string): Promise<readonly Sample[]> {
  const env = { ...process.env, MARKET_DATA: `csv:${market}`, DATA_DIR: dataDir };
  const ports = { GATEWAY_PORT: '0', GRPC_PORT_BASE: '-1' };
  // As `npm start` runs it.
  const args = ['--max-semi-space-size=4', 'scripts/start.mjs', '--once', '--dry-run'];
  const child = spawn(process.execPath, args, { env: { ...env, ...ports } });
  const samples: Sample[] = [];
  const poll = setInterval(() => samples.push(...sampleOf(child.pid)), POLL_MS);
  let said = '';
  for (const output of [child.stdout, child.stderr])
    output.on('data', (bytes: Buffer) => (said = `${said}${bytes.toString()}`.slice(-2_000)));
  return new Promise((resolve, reject) =>
    child.once('exit', (code) => {
      clearInterval(poll);
      if (code === 0) resolve(samples);
      else reject(new Error(`the cycle ended with ${String(code)}: ${said}`));
    }),
  );
}

function sampleOf(pid: number | undefined): Sample[] {
  try {
    const stat = readFileSync(`/proc/${pid ?? 0}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const [, kb = 0] = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
    const cpuMs = (Number(fields[11]) + Number(fields[12])) * TICK_MS;
    return [{ at: Date.now(), cpuMs, peakMb: Number(kb) / 1024 }];
  } catch {
    return [];
  }
}

function readLog(file: string): readonly LogLine[] {
  const lines = readFileSync(file, 'utf8').split('\n').filter(Boolean);
  return lines.map((line) => JSON.parse(line) as LogLine);
}

/** Scoring and optimizing lie between the syncs and the plan. */
function figures(samples: readonly Sample[], log: readonly LogLine[]): Cycle {
  const at = (event: string, operation: string): number => {
    const lines = log.filter((one) => one.event === event && one.operation === operation);
    // Many securities are synced in several runs.
    const line = event === 'run-completed' ? lines.at(-1) : lines[0];
    if (!line) throw new Error(`the log has no ${event} of ${operation}`);
    return Date.parse(line.time);
  };
  const cpuAt = (time: number): number => samples.findLast((one) => one.at <= time)?.cpuMs ?? 0;
  const began = at('run-started', 'universe-sync-prices');
  const synced = at('run-completed', 'universe-sync-fundamentals');
  const plans = at('run-started', 'planning-create-plan');
  const ended = at('run-completed', 'gateway-trigger-trading-cycle');
  return {
    syncMs: cpuAt(synced) - cpuAt(began),
    decideMs: cpuAt(plans) - cpuAt(synced),
    planMs: cpuAt(ended) - cpuAt(plans),
    cycleMs: cpuAt(ended) - cpuAt(began),
    wallMs: ended - began,
    wholeMs: samples.at(-1)?.cpuMs ?? 0,
    peakMb: Math.max(...samples.map(({ peakMb }) => peakMb)),
  };
}

function shown(cycle: Cycle): Record<string, string> {
  const seconds = (ms: number): string => (ms / 1000).toFixed(1);
  return {
    'sync, CPU s': seconds(cycle.syncMs),
    'score and optimize, CPU s': seconds(cycle.decideMs),
    'plan, CPU s': seconds(cycle.planMs),
    'cycle, CPU s': seconds(cycle.cycleMs),
    'cycle, s': seconds(cycle.wallMs),
    'program, CPU s': seconds(cycle.wholeMs),
    'peak, MB': cycle.peakMb.toFixed(0),
  };
}

/** Of the processor time, between one number of securities and the next. */
function exponents(cycles: readonly (readonly [number, Cycle])[]): readonly string[] {
  return cycles.slice(1).map(([size, { cycleMs }], i) => {
    const [before, { cycleMs: lessMs }] = cycles[i] ?? [size, { cycleMs }];
    const power = Math.log(cycleMs / lessMs) / Math.log(size / before);
    return `From ${before} to ${size} securities the processor time grows as their number to the power ${power.toFixed(2)}.`;
  });
}
