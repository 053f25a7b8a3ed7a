/** How book, ledger and valuations are stored, and read back strictly. */
import { z } from 'zod';
import type { AccountId } from '#shared/kernel/identifiers.ts';
import {
  storedCurrency,
  storedDay,
  storedDecimal,
  storedInstant,
  storedIsin,
  storedMoney,
  storedPrice,
} from '#shared/redis/codec.ts';
import type { Book, Holding, LedgerEntry } from './model/book.ts';
import { lotMethods } from './model/lots.ts';
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

/** A book, its maps and sets as lists. */
export const bookRecord = z.strictObject({
  currency: storedCurrency,
  cash: storedMoney,
  holdings: z.array(holding).readonly(),
  booked: z.array(z.string()).readonly(),
  pendingDeposits: storedMoney,
  pendingWithdrawals: storedMoney,
  syncedAt: storedInstant.optional(),
});

export type BookRecord = z.infer<typeof bookRecord>;

export const ledgerRecord = z.strictObject({
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
  ]),
  isin: storedIsin.optional(),
  symbol: z.string().optional(),
  quantity: storedDecimal.optional(),
  price: storedPrice.optional(),
  exchangeRate: storedDecimal.optional(),
  lotMethod: z.enum(lotMethods).optional(),
  lotIds: z.array(z.string()).readonly().optional(),
  cash: storedMoney,
  happenedAt: storedInstant,
  recordedAt: storedInstant,
}) satisfies z.ZodType<LedgerEntry>;

export const valuationRecord = z.strictObject({
  day: storedDay,
  total: storedMoney,
  cash: storedMoney,
  cost: storedMoney,
  positions: z.number(),
  recordedAt: storedInstant,
}) satisfies z.ZodType<DayValuation>;

export function bookOf(record: BookRecord, accountId: AccountId): Book {
  const holdings = record.holdings.map((h): [Holding['isin'], Holding] => [h.isin, h]);
  return {
    accountId,
    ...record,
    syncedAt: record.syncedAt,
    holdings: new Map(holdings),
    booked: new Set(record.booked),
  };
}

export function recordOf({ accountId: _named, ...book }: Book): BookRecord {
  return { ...book, holdings: [...book.holdings.values()], booked: [...book.booked] };
}
