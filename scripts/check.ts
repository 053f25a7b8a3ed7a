/**
 * The one command for everything: format, contract, generated files, import rules, exports, types,
 * lint, tests; cheapest first, each with its time. Names of steps as arguments run only those.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { skipped, type Results } from './check/skipped.ts';

interface Step {
  readonly name: string;
  readonly command: readonly string[];
}

const node = process.execPath;
const RESULTS = 'build/test-results.json';

const steps: readonly Step[] = [
  { name: 'format', command: ['npx', 'prettier', '--check', '--log-level', 'warn', '.'] },
  {
    name: 'contract',
    command: ['npx', 'buf', 'breaking', 'protos', '--against', 'protos/contract.binpb'],
  },
  { name: 'generated', command: [node, 'scripts/run.mjs', 'scripts/generate.ts', '--check'] },
  {
    name: 'imports',
    command: ['npx', 'depcruise', 'shared', 'gateway', 'functions', 'template', 'scripts', 'cli'],
  },
  { name: 'exports', command: [node, 'scripts/run.mjs', 'scripts/check/exports.ts'] },
  { name: 'types', command: ['npx', 'tsc', '-p', '.'] },
  { name: 'lint', command: ['npx', 'eslint', '--max-warnings', '0', '.'] },
  { name: 'tests', command: ['npx', 'jest', '--json', `--outputFile=${RESULTS}`] },
];

function run({ name, command }: Step): boolean {
  const startedAt = performance.now();
  const [program = '', ...args] = command;
  const { status } = spawnSync(program, args, { stdio: 'inherit' });
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  console.log(`${status === 0 ? '✓' : '✗'} ${name} (${seconds} s)`);
  return status === 0;
}

/** The suite's counts, alone on a line, for readers of the last lines only; and why tests were skipped. */
function printCounts(): void {
  if (!existsSync(RESULTS)) return;
  const results = JSON.parse(readFileSync(RESULTS, 'utf8')) as Results;
  const failed = results.numFailedTests + results.numRuntimeErrorTestSuites;
  for (const [reason, count] of skipped(results)) console.log(`${count} skipped: ${reason}`);
  console.log(
    `${results.numPassedTests} passed, ${failed} failed, ${results.numPendingTests} skipped`,
  );
}

function main(requested: readonly string[]): number {
  const unknown = requested.filter((name) => !steps.some((step) => step.name === name));
  if (unknown.length > 0) {
    console.error(
      `no such step: ${unknown.join(', ')}; steps: ${steps.map((s) => s.name).join(', ')}`,
    );
    return 2;
  }
  rmSync(RESULTS, { force: true });
  const chosen = steps.filter((step) => requested.length === 0 || requested.includes(step.name));
  const failed = chosen.filter((step) => !run(step)).map((step) => step.name);
  printCounts();
  if (failed.length > 0) console.error(`failed: ${failed.join(', ')}`);
  return failed.length === 0 ? 0 : 1;
}

process.exitCode = main(process.argv.slice(2));
