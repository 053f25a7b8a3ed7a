/** The ledger as an hledger journal, which `hledger check` finds in order. */
import { minorDigits, type Currency } from '#shared/kernel/currency.ts';
import type { PostedLine } from '../booking.ts';
import type { Book } from '../book.ts';
import type { Posting } from '../posting.ts';
import {
  currenciesOf,
  journalOf,
  narration,
  type JournalLot,
  type JournalTransaction,
} from './journal.ts';

export function hledgerText(posted: readonly PostedLine[], book: Book): string {
  const journal = journalOf(posted);
  const { transactions } = journal;
  const accounts = new Set(
    transactions.flatMap(({ lots, others }) => [
      ...others.map(({ account }): string => account),
      ...lots.flatMap(({ before, after }) =>
        [before, after].flatMap((lot) => (lot ? [named(lot)] : [])),
      ),
    ]),
  );
  const isins = new Set(
    transactions.flatMap(({ lots }) =>
      lots.flatMap(({ before, after }) => (before ?? after)?.isin ?? []),
    ),
  );
  return [
    `; Arduino Trader, account ${book.accountId}`,
    ...currenciesOf(journal, book).map(commodity),
    ...[...isins].map((isin) => `commodity 1000.000000000 "${isin}"`),
    ...[...accounts].sort().map((account) => `account ${account}`),
    '',
    ...transactions.flatMap(transactionText),
  ].join('\n');
}

/** A number without a point must still show where decimals would be. */
function commodity(currency: Currency): string {
  return `commodity 1000.${'0'.repeat(minorDigits(currency))} ${currency}`;
}

function transactionText({ line, day, lots, others }: JournalTransaction): string[] {
  const source = line.source === undefined ? [] : [`    ; source: ${line.source}`];
  return [
    `${day} * ${plain(narration(line))}`,
    `    ; line: ${line.id}`,
    ...source,
    ...lots.flatMap(({ before, after }) => [
      ...(before ? [lotText(before, '-')] : []),
      ...(after ? [lotText(after, '')] : []),
    ]),
    ...others.map(postingText),
    '',
  ];
}

/** The sign of the total cost follows that of the quantity. */
function lotText(lot: JournalLot, sign: '-' | ''): string {
  const { isin, quantity, cost } = lot;
  const cent = cost.amount.toString();
  return `    ${named(lot)}  ${sign}${quantity.toString()} "${isin}" @@ ${cent} ${cost.currency}  ; lot: ${lot.lotId}`;
}

function postingText({ account, amount }: Posting): string {
  return `    ${account}  ${amount.amount.toString()} ${amount.currency}`;
}

function named({ isin }: JournalLot): string {
  return `assets:securities:${isin}`;
}

/** A semicolon begins a comment, and a bar parts the payee. */
function plain(text: string): string {
  return text.replace(/[;|]/g, ' ');
}
