/** `trader import`: shows what a file of transactions would book; `--apply` books it. */
import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { decodeText } from '#shared/clients/market-data/csv/format/csv-text.ts';
import { portfolio } from '#shared/contract/portfolio.ts';
import { invalidRequest } from '#shared/kernel/failure.ts';
import { fromCallerFolder } from '../../caller-folder.ts';
import { commandExitCodes } from '../../command-exit-codes.ts';
import { openInstallation } from '../../gateway-client.ts';

interface Options {
  readonly account: string;
  readonly apply?: boolean;
  readonly json?: boolean;
}

const ANSWER_MS_MAX = 300_000;

export function importFile(trader: Command): void {
  trader
    .command('import')
    .description('shows what a file of transactions would book')
    .argument('<file>', 'an export of a broker, or the plain csv that docs/use/import.md describes')
    .option('--apply', 'books it, each row once')
    .option('--account <id>', 'another account than the default one', '')
    .option('--json', 'writes one JSON document')
    .action(run);
}

async function run(file: string, { account, apply = false, json }: Options): Promise<void> {
  const path = fromCallerFolder(file);
  const bytes = await readFile(path).catch(() => {
    throw invalidRequest({ field: 'file', message: `${path} cannot be read` });
  });
  const content = decodeText(bytes);
  const answer = await openInstallation(ANSWER_MS_MAX)(
    portfolio.importTransactions,
    { accountId: account, content, apply },
    { idempotencyKey: randomUUID() },
  );
  const text = json ? JSON.stringify(answer, null, 2) : linesOf(answer).join('\n');
  process.stdout.write(`${text}\n`);
  process.exitCode = answer.leftRows.length === 0 ? commandExitCodes.ok : commandExitCodes.failed;
}

type Answer = NonNullable<(typeof portfolio.importTransactions)['response']>;

function linesOf(answer: Answer): string[] {
  const { format, applied, newMovements, knownRows, leftRows, positions, actions, importId } =
    answer;
  const [before, after] = [answer.cashBefore, answer.cashAfter];
  return [
    `A file of ${format}: ${newMovements} movements are new, ${knownRows} rows were booked before.`,
    ...actions.map(actionLine),
    ...positions.map(
      ({ symbol, isin, quantityBefore, quantityAfter }) =>
        `${symbol || isin}: ${quantityBefore} -> ${quantityAfter} shares`,
    ),
    `Cash: ${before?.currency} ${before?.amount} -> ${after?.currency} ${after?.amount}`,
    ...leftRows.map(({ line, reason }) => `Line ${line} is left out: ${reason}`),
    applied
      ? `Booked as ${importId}; trader reverse ${importId} "why" undoes it.`
      : newMovements > 0
        ? 'Nothing is booked yet; --apply books it.'
        : 'Nothing to book.',
  ];
}

function actionLine(action: Answer['actions'][number]): string {
  const { day, kind, isin, symbol, sharesChange, newIsin, sharesReceived } = action;
  const own = Number(sharesChange) === 0 ? [] : [`${sharesChange} shares of ${symbol || isin}`];
  const other = newIsin && sharesReceived ? [`${sharesReceived} shares of ${newIsin}`] : [];
  return `${day} ${kind} of ${symbol || isin}: ${[...own, ...other].join(', ') || 'a new name'}`;
}
