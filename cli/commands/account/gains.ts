/** `trader gains`: realised gains and income by tax year, for the owner and the tax adviser. */
import type { Command } from 'commander';
import { portfolio } from '#shared/contract/portfolio.ts';
import { openInstallation } from '../../gateway-client.ts';
import { writeText } from '../../output.ts';
import { gainsCsv, gainsText } from './gains-text.ts';

interface Options {
  readonly account: string;
  readonly year: string;
  readonly csv?: string | true;
  readonly json?: boolean;
}

const ANSWER_MS_MAX = 60_000;

export function gains(trader: Command): void {
  trader
    .command('gains')
    .description('realised gains and income by tax year')
    .option('--year <year>', 'the year in which the tax year began', '0')
    .option('--account <id>', 'another account than the default one', '')
    .option('--csv [file]', 'each lot and payment as a line, to stdout or a file')
    .option('--json', 'writes one JSON document')
    .action(run);
}

async function run({ account, year, csv, json }: Options): Promise<void> {
  const ask = openInstallation(ANSWER_MS_MAX);
  const answer = await ask(portfolio.getGains, { accountId: account, taxYear: year });
  const file = typeof csv === 'string' ? csv : undefined;
  const what = `${answer.lots.length} lots and ${answer.income.length} payments`;
  if (csv) await writeText(file, gainsCsv(answer), what);
  else if (json) process.stdout.write(`${JSON.stringify(answer, null, 2)}\n`);
  else process.stdout.write(`${gainsText(answer).join('\n')}\n`);
}
