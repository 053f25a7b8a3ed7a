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
  moment,
  number,
  orZero,
  readRows,
  type Cell,
  type ReadAction,
} from './csv-rows.ts';
import {
  importedActionKinds as actionKinds,
  transactionKinds,
  type ImportedActionKind,
  type ImportFormat,
  type SharesRatio,
} from './transaction.ts';

export const plain: ImportFormat = {
  name: 'plain',
  recognises: (file) => hasColumns(file, 'date', 'kind', 'amount', 'currency'),
  parse: (file) =>
    readRows(file, (cell) => {
      const actionKind = actionKinds.find((one) => one === cell('kind').toLowerCase());
      if (actionKind) return { action: actionIn(actionKind, cell) };
      const kind = transactionKinds.find((one) => one === cell('kind').toLowerCase());
      if (!kind)
        return `kind: "${cell('kind')}" is none of ${[...transactionKinds, ...actionKinds].join(', ')}`;
      const [price, quantity] = [number(cell('price')), number(cell('quantity'))];
      return {
        ...common(cell),
        kind,
        quantity: quantity?.absolute(),
        price: price && { amount: price, currency: cell('price_currency') || cell('currency') },
        cash: orZero(number(cell('amount'))),
        currency: cell('currency'),
        charges: number(cell('fee'))?.absolute(),
        tax: number(cell('tax')),
        note: cell('note') || undefined,
        closedLots: kind === 'sell' ? lotsIn(cell('lots'), quantity?.absolute()) : undefined,
      };
    }),
};

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
