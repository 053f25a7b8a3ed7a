/** Trade Republic's export: cash moved is amount + fee + tax, each signed; `symbol` is the ISIN. */
import { dayOf } from '#shared/kernel/calendar-day.ts';
import type { ActionLeg } from './action-legs.ts';
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
  BUY: 'buy',
  SELL: 'sell',
  DIVIDEND: 'dividend',
  DISTRIBUTION: 'dividend',
  INTEREST: 'interest',
  INTEREST_PAYMENT: 'interest',
  CUSTOMER_INBOUND: 'deposit',
  INBOUND: 'deposit',
  DEPOSIT: 'deposit',
  CUSTOMER_INPAYMENT: 'deposit',
  TRANSFER_INBOUND: 'deposit',
  TRANSFER_INSTANT_INBOUND: 'deposit',
  TRANSFER_DIRECT_DEBIT_INBOUND: 'deposit',
  CUSTOMER_OUTBOUND_REQUEST: 'withdrawal',
  TRANSFER_OUTBOUND: 'withdrawal',
  TRANSFER_INSTANT_OUTBOUND: 'withdrawal',
  // What the broker gives is income, as interest is.
  BENEFITS_SAVEBACK: 'interest',
  BONUS: 'interest',
  CUSTOMER_OUTBOUND: 'withdrawal',
  OUTBOUND: 'withdrawal',
  WITHDRAWAL: 'withdrawal',
  FEE: 'fee',
  CARD_ORDERING_FEE: 'fee',
  TAX: 'tax',
  TAX_OPTIMIZATION: 'tax',
};

export const tradeRepublic: ImportFormat = {
  name: 'trade-republic',
  recognises: (file) => hasColumns(file, 'datetime', 'type', 'amount', 'transaction_id'),
  parse: (file) =>
    readRows(file, (cell) => {
      const leg = legOf(cell);
      if (leg) return leg;
      const kind = kinds[cell('type').toUpperCase()];
      if (!kind) return `type "${cell('type')}" is not booked`;
      const [amount, fee, tax] = [number(cell('amount')), number(cell('fee')), number(cell('tax'))];
      const price = number(cell('price'));
      return {
        kind,
        at: moment(cell('datetime')),
        rowId: cell('transaction_id') || undefined,
        isin: cell('symbol') || undefined,
        symbol: cell('name') || undefined,
        quantity: number(cell('shares'))?.absolute(),
        price: price && { amount: price, currency: cell('currency') },
        cash: orZero(amount).add(orZero(fee)).add(orZero(tax)),
        currency: cell('currency'),
        charges: kind === 'buy' || kind === 'sell' ? fee?.absolute() : undefined,
        tax: kind === 'dividend' || kind === 'interest' ? tax?.absolute() : undefined,
      };
    }),
};

const legKinds: readonly (readonly [RegExp, ActionLeg['kind']])[] = [
  [/STOCK_?DIVIDEND|BONUS/, 'stock-dividend'],
  [/SPIN_?OFF/, 'spin-off'],
  [/SPLIT|EXCHANGE|ISIN_?CHANGE/, 'exchange'],
  [/MERGER/, 'merger'],
];

/** Shares that move without cash beside trades and transfers: signed, a row for each security. */
function legOf(cell: Cell): ReadLeg | undefined {
  const type = cell('type').toUpperCase();
  const kind = legKinds.find(([pattern]) => pattern.test(type))?.[1];
  const shares = number(cell('shares'));
  if (!kind || !shares) return undefined;
  const at = moment(cell('datetime'));
  return {
    leg: {
      ...{ kind, at, shares, group: [type, dayOf(at), cell('name') || cell('symbol')].join('|') },
      ...{ isin: cell('symbol') || undefined, symbol: cell('name') || undefined },
      rowId: cell('transaction_id') || undefined,
      ...{ cash: number(cell('amount')), currency: cell('currency') },
    },
  };
}
