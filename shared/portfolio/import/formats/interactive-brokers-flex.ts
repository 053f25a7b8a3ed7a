/** Interactive Brokers' Flex queries, as XML or csv: trades and cash transactions, each with its own id. */
import {
  readFlex,
  type Attributes,
  type FlexDocument,
} from '#shared/clients/broker/interactive-brokers/flex-xml.ts';
import {
  isCancel,
  isCancelledBy,
} from '#shared/clients/broker/interactive-brokers/flex-cancels.ts';
import { closedLotsOf, tradeKey } from '#shared/clients/broker/interactive-brokers/flex-lots.ts';
import { instantIn } from '#shared/clients/broker/interactive-brokers/flex-values.ts';
import type { ClosedLot } from '#shared/kernel/closed-lot.ts';
import type { Decimal } from '#shared/kernel/decimal.ts';
import { actionsFrom, type ActionLeg } from './action-legs.ts';
import { interactiveBrokersLeg, requireOneAccount } from './interactive-brokers-rows.ts';
import { flowKind, unknownRow } from './cash-rows.ts';
import { attempt, number, orZero } from './csv-rows.ts';
import { exchangeRows } from './exchange-rows.ts';
import type {
  ImportFile,
  ImportFormat,
  LeftRow,
  ImportedTransaction,
  TransactionKind,
} from './transaction.ts';
import { wrong } from '../wrong.ts';

/** The first column of a Flex csv. */
const FIRST_COLUMN = 'ClientAccountID';

const securities: ReadonlySet<string> = new Set(['STK', 'FUND']);

/** Of cash transactions; the first that fits. */
const kinds: readonly (readonly [RegExp, TransactionKind])[] = [
  [/withholding/i, 'tax'],
  [/dividend/i, 'dividend'],
  [/interest/i, 'interest'],
  [/other income/i, 'interest'],
  [/fees?$|commission|price adjustment|sales tax/i, 'fee'],
  [/deposit|withdrawal|disbursement|cash receipt/i, 'deposit'],
];

function kindOf(type: string): TransactionKind | undefined {
  return kinds.find(([pattern]) => pattern.test(type))?.[1];
}

export const interactiveBrokersFlex: ImportFormat = {
  name: 'interactive-brokers-flex',
  recognises: ({ text, rows }) =>
    /^\s*(<\?xml[^>]*>\s*)?<FlexQueryResponse/.test(text) ||
    (rows[0]?.cells.includes(FIRST_COLUMN) === true && rows[0].cells.length > 3),
  parse: (file) => {
    const transactions: ImportedTransaction[] = [];
    const left: LeftRow[] = [];
    const rows = attempt(() => ofOneAccount(rowsOf(file)));
    if (typeof rows === 'string') return { transactions, left: [{ line: 1, reason: rows }] };
    const legs: ActionLeg[] = [];
    const lots = attempt(() => lotsIn(file, rows));
    if (typeof lots === 'string') left.push({ line: 1, reason: lots });
    const around = {
      ...{ base: baseOf(file, rows), cancelled: cancelledTrades(rows) },
      lots: typeof lots === 'string' ? new Map<string, readonly ClosedLot[]>() : lots,
    };
    for (const { row, line } of rows) {
      const read = attempt(() =>
        isAction(row) ? actionLeg(row, line, around) : transactionsOf(row, line, around),
      );
      if (typeof read === 'string') left.push({ line, reason: read });
      else if ('group' in read) legs.push(read);
      else transactions.push(...read);
    }
    const actions = actionsFrom(legs);
    return { transactions, actions: actions.actions, left: [...left, ...actions.left] };
  },
};

/** What other rows say of one. */
interface Around {
  /** Into which `fxRateToBase` leads; undefined where nothing shows it. */
  readonly base: string | undefined;
  /** Rows of trades that other rows cancel. */
  readonly cancelled: ReadonlySet<Attributes>;
  /** Closed by a sale, by its `tradeKey`. */
  readonly lots: ReadonlyMap<string, readonly ClosedLot[]>;
}

interface Numbered {
  readonly row: Attributes;
  /** Line of a csv; number of the row in XML. */
  readonly line: number;
}

const readElements: ReadonlySet<string> = new Set([
  ...['Trade', 'CashTransaction', 'CorporateAction', 'Transfer'],
]);

