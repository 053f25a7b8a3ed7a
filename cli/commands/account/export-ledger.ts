/** `trader export`: writes an account's ledger as csv, beancount or hledger. */
import type { Command } from 'commander';
import { portfolio } from '#shared/contract/portfolio.ts';
import { openInstallation } from '../../gateway-client.ts';
import { writeText } from '../../output.ts';

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
  await writeText(output, content, `${lines} lines of the ledger`);
}
