/** `trader status`: the state of the system in a few lines, and as an exit code. */
import type { Command } from 'commander';
import { gateway } from '#shared/contract/gateway.ts';
import { openInstallation } from '../../gateway-client.ts';
import { statusExitCode, statusText } from '../../overview-text.ts';
import { output, type OutputOptions } from '../../output.ts';

interface Options extends OutputOptions {
  readonly account: string;
}

export const ANSWER_MS_MAX = 30_000;

export function status(trader: Command): void {
  trader
    .command('status')
    .description('says how things stand, and whether something needs you')
    .option('--account <id>', 'another account than the default one', '')
    .option('--json', 'writes one JSON document')
    .action(run);
}

async function run(options: Options): Promise<void> {
  const ask = openInstallation(ANSWER_MS_MAX);
  const overview = await ask(gateway.getOverview, { accountId: options.account });
  output(options, overview, statusText(overview));
  process.exitCode = statusExitCode(overview);
}