/** Lots are opened by transactions; rows are known by their trades. */
function lotsIn({ text, rows }: ImportFile, all: readonly Numbered[]): Around['lots'] {
  const trades =
    rows.length > 0
      ? all.map(({ row }) => ({ name: 'Trade', row }))
      : flexIn(text).elements.map(({ name, attributes: row }) => ({ name, row }));
  const ids = new Map(all.map(({ row }) => [at(row, 'transactionID'), idOfTrade(row)]));
  const inOwnTerms = ({ openedBy, ...lot }: ClosedLot): ClosedLot => {
    const id = openedBy === undefined ? undefined : ids.get(openedBy);
    return id === undefined ? lot : { ...lot, openedBy: id };
  };
  return new Map([...closedLotsOf(trades)].map(([key, lots]) => [key, lots.map(inOwnTerms)]));
}

function flexIn(text: string): FlexDocument {
  try {
    return readFlex(text);
  } catch {
    throw wrong('it is no XML of a Flex query, or cut off');
  }
}

function idOfTrade(row: Attributes): string | undefined {
  return at(row, 'tradeID') || at(row, 'transactionID') || undefined;
}

/** As the account's information says; else the one currency whose rate is 1. */
function baseOf({ text, rows }: ImportFile, all: readonly Numbered[]): string | undefined {
  const information =
    rows.length > 0
      ? undefined
      : flexIn(text).elements.find(({ name }) => name === 'AccountInformation');
  const stated = information?.attributes['currency'];
  if (stated) return stated;
  const own = all.flatMap(({ row }) =>
    Number(at(row, 'fxRateToBase')) === 1 ? at(row, 'currency') : [],
  );
  const [only, ...others] = new Set(own);
  return others.length === 0 ? only : undefined;
}

/** The trade that each cancellation takes back: by its id, the first that is not taken yet. */
function cancelledTrades(rows: readonly Numbered[]): ReadonlySet<Attributes> {
  const found = new Set<Attributes>();
  const trades = rows.map(({ row }) => row).filter((row) => !isCancel(row));
  for (const { row } of rows.filter(({ row: one }) => isCancel(one))) {
    const original = trades.find((one) => !found.has(one) && isCancelledBy(one, row));
    if (original) found.add(original);
  }
  return found;
}

function rowsOf({ text, rows }: ImportFile): readonly Numbered[] {
  if (rows.length === 0)
    return flexIn(text)
      .elements.filter(({ name }) => readElements.has(name))
      .map(({ attributes }, i) => ({ row: attributes, line: i + 1 }));
  let header: readonly string[] = [];
  return rows.flatMap(({ cells, line }): Numbered[] => {
    if (cells.includes(FIRST_COLUMN)) header = cells.map(attributeOf);
    if (cells.includes(FIRST_COLUMN) || cells.length < header.length) return [];
    const row = Object.fromEntries(header.map((name, i) => [name, cells[i] ?? '']));
    return [{ row, line }];
  });
}

/** Money of several accounts is not mixed in one. */
function ofOneAccount(rows: readonly Numbered[]): readonly Numbered[] {
  requireOneAccount(rows.map(({ row }) => at(row, 'accountId') || at(row, 'clientAccountID')));
  return rows;
}

/** Names of columns as those of attributes. */
const attributeNames: Readonly<Record<string, string>> = {
  ...{ CurrencyPrimary: 'currency', FXRateToBase: 'fxRateToBase', AssetClass: 'assetCategory' },
  ...{ ISIN: 'isin', 'Buy/Sell': 'buySell', IBCommission: 'ibCommission', 'Date/Time': 'dateTime' },
  IBCommissionCurrency: 'ibCommissionCurrency',
};

function attributeOf(column: string): string {
  const known = attributeNames[column];
  return known ?? `${column.slice(0, 1).toLowerCase()}${column.slice(1)}`;
}

function isAction(row: Attributes): boolean {
  return at(row, 'actionDescription') !== '' && !kindOf(at(row, 'type'));
}

function actionLeg(row: Attributes, line: number, around: Around): ActionLeg | string {
  const category = at(row, 'assetCategory') || 'STK';
  const text = at(row, 'actionDescription');
  if (!securities.has(category)) return `a corporate action of ${category} is not booked: ${text}`;
  return interactiveBrokersLeg({
    ...common(row, line, around),
    ...{ text, rowId: at(row, 'transactionID') || undefined },
    at: instantIn(row, 'dateTime', 'reportDate'),
    shares: orZero(number(at(row, 'quantity'))),
    cash: number(at(row, 'proceeds')),
  });
}

function transactionsOf(
  row: Attributes,
  line: number,
  around: Around,
): readonly ImportedTransaction[] {
  const level = row['levelOfDetail'] ?? '';
  if (/summary|order|closed_lot|symbol/i.test(level)) return [];
  if (isCancel(row)) return cancellation(row, around);
  if (row['tradeID'] || row['buySell']) return tradeOf(row, line, around);
  if (row['direction'])
    throw wrong(
      `a transfer ${at(row, 'direction').toLowerCase()} of ${at(row, 'quantity') || at(row, 'cashTransfer')} ${at(row, 'symbol')}, to be entered by trader transfer-in, transfer-out, deposit or withdraw`,
    );
  return cashOf(row, line, around);
}

