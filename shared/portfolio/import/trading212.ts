/** Trading 212's history: the total is what cash moved; prices may be in pence. */
import { Decimal } from '#shared/kernel/decimal.ts';
import { parseQuoteUnit } from '#shared/clients/market-data/csv/format/quote-unit.ts';
import { dayOf } from '#shared/kernel/calendar-day.ts';
import type { ActionLeg } from './action-legs.ts';
import {
  hasColumns,
  headerOf,
  moment,
  number,
  orZero,
  readRows,
  type Cell,
  type ReadLeg,
} from './csv-rows.ts';
import type { ImportFormat, Read, TransactionKind } from './transaction.ts';

const PRICE_DECIMALS = 8;

export const trading212: ImportFormat = {
  name: 'trading212',
  recognises: (file) => hasColumns(file, 'Action', 'Time', 'No. of shares', 'Price / share'),
  parse: (file) => {
    const columns = columnsOf(headerOf(file));
    return readRows(file, (cell) => legOf(cell) ?? transactionOf(cell, columns));
  },
};

/** Files of before 2023 have the account's currency in the header: `Total (GBP)`. */
interface Columns {
  readonly total: string;
  /** Undefined where a column of its own says it. */
  readonly currency: string | undefined;
  readonly fees: readonly string[];
}

const FEES = /\b(?:fee|levy|duty|stamp|transaction tax|ptm)\b/i;

function columnsOf(header: readonly string[]): Columns {
  const old = header.find((name) => /^Total \([A-Z]{3}\)$/.test(name));
  return {
    total: old ?? 'Total',
    currency: old?.slice('Total ('.length, -1),
    fees: header.filter((name) => FEES.test(name) && !name.startsWith('Currency (')),
  };
}

function transactionOf(cell: Cell, columns: Columns): Read {
  const kind = kindOf(cell('Action'));
  if (!kind) return `action "${cell('Action')}" is not booked`;
  const currency = columns.currency ?? cell('Currency (Total)');
  const total = orZero(number(cell(columns.total)));
  const isIncome = kind === 'dividend' || kind === 'interest';
  const paidOut = kind === 'buy' || kind === 'withdrawal';
  return {
    kind,
    at: moment(cell('Time')),
    rowId: cell('ID') || undefined,
    isin: cell('ISIN') || undefined,
    symbol: cell('Ticker') || undefined,
    quantity: number(cell('No. of shares'))?.absolute(),
    price: kind === 'buy' || kind === 'sell' ? priceOf(cell) : undefined,
    // Income that is taken back is negative; elsewhere the sign differs from file to file.
    cash: isIncome ? total : paidOut ? total.absolute().negate() : total.absolute(),
    currency,
    charges: feesIn(cell, columns.fees, currency),
    tax: kind === 'dividend' ? withheld(cell, total, currency) : undefined,
  };
}

/**
 * The tax withheld, in the account's currency. Where it is in the dividend's, the dividend a share says what the net
 * total would have been in it, and so the rate.
 */
function withheld(cell: Cell, total: Decimal, currency: string): Decimal | undefined {
  const tax = orZero(number(cell('Withholding tax')));
  const stated = parseQuoteUnit(cell('Currency (Withholding tax)') || currency);
  if (tax.sign <= 0 || total.sign <= 0) return undefined;
  const amount = tax.divide(Decimal.of(stated.perCurrency), PRICE_DECIMALS, 'half-even');
  if (stated.currency === currency) return amount;
  const price = priceOf(cell);
  const gross = price?.amount.multiply(orZero(number(cell('No. of shares'))));
  if (!gross || price?.currency !== stated.currency || gross.compare(amount) <= 0) return undefined;
  return amount.multiply(total).divide(gross.subtract(amount), PRICE_DECIMALS, 'half-even');
}

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
function feesIn(cell: Cell, columns: readonly string[], currency: string): Decimal | undefined {
  const own = columns.filter((name) => {
    const inName = /\(([A-Z]{3})\)$/.exec(name)?.[1];
    return (inName ?? cell(`Currency (${name})`)) === currency;
  });
  if (own.length === 0) return undefined;
  return own.reduce((sum, name) => sum.add(orZero(number(cell(name))).absolute()), Decimal.zero);
}
