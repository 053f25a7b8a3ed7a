/**
 * How long it takes from a clone to the first plan: `npm run first-plan -- [--strict]`. Clones the commit of
 * this checkout, installs the packages that running it needs, starts it twice, and compares each with `npm
 * ci` of an empty project that depends on express alone, measured on the same machine a moment before. One
 * JSON document on stdout. With --strict it ends with 1 where a ratio is above its budget (docs/start.md).
 * Where no package can be had, nothing is measured: the document says why as `skipped`, and it ends with 0.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The aims, and what the express project took where they were set: two x86 cores, the packages in npm's cache. */
const AIM_MS = { firstPlan: 60_000, warmPlan: 6_000 } as const;
const EXPRESS_REFERENCE_MS = 1_280;
const BUDGET = {
  firstPlanRatio: rounded(AIM_MS.firstPlan / EXPRESS_REFERENCE_MS),
  warmPlanRatio: rounded(AIM_MS.warmPlan / EXPRESS_REFERENCE_MS),
} as const;
/** What can be repeated is, and its least time counts: the others have what else the machine did meanwhile. */
const REPEATS = 3;
const RUN_MS_MAX = 600_000;

const root = process.cwd();
const folder = mkdtempSync(join(tmpdir(), 'trader-first-plan-'));
try {
  const project = expressProject();
  if (project === undefined)
    console.log(JSON.stringify({ skipped: 'npm could not resolve express' }));
  else report(measure(project), process.argv.includes('--strict'));
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function report(measured: ReturnType<typeof measure>, isStrict: boolean): void {
  const { expressMs, cloneMs, installMs, coldPlanMs, warmPlanMs } = measured;
  const ratios = {
    firstPlanRatio: rounded((cloneMs + installMs + coldPlanMs) / expressMs),
    warmPlanRatio: rounded(warmPlanMs / expressMs),
  };
  console.log(JSON.stringify({ ...measured, ...ratios, budget: BUDGET }, null, 2));
  const isOver =
    ratios.firstPlanRatio > BUDGET.firstPlanRatio || ratios.warmPlanRatio > BUDGET.warmPlanRatio;
  if (isOver) console.error('The budget of docs/start.md is exceeded.');
  if (isOver && isStrict) process.exitCode = 1;
}

function rounded(ratio: number): number {
  return Math.round(ratio * 100) / 100;
}

function measure(project: string) {
  const ci = ['ci', '--silent', '--no-audit', '--no-fund'];
  const expressMs = least(() => run(project, 'npm', ci));
  const clone = join(folder, 'clone');
  const cloneMs = timed(() =>
    run(root, 'git', ['clone', '--quiet', '--depth', '1', `file://${root}`, clone]),
  );
  const installMs = timed(() =>
    run(clone, 'npm', ['ci', '--omit=dev', '--silent', '--no-audit', '--no-fund']),
  );
  const coldPlanMs = timed(() => start(clone));
  const warmPlanMs = least(() => start(clone));
  return { expressMs, cloneMs, installMs, coldPlanMs, warmPlanMs };
}

/**
 * Its lock file is made before, so that both installations do the same work for each package.
 * @returns undefined where npm has no registry to ask
 */
function expressProject(): string | undefined {
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
  const lock = ['install', '--silent', '--package-lock-only'];
  const made = spawnSync('npm', lock, { cwd: project, stdio: 'ignore', timeout: RUN_MS_MAX });
  return made.status === 0 ? project : undefined;
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

function least(work: () => void): number {
  return Math.min(...Array.from({ length: REPEATS }, () => timed(work)));
}

function timed(work: () => void): number {
  const begun = performance.now();
  work();
  return Math.round(performance.now() - begun);
}
