/** `trader verify`: checks an account's ledger, its book, the broker's statement, and the audit. */
import type { Command } from 'commander';
import { gateway } from '#shared/contract/gateway.ts';
import { portfolio } from '#shared/contract/portfolio.ts';
import type { AuditChain } from '#protos/gen/gateway.ts';
import type { LedgerFinding } from '#protos/gen/portfolio.ts';
import { commandExitCodes } from '../../command-exit-codes.ts';
import { openInstallation } from '../../gateway-client.ts';
import { output } from '../../output.ts';

interface Options {
  readonly account: string;
  readonly broker: boolean;
  readonly json?: boolean;
}

const ANSWER_MS_MAX = 60_000;

export function verify(trader: Command): void {
  trader
    .command('verify')
    .description(
      "checks the ledger's chain, its balances, the book, the broker's statement, and the audit",
    )
    .option('--account <id>', 'another account than the default one', '')
    .option('--no-broker', "leaves the broker's statement out")
    .option('--json', 'writes one JSON document')
    .action(run);
}

async function run(options: Options): Promise<void> {
  const { account, broker } = options;
  const ask = openInstallation(ANSWER_MS_MAX);
  const request = { accountId: account, withoutBroker: !broker };
  const answer = await ask(portfolio.verifyLedger, request);
  const { chain: audit } = await ask(gateway.listAudit, { verify: true, limit: 1 });
  const isCorrect = answer.correct && audit?.correct !== false;
  output(options, { ...answer, correct: isCorrect, audit }, [
    `${answer.lines} lines, the last with the hash ${answer.headHash}.`,
    ...answer.findings.map(sentence),
    ...(audit ? [auditText(audit)] : []),
    isCorrect ? 'All is in order.' : 'Not in order.',
  ]);
  process.exitCode = isCorrect ? commandExitCodes.ok : commandExitCodes.failed;
}

function sentence({ check, sequence, lineId, message }: LedgerFinding): string {
  if (sequence === 0) return `${check}: ${message}`;
  return `${check}: line ${sequence}${lineId ? ` (${lineId})` : ''}: ${message}`;
}

function auditText({ correct, lines, headHash, sequence, message }: AuditChain): string {
  if (correct) return `Audit: ${lines} lines, the last with the hash ${headHash || 'of none'}.`;
  return sequence === 0 ? `audit: ${message}` : `audit: line ${sequence}: ${message}`;
}
