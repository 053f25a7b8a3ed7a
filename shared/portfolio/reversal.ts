/** The movement that reverses a booked one. */
import type { BookedMovement, BrokerFlowKind } from '#shared/clients/broker/broker.ts';
import { Decimal } from '#shared/kernel/decimal.ts';
import { notFound, refused } from '#shared/kernel/failure.ts';
import { Price, PRICE_DECIMALS_MAX } from '#shared/kernel/price.ts';
import type { Book, LedgerEntry } from './model/book.ts';
import type { PostedLine } from './model/booking.ts';

const opposites: Readonly<Partial<Record<LedgerEntry['kind'], BrokerFlowKind>>> = {
  deposit: 'deposit',
  withdrawal: 'withdrawal',
  dividend: 'dividend',
  tax: 'tax',
  interest: 'interest',
  fee: 'fee',
  conversion: 'conversion',
  'transfer-in': 'transfer-out',
  'transfer-out': 'transfer-in',
};

/** Undefined where a line is not undone by one of another kind. */
export function oppositeOf(kind: LedgerEntry['kind']): BrokerFlowKind | undefined {
  return opposites[kind];
}

const FLOW_PREFIX = 'flow-';

/**
 * It has the date of the original, so that the account's history is as if that had never happened.
 * @throws Failure NOT_FOUND; REFUSED not-reversible, with the reason
 */
export function reversalOf(
  lineId: string,
  posted: readonly PostedLine[],
  book: Book,
  reason: string,
): BookedMovement {
  const found = posted.find(({ line }) => line.id === lineId);
  if (!found) throw notFound('line of the ledger', lineId);
  const { line } = found;
  const kind = oppositeOf(line.kind);
  if (!kind || !lineId.startsWith(FLOW_PREFIX))
    throw notReversible(lineId, `a ${line.kind} is what the broker or a corporate action did`);
  if (line.reverses !== undefined)
    throw notReversible(lineId, `it undoes ${line.reverses}; enter that anew instead`);
  if (line.kind === 'transfer-in') requireLot(line, book);
  const { isin, symbol, quantity, happenedAt } = line;
  const flowId = lineId.slice(FLOW_PREFIX.length);
  return {
    flowId: `reversal-${flowId}`,
    kind,
    amount: line.cash.negate(),
    ...(isin && { isin, symbol }),
    ...(quantity && { quantity }),
    ...(kind === 'transfer-in' && costOf(found)),
    ...{ reversesFlowId: flowId, source: 'owner', note: reason, happenedAt },
  };
}

/** The shares come back at what they had cost. */
function costOf({ line, postings }: PostedLine): Pick<BookedMovement, 'price' | 'exchangeRate'> {
  const { quantity, cash } = line;
  const cost = postings
    .filter(({ account }) => account === 'assets:securities')
    .reduce((sum, { amount }) => sum.subtract(amount), cash);
  if (!quantity || cost.sign <= 0) return {};
  const each = cost.amount.divide(quantity, PRICE_DECIMALS_MAX, 'half-even');
  return { price: new Price(each, cost.currency), exchangeRate: Decimal.one };
}

function requireLot({ id, isin, quantity }: LedgerEntry, book: Book): void {
  const lots = isin === undefined ? [] : (book.holdings.get(isin)?.lots ?? []);
  const lot = lots.find(({ lotId }) => lotId === id);
  if (!lot || !quantity || !lot.quantity.equals(quantity))
    throw notReversible(id, 'its shares were sold, transferred or changed since');
}

function notReversible(lineId: string, why: string) {
  return refused('not-reversible', `${lineId} cannot be undone: ${why}.`, {
    lineId,
    field: 'lineId',
  });
}
