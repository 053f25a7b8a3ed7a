/** `trader deposit`, `withdraw`, `interest`, `fee`, `dividend`, `tax`, `transfer-in`, `transfer-out`, `reverse`. */
import { randomUUID } from 'node:crypto';
import type { Command } from 'commander';
import { gateway } from '#shared/contract/gateway.ts';
import { portfolio } from '#shared/contract/portfolio.ts';
import { openInstallation, type Ask } from '../../gateway-client.ts';
import { output, type OutputOptions } from '../../output.ts';
import { isinOf } from '#shared/universe/security-name.ts';

interface Options extends OutputOptions {
  readonly account: string;
  readonly currency: string;
  readonly day: string;
  readonly note: string;
  readonly key: string;
  readonly security?: string;
  readonly price?: string;
  readonly priceCurrency: string;
  readonly invest?: boolean;
}

const ANSWER_MS_MAX = 120_000;
const cashKinds = {
  withdraw: ['withdrawal', 'books a withdrawal'],
  interest: ['interest', 'books interest received, or paid where the amount is negative'],
  fee: ['fee', 'books a fee'],
  dividend: ['dividend', 'books a dividend, gross'],
  tax: ['tax', 'books a tax, or a refund where the amount is negative'],
} as const;

export function movements(trader: Command): void {
  shared(trader.command('deposit'))
    .description('books a deposit; at a real broker it is awaited')
    .argument('<amount>', 'as 500 or 500.25')
    .option('--invest', 'starts a cycle that invests it')
    .action(deposit);
  for (const [name, [kind, description]] of Object.entries(cashKinds))
    shared(trader.command(name))
      .description(description)
      .argument('<amount>', 'as 500 or 500.25')
      .option('--security <name>', 'ISIN or symbol it is about')
      .action((amount: string, options: Options) => cash(kind, amount, options));
  for (const kind of ['transfer-in', 'transfer-out'])
    shared(trader.command(kind))
      .description(
        kind === 'transfer-in' ? 'books shares delivered in' : 'books shares delivered out',
      )
      .argument('<security>', 'ISIN or symbol')
      .argument('<quantity>', 'shares')
      .option('--price <price>', 'paid for each share; the latest close without it')
      .option('--price-currency <code>', 'of the price', 'EUR')
      .action((security: string, quantity: string, options: Options) =>
        transfer(kind, security, quantity, options),
      );
  trader
    .command('reverse')
    .description('undoes a booked movement, or a whole import, by its opposite; both stay')
    .argument('<line>', 'id of the line, as export shows it, or of the import')
    .argument('<reason>', 'why')
    .option('--account <id>', 'another account than the default one', '')
    .option('--json', 'writes one JSON document')
    .action(reverse);
}

function shared(command: Command): Command {
  return command
    .option('--account <id>', 'another account than the default one', '')
    .option('--currency <code>', 'of the amount', 'EUR')
    .option('--day <day>', 'YYYY-MM-DD; today without it', '')
    .option('--note <text>', 'for a person', '')
    .option('--key <key>', 'the same key books once', '')
    .option('--json', 'writes one JSON document');
}

async function deposit(amount: string, options: Options): Promise<void> {
  const { account: accountId, currency, invest = false, key, day, note } = options;
  if (day || note) return cash('deposit', amount, options);
  const request = { accountId, amount: { amount, currency }, autoInvest: invest };
  const answer = await keyed(key)(gateway.processDeposit, request);
  printResult(options, answer, answer.transactionId, answer.newCashBalance);
}

async function cash(kind: string, amount: string, options: Options): Promise<void> {
  const { account: accountId, currency, day, note, key, security } = options;
  const ask = openInstallation(ANSWER_MS_MAX);
  const isin = security === undefined ? '' : await isinOf(ask, security);
  const request = { accountId, kind, amount: { amount, currency }, day, note, isin };
  const answer = await keyed(key)(portfolio.bookMovement, request);
  printResult(options, answer, answer.lineId, answer.cashBalance);
}

async function transfer(kind: string, security: string, quantity: string, options: Options) {
  const { account: accountId, day, note, key, price, priceCurrency } = options;
  const isin = await isinOf(openInstallation(ANSWER_MS_MAX), security);
  const request = {
    ...{ accountId, kind, isin, quantity, day, note },
    ...(price !== undefined && { price: { amount: price, currency: priceCurrency } }),
  };
  const answer = await keyed(key)(portfolio.bookMovement, request);
  printResult(options, answer, answer.lineId, answer.cashBalance);
}

async function reverse(lineId: string, reason: string, options: Options) {
  const { account: accountId } = options;
  const answer = await keyed('')(portfolio.reverseMovement, { accountId, lineId, reason });
  printResult(options, answer, answer.lineId, answer.cashBalance);
}

/** Books once for a key; without one, each command books anew. */
function keyed(key: string): Ask {
  const ask = openInstallation(ANSWER_MS_MAX);
  return (operation, request) => ask(operation, request, { idempotencyKey: key || randomUUID() });
}

function printResult(
  options: Options,
  answer: { readonly message: string },
  id: string,
  balance: { readonly amount: string; readonly currency: string } | undefined,
): void {
  const cashText = balance ? ` Cash is ${balance.currency} ${balance.amount}.` : '';
  output(options, answer, [`${answer.message} (${id})${cashText}`]);
}
