/**
 * Maps a broker's fills and flows to ledger lines. The line's id is the broker's, so each is booked
 * once.
 */
import type { ClosedLot } from '#shared/kernel/closed-lot.ts';
import { RunningFold } from '#shared/kernel/collections/running-fold.ts';
import type { Currency } from '#shared/kernel/currency.ts';
import { Decimal } from '#shared/kernel/decimal.ts';
import type { Instant } from '#shared/kernel/instant.ts';
import type { Isin } from '#shared/kernel/isin.ts';
import type { Money } from '#shared/kernel/money.ts';
import type { Price } from '#shared/kernel/price.ts';
import type { Quantity } from '#shared/kernel/quantity.ts';
import type { LedgerEntry } from './book.ts';
import type { LotMethod } from './lots.ts';

/** An execution: exact and final. */
export interface ReportedFill {
  readonly fillId: string;
  readonly isin: Isin;
  readonly symbol: string;
  readonly side: 'BUY' | 'SELL';
  readonly quantity: Quantity;
  readonly price: Price;
  readonly exchangeRate: Decimal;
  readonly settlement: Money;
  readonly commission?: Money | undefined;
  readonly fees?: Money | undefined;
  /** They are not stated yet and come as a flow of kind `fee`. */
  readonly awaitsCharges?: boolean | undefined;
  /** The settlement was rounded here; the broker's cash may differ by a minor unit. */
  readonly isRounded?: boolean | undefined;
  /** Of a sale: which lots it closed, where the broker states them. */
  readonly closedLots?: readonly ClosedLot[] | undefined;
  /** The fill that this one takes back, in the other direction. */
  readonly cancels?: string | undefined;
  readonly executedAt: Instant;
}

/** Money or shares that came or went without an order. */
export interface ReportedFlow {
  readonly flowId: string;
  readonly kind:
    | 'deposit'
    | 'withdrawal'
    | 'dividend'
    | 'tax'
    | 'interest'
    | 'conversion'
    | 'fee'
    | 'transfer-in'
    | 'transfer-out'
    | 'buy'
    | 'sell';
  readonly amount: Money;
  readonly isin?: Isin | undefined;
  readonly quantity?: Quantity | undefined;
  readonly price?: Price | undefined;
  readonly exchangeRate?: Decimal | undefined;
  readonly reversesFlowId?: string | undefined;
  /** Of a sale that is reversed: the lot whose shares come back, and when they were acquired. */
  readonly restores?: { readonly lotId: string; readonly acquiredAt: Instant } | undefined;
  readonly charges?: Money | undefined;
  /** Of a sale: which lots it closed, where its file states them. */
  readonly closedLots?: readonly ClosedLot[] | undefined;
  readonly source?: string | undefined;
  readonly note?: string | undefined;
  readonly happenedAt: Instant;
}

export function fillLine(fill: ReportedFill, recordedAt: Instant): LedgerEntry {
  return {
    id: `fill-${fill.fillId}`,
    kind: fill.side === 'BUY' ? 'buy' : 'sell',
    isin: fill.isin,
    symbol: fill.symbol,
    quantity: fill.quantity,
    price: fill.price,
    exchangeRate: fill.exchangeRate,
    cash: fill.settlement,
    ...chargesOf(fill),
    ...(fill.closedLots && { closedLots: fill.closedLots }),
    happenedAt: fill.executedAt,
    recordedAt,
  };
}

function chargesOf({ commission, fees }: ReportedFill): { charges?: Money } {
  const charges = commission && fees ? commission.add(fees) : (commission ?? fees);
  return charges ? { charges } : {};
}

/** @param symbol of the security, where the flow names one */
export function flowLine(
  flow: ReportedFlow,
  symbol: string | undefined,
  recordedAt: Instant,
): LedgerEntry {
  return {
    id: `flow-${flow.flowId}`,
    kind: flow.kind,
    ...(flow.isin && { isin: flow.isin, symbol: symbol ?? flow.isin }),
    ...(flow.quantity && { quantity: flow.quantity }),
    ...(flow.price && { price: flow.price }),
    ...(flow.exchangeRate && { exchangeRate: flow.exchangeRate }),
    cash: flow.amount,
    ...reversalOf(flow),
    ...(flow.charges && { charges: flow.charges }),
    ...(flow.closedLots && { closedLots: flow.closedLots }),
    ...(flow.source !== undefined && { source: flow.source }),
    ...(flow.note !== undefined && { note: flow.note }),
    happenedAt: flow.happenedAt,
    recordedAt,
  };
}

/** Shares that are taken back leave the lot that they made; those given back return to theirs. */
function reversalOf({ kind, reversesFlowId, restores }: ReportedFlow): Partial<LedgerEntry> {
  if (reversesFlowId === undefined) return {};
  const reverses = `flow-${reversesFlowId}`;
  if (restores) return { reverses, lotIds: [restores.lotId], acquiredAt: restores.acquiredAt };
  if (kind !== 'transfer-out' && kind !== 'sell') return { reverses };
  return { reverses, lotMethod: 'specific', lotIds: [reverses] };
}

/**
 * Records on each line that takes shares which lots it takes, so that the line books the same after
 * the setting changes. A line without a method takes the oldest first. What was reported of a sale
 * stays with it only where the method is `specific`.
 */
export function withLotMethod(lines: readonly LedgerEntry[], method: LotMethod): LedgerEntry[] {
  return lines.map((line) => methodRecorded(line, method));
}

