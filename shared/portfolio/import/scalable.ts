/** Scalable's export: semicolons and decimal commas; fee and tax are positive, only executed rows count. */
import { dayOf } from '#shared/kernel/calendar-day.ts';
import {
  hasColumns,
  moment,
  number,
  orZero,
  readRows,
  type Cell,
  type ReadLeg,
} from './csv-rows.ts';
import type { ImportFormat, TransactionKind } from './transaction.ts';

const kinds: Readonly<Record<string, TransactionKind>> = {
  ...{ buy: 'buy', 'savings plan': 'buy', sell: 'sell', distribution: 'dividend' },
  ...{ deposit: 'deposit', withdrawal: 'withdrawal', interest: 'interest' },
  ...{ fee: 'fee', taxes: 'tax' },
};

export const scalable: ImportFormat = {
  name: 'scalable',
  recognises: (file) => hasColumns(file, 'date', 'status', 'reference', 'assetType', 'type'),
  parse: (file) =>
    readRows(file, (cell) => {
      if (cell('status') !== 'Executed') return `status "${cell('status')}" is not executed`;
      const leg = legOf(cell);
      if (leg) return leg;
      const kind = kinds[cell('type').toLowerCase()];
      if (!kind) return `type "${cell('type')}" is not booked`;
      const [amount, fee, tax] = ['amount', 'fee', 'tax'].map((name) => number(cell(name), ','));
      const isTrade = kind === 'buy' || kind === 'sell';
      const price = number(cell('price'), ',');
      const cash = orZero(amount);
      return {
        kind,
        at: moment(`${cell('date')}T${cell('time') || '00:00:00'}`),
        rowId: cell('reference') || undefined,
        isin: cell('isin') || undefined,
        symbol: cell('description') || undefined,
        quantity: number(cell('shares'), ',')?.absolute(),
        price: price && { amount: price, currency: cell('currency') },
        // A trade's amount is without them, a distribution's after tax.
        cash: isTrade ? cash.subtract(orZero(fee)).subtract(orZero(tax)) : cash,
        currency: cell('currency'),
        charges: isTrade ? fee?.absolute() : undefined,
        tax: isTrade ? undefined : tax?.absolute(),
      };
    }),
};

/** A corporate action has a row for each security, with signed shares and no cash. */
function legOf(cell: Cell): ReadLeg | undefined {
  const type = cell('type').toLowerCase();
  const shares = number(cell('shares'), ',');
  if (!/corporate action|split|spin-?off/.test(type) || !shares) return undefined;
  const at = moment(`${cell('date')}T${cell('time') || '00:00:00'}`);
  return {
    leg: {
      ...{ kind: /spin/.test(type) ? 'spin-off' : 'exchange', at, shares },
      group: [dayOf(at), cell('description')].join('|'),
      ...{ isin: cell('isin') || undefined, symbol: cell('description') || undefined },
      rowId: cell('reference') || undefined,
      ...{ cash: number(cell('amount'), ','), currency: cell('currency') },
    },
  };
}