/** Nothing is booked for it or for the trade that it takes back, which has to be in the same file. */
function cancellation(row: Attributes, { cancelled }: Around): readonly ImportedTransaction[] {
  if ([...cancelled].some((one) => isCancelledBy(one, row))) return [];
  const [id, tradeId] = [at(row, 'origTransactionID'), at(row, 'origTradeID')];
  throw wrong(
    `it cancels trade ${tradeId || id}, which is not in the file: reverse that trade where it was booked`,
  );
}

function at(row: Attributes, name: string): string {
  return row[name] ?? '';
}

/** What all rows have. */
function common(row: Attributes, line: number, { base }: Around) {
  return {
    line,
    content: Object.entries(row).sort().join('\u001f'),
    isin: at(row, 'isin') || undefined,
    symbol: at(row, 'symbol') || undefined,
    currency: at(row, 'currency'),
    rate: number(at(row, 'fxRateToBase')),
    rateTo: base,
  };
}

/** A commission in another currency than the trade's is a fee of its own. */
function tradeOf(row: Attributes, line: number, around: Around): readonly ImportedTransaction[] {
  const category = at(row, 'assetCategory');
  if (category === 'CASH') return exchangeOf(row, line, around);
  if (!securities.has(category)) throw wrong(`${category} of ${at(row, 'symbol')} is not booked`);
  const currency = at(row, 'currency');
  const amount = (name: string): Decimal => orZero(number(at(row, name)));
  const commission = amount('ibCommission');
  const isOwn = (at(row, 'ibCommissionCurrency') || currency) === currency;
  const paid = isOwn ? commission.add(amount('taxes')) : amount('taxes');
  const quantity = amount('quantity');
  const price = number(at(row, 'tradePrice'));
  const when = instantIn(row, 'dateTime', 'tradeDate');
  const trade: ImportedTransaction = {
    ...common(row, line, around),
    isCancelled: around.cancelled.has(row) || undefined,
    kind: quantity.sign < 0 ? 'sell' : 'buy',
    at: when,
    rowId: idOfTrade(row),
    closedLots: quantity.sign < 0 ? around.lots.get(tradeKey(row)) : undefined,
    quantity: quantity.absolute(),
    price: price && { amount: price, currency },
    cash: amount('proceeds').add(paid),
    charges: paid.sign < 0 ? paid.negate() : undefined,
  };
  if (isOwn || commission.sign === 0) return [trade];
  const fee = { kind: 'fee', cash: commission, currency: at(row, 'ibCommissionCurrency') } as const;
  const { content, rowId, isin, symbol, isCancelled } = trade;
  const named = { rowId, isin, symbol, isCancelled };
  return [trade, { ...fee, ...named, line, content: `${content}fee`, at: when }];
}

function exchangeOf(row: Attributes, line: number, around: Around): readonly ImportedTransaction[] {
  const { content, rate, rateTo } = common(row, line, around);
  const amount = (name: string): Decimal => orZero(number(at(row, name)));
  const made = exchangeRows({
    at: instantIn(row, 'dateTime', 'tradeDate'),
    rowId: at(row, 'tradeID') || at(row, 'transactionID') || undefined,
    ...{ pair: at(row, 'symbol'), bought: amount('quantity'), paid: amount('proceeds') },
    ...{ currency: at(row, 'currency'), rate, rateTo },
    fee: amount('ibCommission').add(amount('taxes')),
    feeCurrency: at(row, 'ibCommissionCurrency') || undefined,
  });
  return made.map((one) => {
    if (typeof one === 'string') throw wrong(one);
    return { ...one, line, content, isCancelled: around.cancelled.has(row) || undefined };
  });
}

function cashOf(row: Attributes, line: number, around: Around): readonly ImportedTransaction[] {
  const type = at(row, 'type');
  const found = kindOf(type);
  const cash = orZero(number(at(row, 'amount')));
  const text = at(row, 'description');
  if (!found) throw wrong(unknownRow(`type "${type}" (${text})`, cash, at(row, 'currency')));
  const kind = flowKind(found, cash, undefined);
  return [
    {
      ...common(row, line, around),
      kind,
      note: kind === 'deposit' || kind === 'withdrawal' || kind === 'fee' ? text : undefined,
      at: instantIn(row, 'dateTime', 'settleDate', 'reportDate'),
      rowId: at(row, 'transactionID') || undefined,
      cash,
    },
  ];
}
