/** Rows of the universe service: securities and their market data. */
import * as z from 'zod';
import { atFirstUse } from '#shared/kernel/at-first-use.ts';
import {
  actionFields,
  actionKinds,
  actionTermsOf,
  type ActionKind,
} from '#shared/kernel/corporate-action.ts';
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
import {
  absentJson,
  blankOr,
  dayJson,
  formJson,
  givenMoneyJson,
  isinJson,
  oneOf,
  optionalIdJson,
  positiveDecimalJson,
  ratioJson,
  symbolJson,
  wire,
  wireRequired,
  type Json,
} from './wire-json.ts';
import { contract, usual, type QueuePolicy } from './row.ts';

type Term = (typeof actionFields)[number];

const SHARES_OF_NEW: readonly Term[] = ['newIsin', 'newShares', 'oldShares'];

/** What a field of an action is where it is given. */
const givenTerms: Readonly<Record<Term, Json>> = {
  payDay: dayJson,
  newShares: positiveDecimalJson,
  oldShares: positiveDecimalJson,
  amount: givenMoneyJson,
  taxRatio: ratioJson,
  newIsin: isinJson,
  newSymbol: symbolJson,
  costRatio: ratioJson,
  fractionPrice: givenMoneyJson,
};

/** What a kind needs of what it may have: a merger pays in shares or in cash, a rename gives a new ISIN or symbol. */
const furtherNeeds: Readonly<Partial<Record<ActionKind, readonly (readonly Term[])[]>>> = {
  merger: [['newIsin', 'newShares', 'oldShares'], ['amount']],
  rename: [['newIsin'], ['newSymbol']],
};

/** Each kind has fields that it needs, and others that do not belong to it. */
function actionForms(): readonly Json[] {
  return actionKinds.flatMap((kind) =>
    (furtherNeeds[kind] ?? [[]]).map((further) => actionForm(kind, further)),
  );
}

function actionForm(kind: ActionKind, further: readonly Term[]): Json {
  const { needs, takes } = actionTermsOf(kind);
  const needed = [...needs, ...further];
  // Without a new security nothing is said of its shares.
  const isOfCash = kind === 'merger' && !further.includes('newIsin');
  const taken = isOfCash ? takes.filter((term) => !SHARES_OF_NEW.includes(term)) : takes;
  const others = actionFields.filter((term) => ![...needed, ...taken].includes(term));
  const given = Object.fromEntries(needed.map((term) => [term, givenTerms[term]]));
  return formJson({
    needs: { kind: { type: 'string', const: kind }, ...given },
    where: Object.fromEntries(others.map((term) => [term, absentJson])),
  });
}

const sharesTerm = atFirstUse(() => wire(optionalDecimal, blankOr(positiveDecimalJson)));
const ratioTerm = atFirstUse(() => wire(optionalDecimal, blankOr(ratioJson)));

/** `universe.CorporateAction`. */
const statedAction = atFirstUse(() =>
  z.strictObject({
    actionId: wire(text(100), optionalIdJson),
    kind: requiredWord(actionKinds),
    isin,
    day: requiredDay,
    payDay: optionalDay,
    newShares: sharesTerm(),
    oldShares: sharesTerm(),
    amount: price,
    taxRatio: ratioTerm(),
    newIsin: optionalIsin,
    newSymbol: symbol,
    costRatio: ratioTerm(),
    fractionPrice: price,
    source: text(32),
  }),
);

/** As the parser trims it: blanks around it do not count. */
const FILE_NAME = String.raw`^[^\u0000-\u0020\u007f-\u00a0/\\][^\u0000-\u001f\u007f/\\]*[.]([cC][sS][vV]|[tT][sS][vV]|[tT][xX][tT])$`;
const sha256 = atFirstUse(() => z.string().regex(/^[0-9a-f]{64}$/, 'a SHA-256 in hexadecimal'));
const priceFile = atFirstUse(() =>
  z.strictObject({
    name: wireRequired(
      requiredText(100).pipe(
        z.string().regex(/^[^/\\]+\.(?:csv|tsv|txt)$/i, 'the name of a CSV file, without a folder'),
      ),
      { type: 'string', maxLength: 100, pattern: FILE_NAME },
    ),
    parts: list(sha256(), 200),
  }),
);

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
      return oneOf(
        request({ isin: optionalIsin, symbol }),
        { needs: { isin: isinJson } },
        { needs: { symbol: symbolJson } },
      );
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
      return request({
        action: statedAction().meta({ isRequired: true, alternatives: actionForms() }),
      });
    },
  },
  importPriceFiles: {
    ...usual.write,
    timeoutMs: 120_000,
    weight: 'heavy',
    summary: 'Imports a folder of price files into Redis, for MARKET_DATA=imported.',
    get request() {
      return request({
        files: list(priceFile(), 6_000),
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
