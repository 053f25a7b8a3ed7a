/**
 * The plain file: `date,kind,isin,symbol,quantity,price,price_currency,amount,currency,fee,tax,id`. The amount is the
 * change of the cash balance, everything included. A corporate action has `ratio`, `new_isin`, `new_symbol` and
 * `cost_ratio` as well; a sale may have `lots`.
 */
import type { ClosedLot } from '#shared/kernel/closed-lot.ts';
import { Decimal } from '#shared/kernel/decimal.ts';
import { invalidRequest } from '#shared/kernel/failure.ts';
import {
  hasColumns,
  headerOf,
  number,
  orZero,
  readRows,
  type Cell,
  type ReadAction,
} from './csv-rows.ts';
import { moment } from './moments.ts';
import {
  importedActionKinds as actionKinds,
  transactionKinds,
  type ImportedActionKind,
  type ImportFile,
  type ImportFormat,
  type SharesRatio,
  type TransactionKind,
} from './transaction.ts';

export const plain: ImportFormat = {
  name: 'plain',
  idsAreUnique: true,
  recognises: (file) => hasColumns(inLowerCase(file), 'date', 'kind', 'amount', 'currency'),
  parse: (stated) => {
    const file = inLowerCase(stated);
    requireEachOnce(headerOf(file));
    return readRows(file, (cell) => {
      const actionKind = actionKinds.find((one) => one === cell('kind').toLowerCase());
      if (actionKind) return { action: actionIn(actionKind, cell) };
      const kind = transactionKinds.find((one) => one === cell('kind').toLowerCase());
      if (!kind)
        return `kind: "${cell('kind')}" is none of ${[...transactionKinds, ...actionKinds].join(', ')}`;
      const [price, quantity] = [number(cell('price')), number(cell('quantity'))];
      requireTerms(kind, cell, { price, quantity });
      return {
        ...common(cell),
        kind,
        quantity: quantity?.absolute(),
        price: price && { amount: price, currency: cell('price_currency') || cell('currency') },
        isPriceOfShare: true,
        cash: orZero(number(cell('amount'))),
        currency: cell('currency'),
        charges: number(cell('fee'))?.absolute(),
        tax: number(cell('tax')),
        note: cell('note') || undefined,
        closedLots: kind === 'sell' ? lotsIn(cell('lots'), quantity?.absolute()) : undefined,
      };
    });
  },
};

/** The names of columns in any case. */
function inLowerCase({ rows: [header, ...others], ...file }: ImportFile): ImportFile {
  if (!header) return { ...file, rows: [] };
  const cells = header.cells.map((name) => name.toLowerCase());
  return { ...file, rows: [{ ...header, cells }, ...others] };
}

function requireEachOnce(header: readonly string[]): void {
  const twice = header.find((name, i) => name !== '' && header.indexOf(name) < i);
  if (twice !== undefined)
    throw invalidRequest({ field: 'content', message: `the column ${twice} comes twice` });
}

interface Terms {
  readonly price: Decimal | undefined;
  readonly quantity: Decimal | undefined;
}

/** What contradicts itself is a typing error, and which of its figures is right nobody knows. */
function requireTerms(kind: TransactionKind, cell: Cell, { price, quantity }: Terms): void {
  const wrong = (message: string) => invalidRequest({ field: 'amount', message });
  const [amount, charges, tax] = [number(cell('amount')), number(cell('fee')), number(cell('tax'))];
  const isTransfer = kind === 'transfer-in' || kind === 'transfer-out';
  if (!isTransfer && !amount) throw wrong('is needed: the change of the cash balance');
  if (!isTransfer && amount?.sign === 0 && !tax) throw wrong('is not 0');
  if (amount && amount.sign !== 0 && cell('currency') === '')
    throw invalidRequest({ field: 'currency', message: 'is needed' });
  if (kind === 'buy' && quantity && quantity.sign < 0)
    throw invalidRequest({ field: 'quantity', message: 'of a purchase is above 0' });
  if ((kind !== 'buy' && kind !== 'sell') || !amount || !quantity) return;
  const costs = orZero(charges).absolute().add(orZero(tax).absolute());
  if (kind === 'buy' && costs.compare(amount.absolute()) > 0)
    throw wrong(`pays ${amount.absolute()}, and fee and tax are ${costs}`);
  const own = cell('currency') === (cell('price_currency') || cell('currency'));
  if (!price || price.sign <= 0 || !own) return;
  const worth = price.multiply(quantity.absolute());
  const off = worth.subtract(amount.absolute()).absolute().subtract(costs);
  if (off.compare(worth.multiply(OFF_RATIO_MAX)) > 0 && off.compare(Decimal.one) > 0)
    throw wrong(
      `is ${amount.absolute()}, and ${quantity.absolute()} shares at ${price} are ${worth}`,
    );
}

/** Costs that are not said beside a trade are a small part of it. */
const OFF_RATIO_MAX = Decimal.parse('0.5');

/** Which lots a sale closed: `b-1:10; 2024-01-05:2`, each by the id or the day of its purchase, with its shares. */
function lotsIn(text: string, sold: Decimal | undefined): readonly ClosedLot[] | undefined {
  if (text === '') return undefined;
  const lots = text.split(';').map((part) => lotIn(part.trim()));
  const sum = lots.reduce((all, { quantity }) => all.add(quantity), Decimal.zero);
  if (!sold || sum.compare(sold) <= 0) return lots;
  throw wrongLots(`they are ${sum} shares, and ${sold} were sold`);
}

function lotIn(text: string): ClosedLot {
  const [, opened = '', shares = ''] = /^(.+?) ?: ?([\d.,]+)$/.exec(text) ?? [];
  const quantity = opened === '' ? undefined : number(shares);
  if (!quantity || quantity.sign <= 0) throw wrongLots(`"${text}" is not like b-1:10`);
  return /^\d{4}-\d\d-\d\d$/.test(opened)
    ? { openedAt: moment(opened), isDayOnly: true, quantity }
    : { openedBy: opened, quantity };
}

function wrongLots(message: string) {
  return invalidRequest({ field: 'lots', message });
}

function common(cell: Cell) {
  return {
    at: moment(cell('date')),
    rowId: cell('id') || undefined,
    isin: cell('isin') || undefined,
    symbol: cell('symbol') || undefined,
  };
}

/** The quantity is what there is afterwards: of the security itself, or of the new one. */
function actionIn(kind: ImportedActionKind, cell: Cell): ReadAction['action'] {
  const quantity = number(cell('quantity'));
  const isOwn = kind === 'split' || kind === 'stock-dividend';
  const amount = number(cell('amount'));
  return {
    ...common(cell),
    kind,
    ...{ newIsin: cell('new_isin') || undefined, newSymbol: cell('new_symbol') || undefined },
    ratio: ratioIn(cell('ratio')),
    ...(isOwn ? { sharesAfter: quantity } : { sharesReceived: quantity }),
    costRatio: number(cell('cost_ratio')),
    ...{ cash: amount?.sign === 0 ? undefined : amount, currency: cell('currency') },
  };
}

function ratioIn(text: string): SharesRatio | undefined {
  if (text === '') return undefined;
  const [, newShares, oldShares] = /^(\d+(?:\.\d+)?) ?[:/] ?(\d+(?:\.\d+)?)$/.exec(text) ?? [];
  if (newShares === undefined || oldShares === undefined)
    throw invalidRequest({ field: 'ratio', message: `"${text}" is not like 4:1` });
  return { newShares: Decimal.parse(newShares), oldShares: Decimal.parse(oldShares) };
}
