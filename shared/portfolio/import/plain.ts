/**
 * The plain file: `date,kind,isin,symbol,quantity,price,price_currency,amount,currency,fee,tax,id`. The
 * amount is the change of the cash balance, everything included.
 */
import { hasColumns, moment, number, orZero, readRows } from './csv-rows.ts';
import type { ImportFormat, TransactionKind } from './transaction.ts';

const kinds: readonly TransactionKind[] = [
  ...(['buy', 'sell', 'dividend', 'tax', 'interest', 'fee'] as const),
  ...(['deposit', 'withdrawal', 'transfer-in', 'transfer-out'] as const),
];

export const plain: ImportFormat = {
  name: 'plain',
  recognises: (file) => hasColumns(file, 'date', 'kind', 'amount', 'currency'),
  parse: (file) =>
    readRows(file, (cell) => {
      const kind = kinds.find((one) => one === cell('kind').toLowerCase());
      if (!kind) return `kind: "${cell('kind')}" is none of ${kinds.join(', ')}`;
      const [price, quantity] = [number(cell('price')), number(cell('quantity'))];
      return {
        kind,
        at: moment(cell('date')),
        rowId: cell('id') || undefined,
        isin: cell('isin') || undefined,
        symbol: cell('symbol') || undefined,
        quantity: quantity?.absolute(),
        price: price && { amount: price, currency: cell('price_currency') || cell('currency') },
        cash: orZero(number(cell('amount'))),
        currency: cell('currency'),
        charges: number(cell('fee'))?.absolute(),
        tax: number(cell('tax'))?.absolute(),
      };
    }),
};
