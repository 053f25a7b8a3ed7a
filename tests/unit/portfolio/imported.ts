/** What the import of a text would book into an empty account in EUR. */
import { Decimal } from '#shared/kernel/decimal.ts';
import { DEFAULT_ACCOUNT } from '#shared/kernel/identifiers.ts';
import { instantOf } from '#shared/kernel/instant.ts';
import type { Isin } from '#shared/kernel/isin.ts';
import { importPlan, type ImportPlan } from '#shared/portfolio/import/import-plan.ts';
import { readImport } from '#shared/portfolio/import/read-import.ts';
import type { LedgerEntry } from '#shared/portfolio/model/book.ts';
import { emptyBook } from '#shared/portfolio/model/booking.ts';
import { flowLine } from '#shared/portfolio/model/ledger-lines.ts';
import { EUR } from './lines.ts';

export const AAPL = 'US0378331005';
export const empty = emptyBook(DEFAULT_ACCOUNT, EUR);
const rates: Readonly<Record<string, string>> = { USD: '0.9', GBP: '1.15' };
const around = {
  ...{ book: empty, bookedActions: [], declared: [] },
  now: instantOf(Date.parse('2026-04-01T12:00:00Z')),
  isinOf: (symbol: string) => (symbol.toUpperCase() === 'AAPL' ? (AAPL as Isin) : undefined),
  rateOf: (currency: string) => {
    const rate = rates[currency];
    return rate === undefined ? undefined : Decimal.parse(rate);
  },
};

export const planOf = (
  content: string,
  book = empty,
  ledger: readonly LedgerEntry[] = [],
): ImportPlan => {
  const lines = new Map(ledger.map((line) => [line.id, line]));
  return importPlan(readImport(content), { ...around, book, lineOf: (id) => lines.get(id) });
};

/** A ledger with what plans book, in their order. */
export const linesOf = (...plans: readonly ImportPlan[]): LedgerEntry[] =>
  plans.flatMap(({ movements }) =>
    movements.map((one) =>
      flowLine({ ...one, happenedAt: one.happenedAt ?? instantOf(0) }, one.symbol, instantOf(0)),
    ),
  );

/** What is booked, in short: kind, ISIN, shares, cash, charges. */
export const shortly = ({ movements }: ImportPlan) =>
  movements.map(({ kind, isin, quantity, amount, charges }) =>
    [
      kind,
      ...(isin ? [isin] : []),
      ...(quantity ? [quantity.toString()] : []),
      amount.amount.toString(),
      ...(charges ? [`(${charges.amount})`] : []),
    ].join(' '),
  );

export const reasons = ({ left }: ImportPlan) =>
  left.map(({ line, reason }) => `${line}: ${reason}`);