function methodRecorded(line: LedgerEntry, method: LotMethod): LedgerEntry {
  const { closedLots, ...rest } = line;
  const plain = closedLots && method !== 'specific' ? rest : line;
  const takes = method !== 'fifo' && !line.lotMethod && (sharesMoved(line)?.sign ?? 0) < 0;
  return takes ? { ...plain, lotMethod: method } : plain;
}

/** At equal times, credits are booked before debits. */
const rank: Record<LedgerEntry['kind'], number> = {
  // Before the market opens: what was held before has been split, renamed or paid out.
  split: -1,
  'stock-dividend': -1,
  'spin-off': -1,
  merger: -1,
  rename: -1,
  delisting: -1,
  'cash-in-lieu': -0.5,
  deposit: 0,
  'transfer-in': 0,
  'external-in': 0,
  dividend: 1,
  interest: 1,
  conversion: 1,
  tax: 1,
  buy: 1,
  sell: 2,
  fee: 3,
  'transfer-out': 3,
  'external-out': 3,
  withdrawal: 4,
  'external-cash': 4,
  charges: 4,
  rounding: 4,
};

/**
 * What moved shares is undone after all other lines, the last one first; of one moment in the order given,
 * actions at the end as they came before the market opened.
 */
export function inOrder(lines: readonly LedgerEntry[]): LedgerEntry[] {
  const inTime = lines
    .filter((line) => !undoesShares(line))
    .sort((a, b) => a.happenedAt - b.happenedAt || rank[a.kind] - rank[b.kind]);
  const isAction = ({ restores }: LedgerEntry): number => (restores ? 1 : 0);
  const undone = lines
    .filter(undoesShares)
    .sort((a, b) => b.happenedAt - a.happenedAt || isAction(a) - isAction(b));
  return [...inTime, ...undone];
}

function undoesShares({ kind, reverses, restores }: LedgerEntry): boolean {
  return reverses !== undefined && (movers.has(kind) || restores !== undefined);
}

const movers: ReadonlySet<LedgerEntry['kind']> = new Set([
  ...(['buy', 'sell', 'transfer-in', 'transfer-out'] as const),
]);

/**
 * Shares a line brings (positive) or takes; undefined where it moves none. What a corporate action
 * makes of shares depends on those that are held, and is not among them.
 */
export function sharesMoved(line: LedgerEntry): Decimal | undefined {
  if (!line.quantity || line.isin === undefined) return undefined;
  switch (line.kind) {
    case 'buy':
    case 'transfer-in':
    case 'external-in':
      return line.quantity;
    case 'sell':
    case 'cash-in-lieu':
    case 'transfer-out':
    case 'external-out':
      return line.quantity.negate();
    default:
      return undefined;
  }
}

/** Whether a line changes lots: trades, deliveries and corporate actions. */
export function movesShares({ kind }: LedgerEntry): boolean {
  return !cashOnly.has(kind);
}

const cashOnly: ReadonlySet<LedgerEntry['kind']> = new Set([
  'deposit',
  'withdrawal',
  'dividend',
  'tax',
  'interest',
  'conversion',
  'fee',
  'external-cash',
  'charges',
  'rounding',
] satisfies LedgerEntry['kind'][]);

/** Whether a corporate action changed the lots of a security. */
export function actsOn(line: LedgerEntry, isin: Isin): boolean {
  const isPlain = !movesShares(line) || sharesMoved(line) !== undefined;
  return !isPlain && changeOf(line, isin) !== undefined;
}

/** Every change of a number of shares that a line makes, corporate actions included. */
function shareChanges(line: LedgerEntry): readonly (readonly [Isin, Decimal])[] {
  const { isin, newIsin, quantity, restores } = line;
  if (isin === undefined) return [];
  if (restores) return restores.map((lots) => [lots.isin, lots.change]);
  const held = line.heldQuantity ?? Decimal.zero;
  const received = newIsin && quantity ? [[newIsin, quantity] as const] : [];
  switch (line.kind) {
    case 'split':
    case 'stock-dividend':
      return quantity ? [[isin, quantity.subtract(held)]] : [];
    case 'spin-off':
      return received;
    case 'merger':
    case 'delisting':
      return [[isin, held.negate()], ...received];
    case 'rename':
      return newIsin
        ? [
            [isin, held.negate()],
            [newIsin, held],
          ]
        : [];
    default: {
      const moved = sharesMoved(line);
      return moved ? [[isin, moved]] : [];
    }
  }
}

/** Every security that a ledger names: also those that an action brought. */
export function securitiesIn(ledger: readonly LedgerEntry[]): ReadonlySet<Isin> {
  return new Set(ledger.flatMap(({ isin, newIsin }) => [isin ?? [], newIsin ?? []].flat()));
}

/** Every currency whose balance a ledger moved. */
export function currenciesIn(ledger: readonly LedgerEntry[]): ReadonlySet<Currency> {
  return new Set(movedIn.of(ledger));
}

const movedIn = new RunningFold<LedgerEntry, Set<Currency>>(
  () => new Set(),
  (currencies, { cash }) => currencies.add(cash.currency),
);

/** The change of one security's shares; undefined where the line leaves them alone. */
export function changeOf(line: LedgerEntry, isin: Isin): Decimal | undefined {
  const found = shareChanges(line).filter(([changed]) => changed === isin);
  return found.length === 0
    ? undefined
    : found.reduce((sum, [, change]) => sum.add(change), Decimal.zero);
}
