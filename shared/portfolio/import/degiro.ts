/**
 * DEGIRO's Transactions: read by position, because its header is in the user's language. The order id
 * stands in the last cell, or in the one before; partial fills share it, so the row itself is the id.
 */
import { Decimal } from '#shared/kernel/decimal.ts';
import { isIsin } from '#shared/kernel/isin.ts';
import { actionsFrom, type ActionLeg } from './action-legs.ts';
import { attempt, headerOf, moment, number, orZero } from './csv-rows.ts';
import type { ImportFile, ImportFormat, LeftRow, ImportedTransaction } from './transaction.ts';

const COLUMNS_MIN = 17;
const ISIN = 3;
const QUANTITY = 6;
const VALUE = 11;
const [FEES, TOTAL] = [13, 15];

export const degiro: ImportFormat = {
  name: 'degiro-transactions',
  recognises: (file) => {
    const second = file.rows[1]?.cells ?? [];
    return headerOf(file).length >= COLUMNS_MIN && isIsin(second[ISIN] ?? '');
  },
  parse: (file: ImportFile) => {
    const transactions: ImportedTransaction[] = [];
    const left: LeftRow[] = [];
    const legs: ActionLeg[] = [];
    const exchanges = exchangeRows(file);
    for (const { cells, line } of file.rows.slice(1)) {
      const group = exchanges.get(line);
      const read = attempt(() => transactionOf(cells, line));
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
function exchangeRows({ rows }: ImportFile): ReadonlyMap<number, string> {
  const byMinute = new Map<string, ImportFile['rows'][number][]>();
  for (const row of rows.slice(1)) {
    const [day, time] = row.cells;
    if (row.cells.slice(FEES, TOTAL).some((cell) => /[1-9]/.test(cell))) continue;
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

function transactionOf(cells: readonly string[], line: number): ImportedTransaction {
  const at = (index: number): string => cells[index] ?? '';
  // The currency stands behind the figure: price 7 and 8, value 11, fees 14, total 15.
  const decimal = at(7).includes(',') ? ',' : '.';
  const [day = '', month = '', year = ''] = at(0).split(/[-/.]/);
  const quantity = orZero(number(at(6), decimal));
  const total = orZero(number(at(15), decimal));
  const fees = [number(at(13), decimal), number(at(14), decimal)];
  return {
    line,
    content: cells.join('\u001f'),
    kind: quantity.sign < 0 ? 'sell' : 'buy',
    at: moment(`${year}-${month}-${day}T${at(1)}`),
    isin: at(ISIN),
    symbol: at(2),
    quantity: quantity.absolute(),
    price: { amount: orZero(number(at(7), decimal)), currency: at(8) },
    cash: total,
    currency: 'EUR',
    charges: fees.reduce<Decimal>((sum, fee) => sum.add(orZero(fee).absolute()), Decimal.zero),
  };
}
