/** The accounting programs that exports are checked with; `.ci/run` installs them where it can. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const OWN_BEAN_CHECK = 'build/beancount/bin/bean-check';
const beanCheck = existsSync(OWN_BEAN_CHECK) ? OWN_BEAN_CHECK : 'bean-check';

export const missingBeancount = missing(beanCheck, 'beancount is not installed');
export const missingHledger = missing('hledger', 'hledger is not installed');

function missing(program: string, reason: string): string | undefined {
  return spawnSync(program, ['--version']).error ? reason : undefined;
}

/** Output of the program for a journal; empty where it is valid. */
export function beancountErrors(journal: string): Promise<string> {
  return inFile(journal, 'ledger.beancount', (path) => run(beanCheck, [path]));
}

export function hledgerErrors(journal: string): Promise<string> {
  return inFile(journal, 'ledger.journal', (path) =>
    run('hledger', ['check', '--strict', '-f', path]),
  );
}

/** Balance of an account at cost, as hledger reports it in csv: `account,balance`. */
export function hledgerBalances(journal: string): Promise<string> {
  return inFile(journal, 'ledger.journal', (path) =>
    run('hledger', ['balance', '--flat', '-B', '-N', '-O', 'csv', '-f', path]),
  );
}

function run(program: string, parameters: readonly string[]): string {
  const { stdout, stderr, status, error } = spawnSync(program, parameters, { encoding: 'utf8' });
  if (error) throw error;
  return `${stdout}${stderr}${status === 0 ? '' : `\n${program} ended with ${status}`}`.trim();
}

async function inFile(text: string, name: string, use: (path: string) => string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'ledger-'));
  try {
    const path = join(folder, name);
    await writeFile(path, text);
    return use(path);
  } finally {
    await rm(folder, { recursive: true });
  }
}
