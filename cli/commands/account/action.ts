/** `trader action`: declares a corporate action, or answers a suspected split; `trader actions` lists them. */
import type { Command } from 'commander';
import { universe } from '#shared/contract/universe.ts';
import { invalidRequest } from '#shared/kernel/failure.ts';
import type { CorporateAction } from '#protos/gen/universe.ts';
import { commandExitCodes } from '../../command-exit-codes.ts';
import { openInstallation } from '../../gateway-client.ts';
import { output, type OutputOptions } from '../../output.ts';
import { isinOf } from '#shared/universe/security-name.ts';

interface Options extends OutputOptions {
  readonly date: string;
  readonly payDate: string;
  readonly ratio?: string;
  readonly amount?: string;
  readonly currency: string;
  readonly taxRatio: string;
  readonly newIsin: string;
  readonly newSymbol: string;
  readonly costRatio: string;
  readonly fractionPrice?: string;
  readonly id: string;
}

const ANSWER_MS_MAX = 60_000;

export function action(trader: Command): void {
  trader
    .command('action')
    .description('declares a corporate action, or that a suspected split was none')
    .argument(
      '<kind>',
      'split, dividend, stock-dividend, spin-off, merger, rename, delisting, no-split',
    )
    .argument('<security>', 'ISIN or symbol')
    .requiredOption('--date <day>', 'ex-date, YYYY-MM-DD')
    .option(
      '--ratio <ratio>',
      'shares after for those before, 4:1; of a stock dividend, new for old',
    )
    .option('--amount <amount>', 'cash a share')
    .option('--currency <code>', 'of amounts', 'EUR')
    .option('--pay-date <day>', 'when cash is paid', '')
    .option('--tax-ratio <ratio>', 'withheld, as 0.15', '')
    .option('--new-isin <isin>', 'of the new security', '')
    .option('--new-symbol <symbol>', 'of the new security', '')
    .option('--cost-ratio <ratio>', 'share of the cost that moves, as 0.18', '')
    .option('--fraction-price <price>', 'paid for a whole new share where a fraction is left')
    .option('--id <id>', 'a name for it', '')
    .option('--json', 'writes one JSON document')
    .action(declare);
  trader
    .command('actions')
    .description('lists declared corporate actions')
    .argument('[security]', 'ISIN or symbol; all without it')
    .option('--json', 'writes one JSON document')
    .action(list);
}

async function declare(kind: string, security: string, options: Options): Promise<void> {
  const ask = openInstallation(ANSWER_MS_MAX);
  const isin = await isinOf(ask, security);
  const money = (amount: string | undefined) =>
    amount === undefined ? undefined : { amount, currency: options.currency };
  const {
    success,
    message,
    action: stored,
  } = await ask(universe.recordCorporateAction, {
    action: {
      ...{ kind, isin, day: options.date, payDay: options.payDate, actionId: options.id },
      ...sharesOf(options.ratio),
      ...{ amount: money(options.amount), fractionPrice: money(options.fractionPrice) },
      ...{ taxRatio: options.taxRatio, costRatio: options.costRatio },
      ...{ newIsin: options.newIsin, newSymbol: options.newSymbol },
    },
  });
  const lines = [message, ...(stored ? [line(stored)] : [])];
  output(options, { success, message, action: stored }, lines);
  process.exitCode = success ? commandExitCodes.ok : commandExitCodes.wrongInput;
}

function sharesOf(ratio: string | undefined): { newShares?: string; oldShares?: string } {
  if (ratio === undefined) return {};
  const match = /^(\d+(?:\.\d+)?)[:/](\d+(?:\.\d+)?)$/.exec(ratio);
  if (!match) throw invalidRequest({ field: '--ratio', message: `"${ratio}" is not like 4:1` });
  const [, newShares = '', oldShares = ''] = match;
  return { newShares, oldShares };
}

async function list(security: string | undefined, options: OutputOptions): Promise<void> {
  const ask = openInstallation(ANSWER_MS_MAX);
  const isin = security === undefined ? '' : await isinOf(ask, security);
  const { actions } = await ask(universe.listCorporateActions, { isin });
  const lines = actions.length === 0 ? ['None are declared.'] : actions.map(line);
  output(options, { actions }, lines);
}

function line(one: CorporateAction): string {
  const { day, kind, isin, newShares, oldShares, amount, newIsin, newSymbol, source } = one;
  const ratio = newShares && `${newShares}:${oldShares}`;
  const cash = amount && `${amount.currency} ${amount.amount} a share`;
  return [day, kind, isin, ratio, cash, newIsin, newSymbol, `(${source})`]
    .filter(Boolean)
    .join(' ');
}
