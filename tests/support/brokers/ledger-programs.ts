/** The accounting programs that exports are checked with; `.ci/run` installs them where it can. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const OWN_BEAN_CHECK = 'build/beancount/bin/bean-check';
const beanCheck = existsSync(OWN_BEAN_CHECK) ? OWN_BEAN_CHECK : 'bean-check';

const OWN_PYTHON = 'build/beancount/bin/python';
/** Prints what `JournalBalances` describes. */
const BALANCES = `
import json, sys
from beancount import loader
from beancount.core import realization
entries, errors, _ = loader.load_file(sys.argv[1])
balances = {}
for account in realization.iter_children(realization.realize(entries)):
    positions = list(account.balance)
    if not positions: continue
    cost = sum(p.units.number * (p.cost.number if p.cost else 1) for p in positions)
    units = sum(p.units.number for p in positions)
    balances[account.account] = {'units': str(units), 'cost': str(cost)}
print(json.dumps({'errors': [e.message for e in errors], 'balances': balances}))
`;

export const missingBeancount = missing(beanCheck, 'beancount is not installed');
export const missingHledger = missing('hledger', 'hledger is not installed');

function missing(program: string, reason: string): string | undefined {
  return spawnSync(program, ['--version']).error ? reason : undefined;
}

/** Output of the program for a journal; empty where it is valid. */
export function beancountErrors(journal: string): Promise<string> {
  return inFile(journal, 'ledger.beancount', (path) => run(beanCheck, [path]));
}

export interface JournalBalances {
  readonly errors: readonly string[];
  /** By account: units, and what they cost; of money both are the amount. */
  readonly balances: Readonly<Record<string, { readonly units: string; readonly cost: string }>>;
}

/** Balances of a journal as beancount itself books it. */
export async function beancountBalances(journal: string): Promise<JournalBalances> {
  const python = existsSync(OWN_PYTHON) ? OWN_PYTHON : 'python3';
  const text = await inFile(journal, 'ledger.beancount', (path) =>
    run(python, ['-c', BALANCES, path]),
  );
  return JSON.parse(text) as JournalBalances;
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
