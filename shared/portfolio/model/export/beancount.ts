/** The ledger as a beancount journal (version 2 and 3), which `bean-check` finds in order. */
import { addDays, parseDay, type CalendarDay } from '#shared/kernel/calendar-day.ts';
import { Decimal } from '#shared/kernel/decimal.ts';
import type { Isin } from '#shared/kernel/isin.ts';
import type { PostedLine } from '../booking.ts';
import type { Book } from '../book.ts';
import type { LedgerAccount, Posting } from '../posting.ts';
import { cashIn } from '../foreign-cash.ts';
import {
  currenciesOf,
  journalOf,
  narration,
  type Journal,
  type JournalLot,
  type JournalTransaction,
} from './journal.ts';

const names: Record<Exclude<LedgerAccount, 'assets:securities'>, string> = {
  'assets:cash': 'Assets:Cash',
  'equity:deposits': 'Equity:Deposits',
  'equity:transfers': 'Equity:Transfers',
  'equity:conversions': 'Equity:Conversions',
  'equity:adjustments': 'Equity:Adjustments',
  'income:dividends': 'Income:Dividends',
  'income:interest': 'Income:Interest',
  'income:gains': 'Income:Gains',
  'expenses:fees': 'Expenses:Fees',
  'expenses:tax': 'Expenses:Tax',
};

const EPOCH = parseDay('1970-01-01');

export function beancountText(posted: readonly PostedLine[], book: Book): string {
  const journal = journalOf(posted);
  const first = journal.transactions[0]?.day ?? EPOCH;
  return [
    `option "title" ${quoted(`Arduino Trader, account ${book.accountId}`)}`,
    `option "operating_currency" "${book.currency}"`,
    '',
    ...opened(journal, first, book),
    '',
    ...journal.transactions.flatMap(transactionText),
    ...balances(journal, book),
    '',
  ].join('\n');
}

function opened(journal: Journal, first: CalendarDay, book: Book): string[] {
  const currencies = currenciesOf(journal, book).join(',');
  const isins = new Set(
    journal.transactions.flatMap(({ lots }) =>
      lots.flatMap(({ before, after }) => (before ?? after)?.isin ?? []),
    ),
  );
  return [
    ...Object.values(names).map((name) => `${first} open ${name} ${currencies}`),
    ...[...isins].map((isin) => `${first} open ${securities(isin)} ${isin} "STRICT"`),
  ];
}

function transactionText({ line, day, lots, others }: JournalTransaction): string[] {
  return [
    `${day} * ${quoted(narration(line))}`,
    `  line: ${quoted(line.id)}`,
    ...(line.source === undefined ? [] : [`  source: ${quoted(line.source)}`]),
    ...lots.flatMap(({ before, after }) => [
      ...(before ? [lotText(before, '-')] : []),
      ...(after ? [lotText(after, '')] : []),
    ]),
    ...others.map(postingText),
    '',
  ];
}

function lotText({ isin, lotId, day, quantity, cost }: JournalLot, sign: '-' | ''): string {
  const label = `${day}, ${quoted(lotId)}`;
  const price =
    sign === '-' ? `{${label}}` : `{{${cost.amount.toString()} ${cost.currency}, ${label}}}`;
  return `  ${securities(isin)}  ${sign}${quantity.toString()} ${isin} ${price}`;
}

function postingText({ account, amount }: Posting): string {
  const name = account === 'assets:securities' ? account : names[account];
  return `  ${name}  ${amount.amount.toString()} ${amount.currency}`;
}

/** What beancount shall find at the end of the last day. */
function balances(journal: Journal, book: Book): string[] {
  const { lots, lastDay } = journal;
  if (lastDay === undefined) return [];
  const day = addDays(lastDay, 1);
  const held = new Map<Isin, Decimal>();
  for (const { isin, quantity } of lots)
    held.set(isin, (held.get(isin) ?? Decimal.zero).add(quantity));
  return [
    ...currenciesOf(journal, book).map(
      (currency) =>
        `${day} balance ${names['assets:cash']}  ${cashIn(book, currency).amount.toString()} ${currency}`,
    ),
    ...[...held].map(
      ([isin, quantity]) =>
        `${day} balance ${securities(isin)}  ${quantity.normalize().toString()} ${isin}`,
    ),
  ];
}

function securities(isin: Isin): string {
  return `Assets:Securities:${isin}`;
}

function quoted(text: string): string {
  return `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
}
