/**
 * How long it takes from a clone to the first plan: `npm run first-plan -- [--strict]`. Clones the commit of
 * this checkout, installs the packages that running it needs, starts it twice, and compares each with `npm
 * ci` of an empty project that depends on express alone, measured on the same machine a moment before. One
 * JSON document on stdout. With --strict it ends with 1 where a ratio is above its budget (docs/start.md).
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Times of `npm ci` of the express project: 60 s and 6 s where that takes 3 s. */
const BUDGET = { firstPlanRatio: 20, warmPlanRatio: 2 } as const;
const RUN_MS_MAX = 600_000;

const root = process.cwd();
const folder = mkdtempSync(join(tmpdir(), 'trader-first-plan-'));
try {
  const measured = measure();
  const ratio = (ms: number): number => Math.round((ms / measured.expressMs) * 100) / 100;
  const first = measured.cloneMs + measured.installMs + measured.coldPlanMs;
  const ratios = { firstPlanRatio: ratio(first), warmPlanRatio: ratio(measured.warmPlanMs) };
  console.log(JSON.stringify({ ...measured, ...ratios, budget: BUDGET }, null, 2));
  const over =
    ratios.firstPlanRatio > BUDGET.firstPlanRatio || ratios.warmPlanRatio > BUDGET.warmPlanRatio;
  if (over) console.error('The budget of docs/start.md is exceeded.');
  if (over && process.argv.includes('--strict')) process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function measure() {
  const expressMs = expressProject();
  const clone = join(folder, 'clone');
  const cloneMs = timed(() =>
    run(root, 'git', ['clone', '--quiet', '--depth', '1', `file://${root}`, clone]),
  );
  const installMs = timed(() =>
    run(clone, 'npm', ['ci', '--omit=dev', '--silent', '--no-audit', '--no-fund']),
  );
  const coldPlanMs = timed(() => start(clone));
  const warmPlanMs = timed(() => start(clone));
  return { expressMs, cloneMs, installMs, coldPlanMs, warmPlanMs };
}

/** Its lock file is made before, so that both installations do the same work for each package. */
function expressProject(): number {
  const project = join(folder, 'express');
  cpSync(join(root, '.npmrc'), join(project, '.npmrc'));
  const { version } = JSON.parse(
    readFileSync(join(root, 'node_modules/express/package.json'), 'utf8'),
  ) as { version: string };
  const manifest = {
    name: 'empty',
    version: '1.0.0',
    private: true,
    dependencies: { express: version },
  };
  writeFileSync(join(project, 'package.json'), JSON.stringify(manifest));
  run(project, 'npm', ['install', '--silent', '--package-lock-only']);
  return timed(() => run(project, 'npm', ['ci', '--silent', '--no-audit', '--no-fund']));
}

/** Ends when the first cycle has ended, on data of its own. */
function start(clone: string): void {
  const data = mkdtempSync(join(folder, 'data-'));
  const ports = { GATEWAY_PORT: '0', GATEWAY_METRICS_PORT: '0', GRPC_PORT_BASE: '0' };
  const ran = spawnSync('npm', ['start', '--silent', '--', '--once', '--json'], {
    cwd: clone,
    env: { ...process.env, ...ports, DATA_DIR: data },
    encoding: 'utf8',
    timeout: RUN_MS_MAX,
  });
  if (ran.status !== 0)
    throw new Error(`npm start ended with ${ran.status}: ${ran.stderr.slice(-2_000)}`);
}

function run(cwd: string, command: string, args: readonly string[]): void {
  execFileSync(command, args, { cwd, stdio: ['ignore', 'ignore', 'inherit'], timeout: RUN_MS_MAX });
}

function timed(work: () => void): number {
  const begun = performance.now();
  work();
  return Math.round(performance.now() - begun);
}
