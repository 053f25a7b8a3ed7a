/** Rows of the portfolio service: the book, and what it earned. */
import { currencyCodes } from '#shared/kernel/currency.ts';
import type { PortfolioServiceService } from '#protos/gen/portfolio.ts';
import {
  account,
  bool,
  fileText,
  int32,
  isin,
  limit,
  list,
  moneyNotNegative,
  multilineText,
  offset,
  optionalIsin,
  position,
  request,
  requiredAccount,
  text,
  word,
  requiredWord,
  money,
  optionalDay,
  price,
  quantity,
  requiredText,
  symbol,
} from './fields.ts';
import {
  absentJson,
  givenMoneyJson,
  isinJson,
  named,
  oneOf,
  positiveDecimalJson,
  wire,
  type Form,
  type Json,
} from './wire-json.ts';
import { contract, usual } from './row.ts';

/** Characters of a policy: some thousand lines. */
const POLICY_LENGTH_MAX = 100_000;

/** What BookMovement books. */
const movementKinds = [
  'deposit',
  'withdrawal',
  'interest',
  'fee',
  'dividend',
  'tax',
  'transfer-in',
  'transfer-out',
] as const;

const noShares = {
  quantity: {
    anyOf: [{ type: 'integer', enum: [0] }, { type: 'string', enum: ['0'] }, { type: 'null' }],
  },
  price: absentJson,
};
const noAmount = { amount: absentJson };
const someShares: Json = { anyOf: [{ type: 'number', exclusiveMinimum: 0 }, positiveDecimalJson] };

/** Cash has an amount and no shares, a transfer shares and no amount. */
const movementForms = (): readonly Form[] => [
  {
    needs: {
      kind: { type: 'string', enum: ['deposit', 'withdrawal', 'fee'] },
      amount: named('AmountPositive'),
    },
    where: noShares,
  },
  {
    needs: { kind: { type: 'string', enum: ['interest', 'tax'] }, amount: givenMoneyJson },
    where: noShares,
  },
  {
    needs: {
      kind: { type: 'string', const: 'dividend' },
      amount: named('AmountPositive'),
      isin: isinJson,
    },
    where: noShares,
  },
  {
    needs: { kind: { type: 'string', const: 'transfer-in' }, isin: isinJson, quantity: someShares },
    where: noAmount,
  },
  {
    needs: {
      kind: { type: 'string', const: 'transfer-out' },
      isin: isinJson,
      quantity: someShares,
    },
    where: { ...noAmount, price: absentJson },
  },
];

export const portfolio = contract<typeof PortfolioServiceService>()('portfolio', {
  getPositions: {
    ...usual.read,
    fails: ['REFUSED'],
    summary: 'Lists the holdings with live valuation.',
    get request() {
      return request({ accountId: account, includeClosed: bool });
    },
  },
  getPosition: {
    ...usual.read,
    fails: ['REFUSED'],
    summary: 'Answers the holding in one security.',
    get request() {
      return request({ accountId: account, isin });
    },
  },
  getSummary: {
    ...usual.read,
    fails: ['REFUSED'],
    summary: 'Totals of the account, its allocation, and the hash that plans are bound to.',
    get request() {
      return request({ accountId: account });
    },
  },
  getPerformance: {
    ...usual.read,
    fails: ['REFUSED'],
    summary:
      'Daily values and returns, cleaned of deposits and withdrawals, and what explains them.',
    get request() {
      return request({
        accountId: account,
        days: int32({ min: 0, max: 20_000 }),
        benchmarkIsin: optionalIsin,
        withAttribution: bool,
      });
    },
  },
  updatePositions: {
    ...usual.write,
    needs: ['redis', 'state', 'broker', 'prices'],
    summary: "Makes the book agree with the broker's; what nobody here traded is external.",
    get request() {
      return request({
        accountId: account,
        positions: list(position()),
        forceSync: bool,
        removeMissing: bool,
        startUpCheck: bool,
      });
    },
  },
  getCashBalance: {
    ...usual.read,
    summary: 'Cash, what is pending, and what is free to trade.',
    get request() {
      return request({ accountId: account });
    },
  },
  openAccount: {
    ...usual.write,
    effect: 'trades',
    needs: ['redis', 'state', 'broker'],
    summary: 'Opens an account; no account is ever opened by being named.',
    get request() {
      return request({
        accountId: requiredAccount,
        name: text(100),
        currency: wire(text(3), { anyOf: [{ type: 'string', enum: currencyCodes() }, absentJson] }),
        openingCash: moneyNotNegative,
      });
    },
  },
  listAccounts: {
    ...usual.read,
    summary: 'Lists the accounts, the default one first.',
    get request() {
      return request({});
    },
  },
  verifyLedger: {
    ...usual.read,
    needs: ['redis', 'broker'],
    summary: "Checks the ledger's chain, its balances, the book and the broker's statement.",
    get request() {
      return request({ accountId: account, withoutBroker: bool });
    },
  },
  exportLedger: {
    ...usual.read,
    summary: 'The whole ledger in double entry, as csv, beancount or hledger.',
    get request() {
      return request({ accountId: account, format: word(['csv', 'beancount', 'hledger']) });
    },
  },
  getPolicy: {
    ...usual.read,
    summary: 'Answers the investment policy in force, or an earlier version.',
    get request() {
      return request({ accountId: account, version: int32({ min: 0 }) });
    },
  },
  updatePolicy: {
    ...usual.write,
    effect: 'trades',
    needs: ['redis', 'state'],
    summary: 'Replaces the investment policy; a dry run answers what would change.',
    get request() {
      return request({
        accountId: account,
        document: multilineText(POLICY_LENGTH_MAX),
        expectedVersion: int32({ min: 0 }),
        dryRun: bool,
        note: text(500),
      });
    },
  },
  listPolicyVersions: {
    ...usual.read,
    summary: 'Lists all versions of the investment policy, newest first.',
    get request() {
      return request({ accountId: account, limit, offset });
    },
  },
  getGains: {
    ...usual.read,
    fails: ['REFUSED'],
    summary: 'Realised gains by lot, income and estimated tax by tax year, under the policy.',
    get request() {
      return request({ accountId: account, taxYear: int32({ min: 0, max: 9999 }) });
    },
  },
  bookMovement: {
    ...usual.trade,
    summary: 'Books money or shares that came or went without an order.',
    get request() {
      return oneOf(
        request({
          accountId: account,
          kind: requiredWord(movementKinds),
          amount: money,
          isin: optionalIsin,
          symbol,
          quantity,
          price,
          day: optionalDay,
          note: text(200),
        }),
        ...movementForms(),
      );
    },
  },
  reverseMovement: {
    ...usual.trade,
    summary: 'Undoes a booked movement by its opposite; nothing is deleted.',
    get request() {
      return request({ accountId: account, lineId: requiredText(200), reason: requiredText(200) });
    },
  },
  importTransactions: {
    ...usual.trade,
    summary: 'Shows what a file of transactions would book, and books it where asked to.',
    get request() {
      return request({ accountId: account, content: fileText, apply: bool });
    },
  },
});
