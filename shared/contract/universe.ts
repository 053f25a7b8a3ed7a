/** Rows of the universe service: securities and their market data. */
import * as z from 'zod';
import { actionKinds } from '#shared/kernel/corporate-action.ts';
import type { UniverseServiceService } from '#protos/gen/universe.ts';
import {
  bool,
  int32,
  isin,
  limit,
  list,
  offset,
  optionalDay,
  optionalDecimal,
  optionalIsin,
  price,
  requiredDay,
  requiredWord,
  request,
  requiredText,
  symbol,
  text,
} from './fields.ts';
import { contract, usual, type QueuePolicy } from './row.ts';

/** `universe.CorporateAction`. */
const statedAction = z.strictObject({
  actionId: text(100),
  kind: requiredWord(actionKinds),
  isin,
  day: requiredDay,
  payDay: optionalDay,
  newShares: optionalDecimal,
  oldShares: optionalDecimal,
  amount: price,
  taxRatio: optionalDecimal,
  newIsin: optionalIsin,
  newSymbol: symbol,
  costRatio: optionalDecimal,
  fractionPrice: price,
  source: text(32),
});

const sha256 = z.string().regex(/^[0-9a-f]{64}$/, 'a SHA-256 in hexadecimal');
const priceFile = z.strictObject({
  name: requiredText(100).pipe(
    z.string().regex(/^[^/\\]+\.(?:csv|tsv|txt)$/i, 'the name of a CSV file, without a folder'),
  ),
  parts: list(sha256, 200),
});

const syncQueue: QueuePolicy = {
  concurrency: 1,
  attempts: 3,
  backoffMs: 2_000,
  joins: 'equal-request',
  caller: 'follows',
};

const sync = {
  get request() {
    return request({ isins: list(isin), forceRefresh: bool });
  },
  streams: true,
  effect: 'writes',
  timeoutMs: 600_000,
  needs: ['redis', 'prices'],
  weight: 'light',
  queue: syncQueue,
} as const;

export const universe = contract<typeof UniverseServiceService>()('universe', {
  getUniverse: {
    ...usual.read,
    summary: 'Lists the securities, by symbol.',
    get request() {
      return request({ tradableOnly: bool, sector: text(), exchange: text(), limit, offset });
    },
  },
  getSecurity: {
    ...usual.read,
    summary: 'Finds a security by ISIN, or by symbol where no ISIN is given.',
    get request() {
      return request({ isin: optionalIsin, symbol });
    },
  },
  searchSecurities: {
    ...usual.read,
    summary: 'Searches ISIN, symbol and name; prefixes first, without regard to case or accents.',
    get request() {
      return request({ query: requiredText(100), limit });
    },
  },
  syncPrices: {
    ...sync,
    summary: 'Fetches, checks and stores daily bars and exchange rates; streams progress.',
  },
  syncFundamentals: {
    ...sync,
    summary: 'Fetches and stores fundamentals; streams progress.',
  },
  getMarketData: {
    ...usual.read,
    summary: 'Answers daily bars, oldest first, and figures drawn from them.',
    get request() {
      return request({ isin, days: int32({ min: 0, max: 20_000 }) });
    },
  },
  addSecurity: {
    ...usual.write,
    needs: ['redis', 'prices'],
    summary: 'Adds a security under its ISIN.',
    get request() {
      return request({ isin, symbol, name: text(), exchange: text(32), syncImmediately: bool });
    },
  },
  removeSecurity: {
    ...usual.write,
    summary: 'Takes a security out of the universe; its history stays readable.',
    get request() {
      return request({ isin, reason: text(500) });
    },
  },
  recordCorporateAction: {
    ...usual.write,
    summary: 'Declares what happens to a share beside trading, or that a suspected split was none.',
    get request() {
      return request({ action: statedAction });
    },
  },
  importPriceFiles: {
    ...usual.write,
    timeoutMs: 120_000,
    weight: 'heavy',
    summary: 'Imports a folder of price files into Redis, for MARKET_DATA=imported.',
    get request() {
      return request({
        files: list(priceFile, 6_000),
        contents: list(z.string().max(2_000_000, 'at most 2000000 characters'), 100),
        apply: bool,
      });
    },
  },
  listCorporateActions: {
    ...usual.read,
    summary: 'Declared corporate actions, by day.',
    get request() {
      return request({ isin: optionalIsin });
    },
  },
});
