/** Trading 212's history: the total is what cash moved; prices may be in pence. */
import { Decimal } from '#shared/kernel/decimal.ts';
import { parseQuoteUnit } from '#shared/clients/market-data/csv/format/quote-unit.ts';
import { dayOf } from '#shared/kernel/calendar-day.ts';
import type { ActionLeg } from './action-legs.ts';
import {
  cellOf,
  hasColumns,
  number,
  orZero,
  readRows,
  type Cell,
  type ReadLeg,
} from './csv-rows.ts';
import { moment } from './moments.ts';
import { flowKind, unknownRow } from './cash-rows.ts';
import type { ImportFile, ImportFormat, Read, TransactionKind } from './transaction.ts';

const PRICE_DECIMALS = 8;

export const trading212: ImportFormat = {
  name: 'trading212',
  idsAreUnique: true,
  recognises: (file) => hasColumns(file, 'Action', 'Time', 'No. of shares', 'Price / share'),
  parse: (file) => {
    const columns = columnsOf(file);
    return readRows(file, (cell) =>
      CONVERSION.test(cell('Action'))
        ? conversionOf(cell)
        : (legOf(cell) ?? transactionOf(cell, columns)),
    );
  },
};

/** Files of before 2023 have the account's currency in the header: `Total (GBP)`. */
interface Columns {
  readonly total: string;
  /** Undefined where a column of its own says it. */
  readonly currency: string | undefined;
  readonly fees: readonly string[];
  /** Money that leaves is negative; in older files it is not. */
  readonly hasSigns: boolean;
}

const CONVERSION = /^currency conversion$/i;
const LEAVING = /^(?:withdrawal|card debit)/i;
const FEES = /\b(?:fee|levy|duty|stamp|transaction tax|ptm)\b/i;

function columnsOf({ rows }: ImportFile): Columns {
  const header = rows[0]?.cells ?? [];
  const old = header.find((name) => /^Total \([A-Z]{3}\)$/.test(name));
  const total = old ?? 'Total';
  const leaving = rows.filter(({ cells }) => LEAVING.test(cellOf(header, cells)('Action')));
  return {
    hasSigns: leaving.some(({ cells }) => cellOf(header, cells)(total).startsWith('-')),
    total,
    currency: old?.slice('Total ('.length, -1),
    fees: header.filter((name) => FEES.test(name) && !name.startsWith('Currency (')),
  };
}

function transactionOf(cell: Cell, columns: Columns): Read {
  const action = cell('Action');
  const currency = columns.currency ?? cell('Currency (Total)');
  const total = orZero(number(cell(columns.total)));
  const found = kindOf(action);
  if (!found) return unknownRow(`action "${action}"`, total, currency);
  const shares = number(cell('No. of shares'));
  const isUnsigned = found === 'withdrawal' && !columns.hasSigns;
  const kind = isUnsigned ? found : flowKind(found, total, shares);
  const isSigned = kind === 'dividend' || kind === 'interest';
  const paidOut = kind === 'buy' || kind === 'withdrawal' || kind === 'fee';
  return {
    kind,
    at: moment(cell('Time')),
    rowId: cell('ID') || undefined,
    isin: cell('ISIN') || undefined,
    symbol: cell('Ticker') || undefined,
    quantity: shares?.absolute(),
    price: kind === 'dividend' ? undefined : priceOf(cell),
    // Income that is taken back is negative; elsewhere the sign differs from file to file.
    cash: isSigned ? total : paidOut ? total.absolute().negate() : total.absolute(),
    currency,
    charges: feesIn(cell, columns.fees, currency),
    tax: kind === 'dividend' ? withheld(cell, total, currency) : undefined,
    note: noteOf(cell, found),
  };
}

/** What a payment was for. */
function noteOf(cell: Cell, kind: TransactionKind): string | undefined {
  if (kind !== 'deposit' && kind !== 'withdrawal' && kind !== 'fee') return undefined;
  const texts = [cell('Action'), cell('Merchant name'), cell('Merchant category'), cell('Notes')];
  return texts.filter((text, i) => text !== '' && texts.indexOf(text) === i).join(', ');
}

/**
 * An exchange of two balances, in one row. Its own fee is in what arrives. A file with one balance has only its
 * total, which is 0.
 */
function conversionOf(cell: Cell): readonly Read[] {
  const [from, to] = ['Currency conversion from amount', 'Currency conversion to amount'];
  const [paid, got] = [number(cell(from)), number(cell(to))];
  if (!paid || !got)
    return /[1-9]/.test(cell('Total'))
      ? ['an exchange of currencies without its two amounts: export the history again']
      : [];
  const common = {
    kind: 'conversion',
    at: moment(cell('Time')),
    rowId: cell('ID') || undefined,
  } as const;
  return [
    { ...common, cash: paid.absolute().negate(), currency: cell(`Currency (${from})`) },
    { ...common, cash: got.absolute(), currency: cell(`Currency (${to})`) },
  ];
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
    /^(stock split|stock distribution|spin[- ]?off|merger|ticker change) *(open|close)?$/i.exec(
      cell('Action'),
    ) ?? [];
  if (what === undefined) return undefined;
  const shares = orZero(number(cell('No. of shares'))).absolute();
  const at = moment(cell('Time'));
  return {
    leg: {
      ...{ kind: legKinds[what.toLowerCase().replace(/[- ]?off/, '-off')] ?? 'exchange', at },
      group: [what.toLowerCase(), dayOf(at), cell('Ticker') || cell('ISIN')].join('|'),
      ...{ isin: cell('ISIN') || undefined, symbol: cell('Ticker') || undefined },
      shares: side?.toLowerCase() === 'close' ? shares.negate() : shares,
      rowId: cell('ID') || undefined,
    },
  };
}

const legKinds: Readonly<Record<string, ActionLeg['kind']>> = {
  ...{ 'stock distribution': 'stock-dividend', 'spin-off': 'spin-off' },
};

/** The first that fits. */
const kinds: readonly (readonly [RegExp, TransactionKind])[] = [
  [/\bbuy$/, 'buy'],
  [/\bsell$/, 'sell'],
  [/^dividend/, 'dividend'],
  [/interest/, 'interest'],
  [/card cost|\bfees?\b/, 'fee'],
  [/^withdrawal|card debit/, 'withdrawal'],
  [/^deposit|card|cashback|bonus|referral|free share|gift|promotion|refund|top[- ]?up/, 'deposit'],
];

function kindOf(action: string): TransactionKind | undefined {
  const text = action.toLowerCase();
  return kinds.find(([pattern]) => pattern.test(text))?.[1];
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
