/** Storage format of book, ledger and valuations, with strict decoding. */
import * as z from 'zod';
import type { AccountId } from '#shared/kernel/identifiers.ts';
import {
  decode,
  encode,
  storedClosedLots,
  storedCurrency,
  storedDay,
  storedDecimal,
  storedInstant,
  storedIsin,
  storedMoney,
  storedPrice,
} from '#shared/redis/codec.ts';
import { dataCorrupt } from '#shared/kernel/failure.ts';
import { shortHash } from '#shared/kernel/hash.ts';
import { GrowingSet } from '#shared/kernel/collections/growing-set.ts';
import type { Book, Holding, LedgerEntry } from './model/book.ts';
import { lotMethods } from './model/lots.ts';
import { ledgerAccounts, type Posting } from './model/posting.ts';
import type { DayValuation } from './model/valuation.ts';

const lot = z.strictObject({
  lotId: z.string(),
  quantity: storedDecimal,
  unitCost: storedPrice,
  cost: storedMoney,
  acquiredAt: storedInstant,
});

const holding = z.strictObject({
  isin: storedIsin,
  symbol: z.string(),
  lots: z.array(lot).readonly(),
  realized: storedMoney,
  closedAt: storedInstant.optional(),
});

const restoredLots = z.strictObject({
  ...{ isin: storedIsin, symbol: z.string(), made: z.array(z.string()).readonly() },
  ...{ lots: z.array(lot).readonly(), change: storedDecimal, gain: storedMoney },
});

/** A book, its maps and sets as lists. */
export const bookRecord = z.strictObject({
  currency: storedCurrency,
  cash: storedMoney,
  holdings: z.array(holding).readonly(),
  booked: z.array(z.string()).readonly(),
  pendingDeposits: storedMoney,
  pendingWithdrawals: storedMoney,
  foreignCash: z.array(storedMoney).readonly().optional(),
  awaitedCharges: z.array(storedMoney).readonly().optional(),
  /** Of books from before `foreignCash`: balances that no line of the ledger explains. Not read. */
  otherCash: z.unknown().optional(),
  coversThrough: storedInstant.optional(),
  syncedAt: storedInstant.optional(),
  /** Of what no line of the ledger explains (`statedHash`); absent in books from before it was kept. */
  stated: z.string().optional(),
  /** The last line of the ledger; absent until the first is appended to the chain. */
  ledger: z.strictObject({ lines: z.number(), hash: z.string() }).optional(),
});

export type BookRecord = z.infer<typeof bookRecord>;

const ledgerLine = z.strictObject({
  id: z.string(),
  kind: z.enum([
    'buy',
    'sell',
    'deposit',
    'withdrawal',
    'dividend',
    'tax',
    'interest',
    'conversion',
    'fee',
    'transfer-in',
    'transfer-out',
    'external-in',
    'external-out',
    'external-cash',
    'charges',
    'rounding',
    'split',
    'stock-dividend',
    'spin-off',
    'merger',
    'rename',
    'delisting',
    'cash-in-lieu',
  ]),
  isin: storedIsin.optional(),
  symbol: z.string().optional(),
  quantity: storedDecimal.optional(),
  price: storedPrice.optional(),
  exchangeRate: storedDecimal.optional(),
  heldQuantity: storedDecimal.optional(),
  newShares: storedDecimal.optional(),
  oldShares: storedDecimal.optional(),
  newIsin: storedIsin.optional(),
  newSymbol: z.string().optional(),
  costRatio: storedDecimal.optional(),
  lotMethod: z.enum(lotMethods).optional(),
  lotIds: z.array(z.string()).readonly().optional(),
  closedLots: storedClosedLots.optional(),
  cash: storedMoney,
  charges: storedMoney.optional(),
  source: z.string().optional(),
  reverses: z.string().optional(),
  restores: z.array(restoredLots).readonly().optional(),
  acquiredAt: storedInstant.optional(),
  note: z.string().optional(),
  happenedAt: storedInstant,
  recordedAt: storedInstant,
});

const posting = z.strictObject({
  account: z.enum(ledgerAccounts),
  amount: storedMoney,
  isin: storedIsin.optional(),
  lotId: z.string().optional(),
  quantity: storedDecimal.optional(),
}) satisfies z.ZodType<Posting>;

/** A line with its place in the chain; those written before there was one have no more than `line`. */
export const ledgerRecord = z.strictObject({
  line: ledgerLine,
  postings: z.array(posting).readonly(),
  sequence: z.number(),
  /** Hash of the line before. */
  previous: z.string(),
});

/** Only the line, for whoever has no use for its postings. */
const ledgerRecordLine = z.object({ line: ledgerLine });

export function lineOf(json: string, isChained: boolean, key: string): LedgerEntry {
  return isChained ? decode(ledgerRecordLine, json, key).line : decode(ledgerLine, json, key);
}

const valuationRecord = z.strictObject({
  day: storedDay,
  total: storedMoney,
  cash: storedMoney,
  cost: storedMoney,
  positions: z.number(),
  recordedAt: storedInstant,
  /** Of the rest; absent in those from before it was kept. */
  hash: z.string().optional(),
});

export function valuationText(valuation: DayValuation): string {
  return encode({ ...valuation, hash: shortHash(valuation) });
}

/** @throws Failure DATA_CORRUPT for a value that is not what was put on record for the day */
export function valuationOf(text: string, day: string, key: string): DayValuation {
  const { hash, ...valuation } = decode(valuationRecord, text, `${key} ${day}`);
  if (valuation.day !== day || (hash !== undefined && hash !== shortHash(valuation)))
    throw dataCorrupt(`${key} ${day}`, 'it is not what was stored');
  return valuation;
}

/** Of what the book has from the broker's statement alone: a ledger does not make it. */
export function statedHash(book: Pick<Book, (typeof stated)[number]>): string {
  return shortHash(Object.fromEntries(stated.map((name) => [name, book[name] ?? null])));
}

const stated = ['pendingDeposits', 'pendingWithdrawals', 'coversThrough', 'syncedAt'] as const;

/** A record that stays in memory is opened once. */
const opened = new WeakMap<BookRecord, Book>();

export function bookOf(record: BookRecord, accountId: AccountId): Book {
  const known = opened.get(record);
  if (known?.accountId === accountId) return known;
  const book = openBook(record, accountId);
  opened.set(record, book);
  return book;
}

function openBook(
  { ledger: _head, stated: _hash, otherCash: _unbooked, ...record }: BookRecord,
  accountId: AccountId,
): Book {
  const holdings = record.holdings.map((h): [Holding['isin'], Holding] => [h.isin, h]);
  return {
    accountId,
    ...record,
    syncedAt: record.syncedAt,
    holdings: new Map(holdings),
    booked: GrowingSet.of(record.booked),
  };
}

export function recordOf(book: Book, ledger?: BookRecord['ledger']): BookRecord {
  const { accountId: _named, ...rest } = book;
  const record = {
    ...rest,
    holdings: [...book.holdings.values()],
    booked: book.booked.values(),
    stated: statedHash(book),
    ...(ledger && { ledger }),
  };
  opened.set(record, book);
  return record;
}
