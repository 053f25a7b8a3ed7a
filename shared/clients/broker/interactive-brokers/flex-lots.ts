/**
 * Closed lots of a Flex statement (the option Closed Lots of its section Trades). A row `Lot`, or one with the level of
 * detail CLOSED_LOT, follows the execution that closed it: `dateTime` is that execution's, `openDateTime` and
 * `transactionID` are those of the trade that opened the lot, `quantity` has no sign. Pure.
 */
import type { ClosedLot } from '#shared/kernel/closed-lot.ts';
import { Decimal } from '#shared/kernel/decimal.ts';
import { decimalOrZero, instantIn } from './flex-values.ts';
import type { Attributes } from './flex-xml.ts';

/** A row of the section Trades, in the order of the document. */
export interface TradeRow {
  /** Name of the element; `Trade` of a csv. */
  readonly name: string;
  readonly row: Attributes;
}

/** By `tradeKey` of the sale. A sale whose lots exceed it is left out: it cannot be read so. */
export function closedLotsOf(rows: readonly TradeRow[]): ReadonlyMap<string, readonly ClosedLot[]> {
  const found = new Map<
    string,
    { readonly sale: Attributes; readonly lots: Map<string, Attributes> }
  >();
  let sale: Attributes | undefined;
  for (const { name, row } of rows) {
    if (isExecution(name, row)) sale = row;
    if (!sale || !isClosedLot({ name, row }) || !closes(row, sale)) continue;
    const key = tradeKey(sale);
    const known = found.get(key) ?? { sale, lots: new Map<string, Attributes>() };
    // A query that has the section twice has each row twice, after its execution.
    known.lots.set(JSON.stringify(row), row);
    found.set(key, known);
  }
  return new Map(
    [...found]
      .map(
        ([key, one]) =>
          [key, [...one.lots.values()].map((lot) => closedLot(lot, one.sale))] as const,
      )
      .filter(([key, lots]) => !exceeds(lots, found.get(key)?.sale ?? {})),
  );
}

/** Of `2026-03-31`, the longest form of a day. */
const DAY_LENGTH = 10;

export function tradeKey(row: Attributes): string {
  return row['transactionID'] || row['tradeID'] || JSON.stringify(row);
}

function isClosedLot({ name, row }: TradeRow): boolean {
  return name === 'Lot' || row['levelOfDetail'] === 'CLOSED_LOT';
}

function isExecution(name: string, row: Attributes): boolean {
  const level = row['levelOfDetail'] ?? '';
  return name === 'Trade' && (level === '' || level === 'EXECUTION');
}

function closes(lot: Attributes, sale: Attributes): boolean {
  const isSame = (name: string): boolean => !lot[name] || !sale[name] || lot[name] === sale[name];
  return decimalOrZero(sale, 'quantity').sign < 0 && ['isin', 'symbol', 'dateTime'].every(isSame);
}

function closedLot(lot: Attributes, sale: Attributes): ClosedLot {
  const [opened, closed] = [lot['transactionID'] ?? '', sale['transactionID'] ?? ''];
  const text = lot['openDateTime'] ?? '';
  return {
    ...(opened !== '' && opened !== closed && { openedBy: opened }),
    ...(text !== '' && { openedAt: instantIn(lot, 'openDateTime') }),
    ...(text !== '' && text.length <= DAY_LENGTH && { isDayOnly: true }),
    quantity: decimalOrZero(lot, 'quantity').absolute(),
  };
}

function exceeds(lots: readonly ClosedLot[], sale: Attributes): boolean {
  const sum = lots.reduce((all, { quantity }) => all.add(quantity), Decimal.zero);
  return sum.compare(decimalOrZero(sale, 'quantity').absolute()) > 0;
}
