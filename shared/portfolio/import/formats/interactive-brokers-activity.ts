/**
 * Interactive Brokers' activity statement, and its transaction history: sections in one csv, each row with the
 * section's name, `Header` or `Data`, and cells. ISINs are in the financial instruments and in the texts of dividends.
 */
import { parseDay } from '#shared/kernel/calendar-day.ts';
import type { ClosedLot } from '#shared/kernel/closed-lot.ts';
import { Failure } from '#shared/kernel/failure.ts';
import { later, type Instant } from '#shared/kernel/instant.ts';
import { instantAt } from '#shared/quant/calendars/zone-time.ts';
import { actionsFrom, type ActionLeg } from './action-legs.ts';
import { interactiveBrokersLeg, requireOneAccount } from './interactive-brokers-rows.ts';
import { attempt, namedCells, number, orZero, type Cell } from './csv-rows.ts';
import { flowKind, unknownRow } from './cash-rows.ts';
import { exchangeRows } from './exchange-rows.ts';
import type {
  ImportFile,
  ImportFormat,
  LeftRow,
  Read,
  ImportedTransaction,
  TransactionKind,
} from './transaction.ts';

/** Of the statement's times. */
const ZONE = 'America/New_York';
const ISIN_IN_TEXT = /\(([A-Z]{2}[A-Z0-9]{9}\d)\)/;
const SYMBOL_IN_TEXT = /^([\w.-]+) ?\(/;

interface SectionRow {
  readonly section: string;
  readonly line: number;
  readonly cell: Cell;
  readonly content: string;
  /** Its cells by the names of their columns. */
  readonly named: string;
}

interface Statement {
  readonly base: string;
  readonly isins: ReadonlyMap<string, string>;
  /** Orders are listed; executions then repeat them. */
  readonly hasOrders: boolean;
}

/** What a row is; undefined for sums and other lines that repeat. */
type Reader = (row: SectionRow, statement: Statement) => Read | readonly Read[] | undefined;

const readers: Readonly<Record<string, Reader>> = {
  Trades: tradeOf,
  Dividends: cashRow('dividend'),
  'Payment In Lieu Of Dividends': cashRow('dividend'),
  'Withholding Tax': cashRow('tax'),
  Interest: cashRow('interest'),
  Fees: cashRow('fee'),
  'Other Fees': cashRow('fee'),
  'Transaction Fees': cashRow('fee'),
  'Commission Adjustments': cashRow('fee'),
  'Sales Tax': cashRow('fee'),
  'Bond Interest': cashRow('interest'),
  'Deposits & Withdrawals': cashRow('deposit'),
  'Transaction History': historyOf,
  Transfers: ({ cell }) => `a transfer of ${cell('Symbol')}, to be entered by trader transfer-in`,
};

export const interactiveBrokersActivity: ImportFormat = {
  name: 'interactive-brokers-activity',
  recognises: ({ rows }) =>
    rows.some(
      ({ cells: [section, kind, first] }) =>
        kind === 'Header' &&
        (section === 'Transaction History' ||
          (section === 'Statement' && first === 'Field Name') ||
          section === 'Trades'),
    ),
  parse: (file) => {
    const rows = sectionRows(file);
    const several = attempt(() => requireOneAccount(rows.map(accountIn)));
    if (several) return { transactions: [], left: [{ line: 1, reason: several }] };
    const statement = statementOf(rows);
    const transactions: ImportedTransaction[] = [];
    const left: LeftRow[] = [];
    const legs: ActionLeg[] = [];
    for (const row of rows) {
      if (row.section === 'Corporate Actions') {
        const leg = attempt(() => actionLeg(row, statement));
        if (typeof leg === 'string') left.push({ line: row.line, reason: leg });
        else if (leg) legs.push(leg);
        continue;
      }
      const read = attempt(() => readOf(row, statement));
      for (const one of read === undefined ? [] : severalOf(read))
        if (typeof one === 'string') left.push({ line: row.line, reason: one });
        else transactions.push({ ...one, ...identityOf(row) });
      const lot = attempt(() => closedLotIn(row));
      if (typeof lot === 'string') left.push({ line: row.line, reason: lot });
      else if (lot) addLot(transactions, row, lot);
    }
    const actions = actionsFrom(legs);
    return { transactions, actions: actions.actions, left: [...left, ...actions.left] };
  },
};

function severalOf(read: Read | readonly Read[]): readonly Read[] {
  return typeof read === 'object' && !('kind' in read) ? read : [read];
}

function identityOf({ line, content, named }: SectionRow) {
  return { line, content: named, earlierContents: [content] };
}

/** Rows of closed lots follow the sale that closed them, with the day on which each was opened. */
function closedLotIn({ section, cell }: SectionRow): ClosedLot | undefined {
  if (section !== 'Trades' || cell('DataDiscriminator') !== 'ClosedLot') return undefined;
  const text = cell('Date/Time');
  return {
    ...{ openedAt: timeOf(text), quantity: orZero(number(cell('Quantity'))).absolute() },
    ...(text.length <= 10 && { isDayOnly: true }),
  };
}

/** To the last trade; what does not belong to it is of one that is not booked. */
function addLot(transactions: ImportedTransaction[], { cell }: SectionRow, lot: ClosedLot): void {
  const sale = transactions.at(-1);
  if (sale?.kind !== 'sell' || sale.symbol !== cell('Symbol')) return;
  transactions[transactions.length - 1] = {
    ...sale,
    closedLots: [...(sale.closedLots ?? []), lot],
  };
}

/** What a row says; a row with cash of a section that nothing reads is named. */
function readOf(row: SectionRow, statement: Statement): Read | readonly Read[] | undefined {
  const reader = readers[row.section];
  if (reader) return reader(row, statement);
  const { section, cell } = row;
  const amount = attempt(() => number(cell('Amount', 'Net Amount')));
  if (informative.test(section) || !/^[A-Z]{3}$/.test(cell('Currency')) || !amount)
    return undefined;
  return `the section ${section} is not booked: ${cell('Description')} ${cell('Amount', 'Net Amount')} ${cell('Currency')}`;
}

/** Sections that repeat what others say, or state what is to come. */
const informative =
  /accruals|summary|report|positions|balances|net asset value|performance|(?:commission|interest|fee) details|information|codes|notes|location|net stock|change in|loaned|lent/i;

/** Of consolidated statements and of the transaction history. */
function accountIn({ section, cell }: SectionRow): string {
  return readers[section] ? cell('Account') : '';
}

/** Sums have no time. */
function actionLeg(
  { cell, line, content }: SectionRow,
  { isins }: Statement,
): ActionLeg | string | undefined {
  const text = cell('Description');
  if (cell('Date/Time') === '' || text === '') return undefined;
  if (cell('Asset Category') !== 'Stocks')
    return `a corporate action of ${cell('Asset Category')} is not booked: ${text}`;
  const leg = interactiveBrokersLeg({
    ...{ line, content, text, at: timeOf(cell('Date/Time')) },
    shares: orZero(number(cell('Quantity'))),
    ...{ cash: number(cell('Proceeds')), currency: cell('Currency') },
  });
  if (typeof leg === 'string') return leg;
  return { ...leg, isin: leg.isin ?? (leg.symbol && isins.get(leg.symbol)) };
}

/** A section may have several headers; each holds for the rows below it. */
function sectionRows({ rows }: ImportFile): readonly SectionRow[] {
  const headers = new Map<string, readonly string[]>();
  return rows.flatMap(({ cells: [section = '', kind, ...cells], line }): SectionRow[] => {
    if (kind === 'Header') headers.set(section, cells);
    const header = headers.get(section);
    if (kind !== 'Data' || !header) return [];
    const cell: Cell = (...names) => {
      const name = names.find((one) => header.includes(one));
      const found = name === undefined ? '' : (cells[header.indexOf(name)] ?? '');
      return found === '-' || found === '--' ? '' : found;
    };
    const content = [section, ...cells].join('\u001f');
    return [
      { section, line, cell, content, named: `${section}\u001f${namedCells(header, cells)}` },
    ];
  });
}

function statementOf(rows: readonly SectionRow[]): Statement {
  const fields = rows.filter(({ cell }) => cell('Field Name') === 'Base Currency');
  const instruments = rows.filter(({ section }) => section === 'Financial Instrument Information');
  const isins = instruments.flatMap(({ cell }) =>
    cell('Symbol')
      .split(',')
      .map((symbol): [string, string] => [symbol.trim(), cell('Security ID')]),
  );
  const trades = rows.filter(({ section }) => section === 'Trades');
  return {
    base: fields[0]?.cell('Field Value') ?? '',
    isins: new Map(isins.filter(([, isin]) => isin !== '')),
    hasOrders: trades.some(({ cell }) => cell('DataDiscriminator') === 'Order'),
  };
}

function tradeOf(
  { cell }: SectionRow,
  { isins, hasOrders, base }: Statement,
): Read | readonly Read[] | undefined {
  const discriminator = cell('DataDiscriminator');
  if (discriminator === 'ClosedLot' || (hasOrders && discriminator !== 'Order')) return undefined;
  const category = cell('Asset Category');
  if (category === 'Forex')
    return exchangeRows({
      ...{ at: timeOf(cell('Date/Time')), pair: cell('Symbol') },
      ...{ bought: orZero(number(cell('Quantity'))), paid: orZero(number(cell('Proceeds'))) },
      ...{ currency: cell('Currency'), fee: number(cell(`Comm in ${base}`, 'Comm/Fee')) },
      feeCurrency: base,
    });
  if (category !== 'Stocks') return `${category} of ${cell('Symbol')} are not booked`;
  const quantity = orZero(number(cell('Quantity')));
  const [price, proceeds] = [number(cell('T. Price')), orZero(number(cell('Proceeds')))];
  const commission = orZero(number(cell('Comm/Fee')));
  const currency = cell('Currency');
  return {
    kind: quantity.sign < 0 ? 'sell' : 'buy',
    at: timeOf(cell('Date/Time')),
    isin: isins.get(cell('Symbol')),
    symbol: cell('Symbol'),
    quantity: quantity.absolute(),
    price: price && { amount: price, currency },
    cash: proceeds.add(commission),
    currency,
    charges: commission.sign < 0 ? commission.negate() : undefined,
  };
}

/** Totals stand in the column of the currency. */
function cashRow(kind: TransactionKind): Reader {
  return ({ cell }, { isins }) => {
    const currency = cell('Currency');
    if (!/^[A-Z]{3}$/.test(currency)) return undefined;
    const text = cell('Description');
    const symbol = SYMBOL_IN_TEXT.exec(text)?.[1];
    const cash = orZero(number(cell('Amount')));
    const isOfShares = kind === 'dividend' || kind === 'tax';
    return {
      kind: flowKind(kind, cash, undefined),
      note: isOfShares || kind === 'interest' ? undefined : text,
      at: timeOf(cell('Date', 'Settle Date')),
      isin: isOfShares ? isinIn(text, symbol, isins) : undefined,
      symbol: isOfShares ? symbol : undefined,
      cash,
      currency,
    };
  };
}

function isinIn(text: string, symbol: string | undefined, isins: Statement['isins']) {
  return ISIN_IN_TEXT.exec(text)?.[1] ?? (symbol && isins.get(symbol));
}

/** The first that fits. */
const historyKinds: readonly (readonly [RegExp, TransactionKind])[] = [
  [/^buy$/, 'buy'],
  [/^sell$/, 'sell'],
  [/dividend|payment in lieu/, 'dividend'],
  [/withholding/, 'tax'],
  [/interest/, 'interest'],
  // The worth of cash in other currencies: an exchange, and the change of their rates.
  [/^forex|^adjustment$|^fx /, 'conversion'],
  [/fee|commission|sales tax/, 'fee'],
  [/deposit|withdrawal|fund transfer|cash transfer|disbursement/, 'deposit'],
];

/** Amounts are in the base currency, prices in the security's, which newer files say. */
function historyOf({ cell }: SectionRow, { base, isins }: Statement): Read {
  const type = cell('Transaction Type');
  const found = historyKinds.find(([pattern]) => pattern.test(type.toLowerCase()))?.[1];
  const cash = orZero(number(cell('Net Amount')));
  if (!found) return unknownRow(`type "${type}"`, cash, base);
  const kind = flowKind(found, cash, undefined);
  const quantity = number(cell('Quantity'));
  const [price, priceCurrency] = [number(cell('Price')), cell('Price Currency')];
  const commission = number(cell('Commission'));
  const symbol = cell('Symbol') || SYMBOL_IN_TEXT.exec(cell('Description'))?.[1];
  const isOfShares = kind !== 'conversion' && kind !== 'deposit' && kind !== 'withdrawal';
  const isTrade = kind === 'buy' || kind === 'sell';
  return {
    kind,
    at: timeOf(cell('Date')),
    ...(isOfShares && { isin: isinIn(cell('Description'), symbol, isins), symbol }),
    quantity: quantity?.absolute(),
    price:
      isTrade && price && priceCurrency ? { amount: price, currency: priceCurrency } : undefined,
    cash,
    currency: base,
    charges: commission && isTrade ? commission.absolute() : undefined,
    note: isOfShares ? undefined : cell('Description'),
  };
}

/** `2024-03-08, 10:30:00`, or a day. */
function timeOf(text: string): Instant {
  const match = /^(\d{4}-\d\d-\d\d)(?:[, ;T]+(\d\d):?(\d\d):?(\d\d))?$/.exec(text);
  if (!match) throw new Failure('INVALID_REQUEST', `"${text.slice(0, 30)}" is no time`);
  const [, day = '', hours = '0', minutes = '0', seconds = '0'] = match;
  const at = instantAt(ZONE, parseDay(day), Number(hours) * 60 + Number(minutes));
  return later(at, Number(seconds) * 1000);
}
