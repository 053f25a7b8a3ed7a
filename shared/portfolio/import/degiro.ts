/**
 * DEGIRO's Transactions: read by position, because its header is in the user's language. The order id
 * stands in the last cell, or in the one before; partial fills share it, so the row itself is the id.
 */
import { Decimal } from '#shared/kernel/decimal.ts';
import { isIsin } from '#shared/kernel/isin.ts';
import { attempt, headerOf, moment, number, orZero } from './csv-rows.ts';
import type { ImportFile, ImportFormat, LeftRow, ImportedTransaction } from './transaction.ts';

const COLUMNS_MIN = 17;
const ISIN = 3;
const QUANTITY = 6;
const VALUE = 11;

export const degiro: ImportFormat = {
  name: 'degiro-transactions',
  recognises: (file) => {
    const second = file.rows[1]?.cells ?? [];
    return headerOf(file).length >= COLUMNS_MIN && isIsin(second[ISIN] ?? '');
  },
  parse: (file: ImportFile) => {
    const transactions: ImportedTransaction[] = [];
    const left: LeftRow[] = [];
    const splits = splitRows(file);
    for (const { cells, line } of file.rows.slice(1)) {
      const read = splits.has(line) ? SPLIT : attempt(() => transactionOf(cells, line));
      if (typeof read === 'string') left.push({ line, reason: read });
      else transactions.push(read);
    }
    return { transactions, left };
  },
};

const SPLIT = 'one half of a split or an exchange of shares, to be entered by trader action';

/** All shares go and others come in the same minute for the same value: no trade does that. */
function splitRows({ rows }: ImportFile): ReadonlySet<number> {
  const byMinute = new Map<string, ImportFile['rows'][number][]>();
  for (const row of rows.slice(1)) {
    const [day, time, product] = row.cells;
    const key = [day, time, product, row.cells[VALUE]?.replace('-', '')].join('|');
    byMinute.set(key, [...(byMinute.get(key) ?? []), row]);
  }
  const pairs = [...byMinute.values()].filter((group) => {
    const signs = group.map(({ cells }) => (cells[QUANTITY] ?? '').startsWith('-'));
    const shares = new Set(group.map(({ cells }) => (cells[QUANTITY] ?? '').replace('-', '')));
    return group.length === 2 && signs[0] !== signs[1] && shares.size === 2;
  });
  return new Set(pairs.flat().map(({ line }) => line));
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
