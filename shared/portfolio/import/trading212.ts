/** Trading 212's history: the total is what cash moved; prices may be in pence. */
import { Decimal } from '#shared/kernel/decimal.ts';
import { parseQuoteUnit } from '#shared/clients/market-data/csv/format/quote-unit.ts';
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

const PRICE_DECIMALS = 8;

export const trading212: ImportFormat = {
  name: 'trading212',
  recognises: (file) => hasColumns(file, 'Action', 'Time', 'No. of shares', 'Price / share'),
  parse: (file) =>
    readRows(file, (cell) => {
      const leg = legOf(cell);
      if (leg) return leg;
      const kind = kindOf(cell('Action'));
      if (!kind) return `action "${cell('Action')}" is not booked`;
      const total = orZero(number(cell('Total'))).absolute();
      const quantity = number(cell('No. of shares'))?.absolute();
      const paidOut = kind === 'buy' || kind === 'withdrawal' || kind === 'fee';
      return {
        kind,
        at: moment(cell('Time')),
        rowId: cell('ID') || undefined,
        isin: cell('ISIN') || undefined,
        symbol: cell('Ticker') || undefined,
        quantity,
        price: kind === 'buy' || kind === 'sell' ? priceOf(cell) : undefined,
        cash: paidOut ? total.negate() : total,
        currency: cell('Currency (Total)'),
        charges: feesIn(cell),
      };
    }),
};

/** A split closes all shares and opens the new ones, in a row each. */
function legOf(cell: Cell): ReadLeg | undefined {
  const [, what, side] =
    /^(stock split|stock distribution|spin-?off|merger|ticker change) *(open|close)?$/i.exec(
      cell('Action'),
    ) ?? [];
  if (what === undefined) return undefined;
  const shares = orZero(number(cell('No. of shares'))).absolute();
  const at = moment(cell('Time'));
  return {
    leg: {
      ...{ kind: legKinds[what.toLowerCase()] ?? 'exchange', at },
      group: [what.toLowerCase(), dayOf(at), cell('Ticker') || cell('ISIN')].join('|'),
      ...{ isin: cell('ISIN') || undefined, symbol: cell('Ticker') || undefined },
      shares: side?.toLowerCase() === 'close' ? shares.negate() : shares,
      rowId: cell('ID') || undefined,
    },
  };
}

const legKinds: Readonly<Record<string, ActionLeg['kind']>> = {
  ...{ 'stock distribution': 'stock-dividend', 'spin-off': 'spin-off', spinoff: 'spin-off' },
};

function kindOf(action: string): TransactionKind | undefined {
  const text = action.toLowerCase();
  if (/\bbuy$/.test(text)) return 'buy';
  if (/\bsell$/.test(text)) return 'sell';
  if (text.startsWith('dividend')) return 'dividend';
  if (text.includes('interest')) return 'interest';
  if (text === 'deposit') return 'deposit';
  return text === 'withdrawal' ? 'withdrawal' : undefined;
}

function priceOf(cell: Cell) {
  const amount = number(cell('Price / share'));
  const stated = cell('Currency (Price / share)');
  if (!amount || stated === '') return undefined;
  const { currency, perCurrency } = parseQuoteUnit(stated);
  const exact = amount.divide(Decimal.of(perCurrency), PRICE_DECIMALS, 'half-even');
  return { amount: exact.normalize(), currency };
}

/** Only those that are in the currency of the total are part of it in numbers. */
function feesIn(cell: Cell): Decimal | undefined {
  const total = cell('Currency (Total)');
  const names = [
    'Currency conversion fee',
    'Stamp duty reserve tax',
    'Finra fee',
    'Transaction fee',
  ];
  const fees = names.filter((name) => cell(`Currency (${name})`) === total);
  if (fees.length === 0) return undefined;
  return fees.reduce((sum, name) => sum.add(orZero(number(cell(name))).absolute()), Decimal.zero);
}
