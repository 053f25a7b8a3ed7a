/** `trader export`: writes an account's ledger as csv, beancount or hledger. */
import { writeFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { portfolio } from '#shared/contract/portfolio.ts';
import { fromCallerFolder } from '../../caller-folder.ts';
import { openInstallation } from '../../gateway-client.ts';

interface Options {
  readonly account: string;
  readonly format: string;
  readonly output?: string;
}

const ANSWER_MS_MAX = 60_000;

export function exportLedger(trader: Command): void {
  trader
    .command('export')
    .description('writes the ledger in double entry')
    .option('--format <format>', 'csv, beancount or hledger', 'csv')
    .option('--account <id>', 'another account than the default one', '')
    .option('-o, --output <file>', 'a file; without it, stdout')
    .action(run);
}

async function run({ account, format, output }: Options): Promise<void> {
  const ask = openInstallation(ANSWER_MS_MAX);
  const { content, lines } = await ask(portfolio.exportLedger, { accountId: account, format });
  if (output === undefined) {
    process.stdout.write(content);
    return;
  }
  const path = fromCallerFolder(output);
  await writeFile(path, content);
  process.stdout.write(`Wrote ${lines} lines of the ledger to ${path}.\n`);
}
