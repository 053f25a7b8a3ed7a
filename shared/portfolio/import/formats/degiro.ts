/**
 * DEGIRO's Transactions: read by position, because its header is in the user's language. The order id
 * stands in the last cell, or in the one before; partial fills share it, so the row itself is the id.
 */
import { Decimal } from '#shared/kernel/decimal.ts';
import { Failure } from '#shared/kernel/failure.ts';
import { isIsin } from '#shared/kernel/isin.ts';
import { actionsFrom, type ActionLeg } from './action-legs.ts';
import { attempt, decimalMark, headerOf, number, orZero } from './csv-rows.ts';
import { localMoment } from './moments.ts';
import type { ImportFile, ImportFormat, LeftRow, ImportedTransaction } from './transaction.ts';

const COLUMNS_MIN = 17;
const ISIN = 3;
const [QUANTITY, PRICE, PRICE_CURRENCY] = [6, 7, 8];
const [LOCAL_VALUE, VALUE] = [9, 11];

/** Where the costs and the total stand, and the currency that they are in. */
interface Layout {
  readonly fees: readonly number[];
  readonly total: number;
  /** Of the account: behind the total in each row, or in the header (`Total EUR`). */
  readonly currencyOf: (cells: readonly string[]) => string;
}

/** Until 2024 each amount had its currency behind it; since then the header says the account's. */
function layoutOf(header: readonly string[]): Layout {
  const inHeader = /\b([A-Z]{3})$/.exec(header[15] ?? '')?.[1];
  if (inHeader !== undefined) return { fees: [13, 14], total: 15, currencyOf: () => inHeader };
  if (header[12] === '' && header[15] === '' && header[17] === '')
    return { fees: [14], total: 16, currencyOf: (cells) => cells[17] ?? '' };
  throw new Failure(
    'INVALID_REQUEST',
    `the columns of this file of DEGIRO are not known: ${header.join(', ')}`,
  );
}

export const degiro: ImportFormat = {
  name: 'degiro-transactions',
  recognises: (file) => {
    const second = file.rows[1]?.cells ?? [];
    return headerOf(file).length >= COLUMNS_MIN && isIsin(second[ISIN] ?? '');
  },
  parse: (file: ImportFile) => {
    const found = attempt(() => ({
      ...{ layout: layoutOf(headerOf(file)), mark: decimalMark(file, numbersIn) },
    }));
    if (typeof found === 'string') return { transactions: [], left: [{ line: 1, reason: found }] };
    const { layout, mark } = found;
    const transactions: ImportedTransaction[] = [];
    const left: LeftRow[] = [];
    const legs: ActionLeg[] = [];
    const exchanges = exchangeRows(file, layout);
    for (const { cells, line } of file.rows.slice(1)) {
      const group = exchanges.get(line);
      const read = attempt(() => transactionOf({ cells, line, layout, mark }));
      if (typeof read === 'string') left.push({ line, reason: read });
      else if (group === undefined) transactions.push(read);
      else legs.push(legOf(read, group));
    }
    const { actions, left: odd } = actionsFrom(legs);
    return { transactions, actions, left: [...left, ...odd] };
  },
};

function legOf({ kind, quantity, ...row }: ImportedTransaction, group: string): ActionLeg {
  const shares = orZero(quantity);
  const { line, content, at, isin, symbol } = row;
  return {
    ...{ line, content, at, isin, symbol, group, kind: 'exchange' },
    shares: kind === 'sell' ? shares.negate() : shares,
  };
}

/**
 * All shares go and others come in the same minute for the same value and without costs: no trade does that. The two
 * rows have one group.
 */
function exchangeRows({ rows }: ImportFile, { fees }: Layout): ReadonlyMap<number, string> {
  const byMinute = new Map<string, ImportFile['rows'][number][]>();
  for (const row of rows.slice(1)) {
    const [day, time] = row.cells;
    if (fees.some((place) => /[1-9]/.test(row.cells[place] ?? ''))) continue;
    const key = [day, time, row.cells[VALUE]?.replace('-', '')].join('|');
    byMinute.set(key, [...(byMinute.get(key) ?? []), row]);
  }
  return new Map(
    [...byMinute]
      .filter(([, group]) => isExchange(group))
      .flatMap(([key, group]) => group.map(({ line }): [number, string] => [line, key])),
  );
}

/** The same number of the same shares is a trade that was cancelled. */
function isExchange(group: readonly ImportFile['rows'][number][]): boolean {
  const [one, other] = group.map(({ cells }) => ({
    isin: cells[ISIN],
    quantity: cells[QUANTITY] ?? '',
  }));
  if (!one || !other || group.length !== 2) return false;
  const isOpposite = one.quantity.startsWith('-') !== other.quantity.startsWith('-');
  const isSame = one.quantity.replace('-', '') === other.quantity.replace('-', '');
  return isOpposite && !(isSame && one.isin === other.isin);
}

/** What every layout and language has of a row. */
function figuresIn(cells: readonly string[], mark: '.' | ','): string {
  const amounts = [QUANTITY, PRICE, LOCAL_VALUE].map((place) => number(cells[place] ?? '', mark));
  const texts = [0, 1, ISIN, PRICE_CURRENCY].map((place) => cells[place] ?? '');
  return [...texts, ...amounts.map((amount) => amount?.toString() ?? '')].join('\u001f');
}

/** Prices, values, costs and totals; not the number of shares, which may be grouped and tells nothing. */
function numbersIn(cells: readonly string[]): readonly string[] {
  return cells.slice(PRICE, COLUMNS_MIN);
}

interface DegiroRow {
  readonly cells: readonly string[];
  readonly line: number;
  readonly layout: Layout;
  readonly mark: '.' | ',';
}

function transactionOf({ cells, line, layout, mark }: DegiroRow): ImportedTransaction {
  const at = (index: number): string => cells[index] ?? '';
  const amount = (index: number): Decimal => orZero(number(at(index), mark));
  const quantity = amount(QUANTITY);
  const charges = layout.fees.reduce<Decimal>(
    (sum, place) => sum.add(amount(place).absolute()),
    Decimal.zero,
  );
  return {
    line,
    content: figuresIn(cells, mark),
    earlierContents: [cells.join('\u001f')],
    kind: quantity.sign < 0 ? 'sell' : 'buy',
    at: localMoment(at(0), at(1)),
    isin: at(ISIN),
    symbol: at(2),
    quantity: quantity.absolute(),
    price: { amount: amount(PRICE), currency: at(PRICE_CURRENCY) },
    cash: amount(layout.total),
    currency: layout.currencyOf(cells),
    charges,
  };
}
