/** `trader reconcile`: what differs between book and broker since the start, and accepting it by its digest. */
import type { Command } from 'commander';
import type { GetTradingStateResponse, OpenReconciliation } from '#protos/gen/trading.ts';
import { trading } from '#shared/contract/trading.ts';
import { commandExitCodes } from '../../command-exit-codes.ts';
import { openInstallation } from '../../gateway-client.ts';
import { output, type OutputOptions } from '../../output.ts';

interface Options extends OutputOptions {
  readonly account: string;
  readonly accept?: string;
  readonly reason?: string;
}

const ANSWER_MS_MAX = 60_000;

export function reconcile(trader: Command): void {
  trader
    .command('reconcile')
    .description('shows what differs between book and broker since the start, or takes it over')
    .option('--account <id>', 'another account than the default one', '')
    .option('--accept <digest>', 'takes over the differences of this digest')
    .option('--reason <text>', 'why, for the record; needed to take them over')
    .option('--json', 'writes one JSON document')
    .action(run);
}

async function run(options: Options): Promise<void> {
  const ask = openInstallation(ANSWER_MS_MAX);
  const { account: accountId, accept: digest, reason = '' } = options;
  if (digest === undefined) return show(options, await ask(trading.getTradingState, {}));
  const answer = await ask(trading.confirmReconciliation, { accountId, digest, reason });
  output(options, answer, [answer.message]);
}

/** Exit code: refused while anything is open. */
function show(options: Options, { reconciliations }: GetTradingStateResponse): void {
  const lines = reconciliations.flatMap(linesOf);
  output(
    options,
    { reconciliations },
    lines.length > 0 ? lines : ['✓ No difference from the broker stops trading.'],
  );
  if (lines.length > 0) process.exitCode = commandExitCodes.refused;
}

function linesOf({ accountId, digest, differences }: OpenReconciliation): string[] {
  return [
    `■ The account ${accountId} differs from its broker; nothing is sent.`,
    ...differences.flatMap(({ message, action }) => [`  ${message}`, `    ${action}`]),
    `  Take it over: trader reconcile --account ${accountId} --accept ${digest} --reason "…"`,
  ];
}
