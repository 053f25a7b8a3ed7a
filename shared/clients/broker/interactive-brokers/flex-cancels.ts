/**
 * Trades of a Flex statement that another row cancels: `transactionType` is TradeCancel, or `buySell` ends in `(Ca.)`;
 * `origTransactionID` or `origTradeID` names the trade, quantity and amounts have the opposite sign. Pure.
 */
import type { Attributes } from './flex-xml.ts';

export function isCancel(row: Attributes): boolean {
  return row['transactionType'] === 'TradeCancel' || /\(Ca\.\)$/.test(row['buySell'] ?? '');
}

export function isCancelledBy(trade: Attributes, cancel: Attributes): boolean {
  return (
    isSame(trade['transactionID'], cancel['origTransactionID']) ||
    isSame(trade['tradeID'], cancel['origTradeID'])
  );
}

/** Empty and 0 say that there is none. */
function isSame(id: string | undefined, named: string | undefined): boolean {
  return named !== undefined && named !== '' && named !== '0' && id === named;
}

/** The `transactionID` of the trade that each row cancels; of one that is not in the statement, what names it. */
export function cancelledIds(rows: readonly Attributes[]): ReadonlyMap<Attributes, string> {
  const trades = rows.filter((row) => !isCancel(row));
  const taken = new Set<Attributes>();
  const found = new Map<Attributes, string>();
  for (const row of rows.filter(isCancel)) {
    const trade = trades.find((one) => !taken.has(one) && isCancelledBy(one, row));
    if (trade) taken.add(trade);
    const id = trade?.['transactionID'] ?? row['origTransactionID'] ?? '';
    found.set(row, id === '' ? `with the number ${row['origTradeID'] ?? '?'}` : id);
  }
  return found;
}
