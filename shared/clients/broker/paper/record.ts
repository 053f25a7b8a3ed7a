/**
 * How the paper book is stored: one document with the live orders as tuples, and a list of the settled ones, to
 * which each is appended once, so that years of history do not slow down each call.
 */
import * as z from 'zod';
import { atFirstUse } from '#shared/kernel/at-first-use.ts';
import type { BrokerCorporateAction, BrokerFlow } from '#shared/clients/broker/broker.ts';
import { parseCurrency } from '#shared/kernel/currency.ts';
import { Decimal } from '#shared/kernel/decimal.ts';
import { dataCorrupt } from '#shared/kernel/failure.ts';
import type { AccountId } from '#shared/kernel/identifiers.ts';
import type { Instant } from '#shared/kernel/instant.ts';
import { parseIsin, type Isin } from '#shared/kernel/isin.ts';
import { Money } from '#shared/kernel/money.ts';
import { Price } from '#shared/kernel/price.ts';
import {
  encode,
  storedClosedLots,
  storedCurrency,
  storedDay,
  storedDecimal,
  storedInstant,
  storedIsin,
  storedMoney,
  storedPrice,
} from '#shared/redis/codec.ts';
import { KeptRows } from './kept-rows.ts';
import { isLive, type PaperBook, type PaperHolding, type PaperOrder } from './paper-book.ts';

const cover = atFirstUse(() =>
  z.strictObject({ sharesUntil: storedInstant, cashUntil: storedInstant }),
);

const restoredLots = atFirstUse(() =>
  z.strictObject({
    isin: storedIsin,
    symbol: z.string(),
    made: z.array(z.string()).readonly(),
    lots: z
      .array(
        z.strictObject({
          ...{ lotId: z.string(), quantity: storedDecimal, unitCost: storedPrice },
          ...{ cost: storedMoney, acquiredAt: storedInstant },
        }),
      )
      .readonly(),
    change: storedDecimal,
    gain: storedMoney,
  }),
);

const brokerAction = atFirstUse(
  () =>
    z.strictObject({
      actionId: z.string(),
      kind: z.enum([
        'split',
        'stock-dividend',
        'rename',
        'spin-off',
        'merger',
        'delisting',
        'other',
      ]),
      isin: storedIsin,
      newIsin: storedIsin.optional(),
      newSymbol: z.string().optional(),
      newShares: storedDecimal.optional(),
      oldShares: storedDecimal.optional(),
      sharesChange: storedDecimal.optional(),
      sharesReceived: storedDecimal.optional(),
      costRatio: storedDecimal.optional(),
      price: storedPrice.optional(),
      exchangeRate: storedDecimal.optional(),
      cash: storedMoney.optional(),
      fraction: z.strictObject({ quantity: storedDecimal, cash: storedMoney }).optional(),
      undoes: z
        .strictObject({ actionId: z.string(), lots: z.array(restoredLots()).readonly() })
        .optional(),
      source: z.string().optional(),
      covered: cover().optional(),
      note: z.string().optional(),
      happenedAt: storedInstant,
    }) satisfies z.ZodType<BrokerCorporateAction>,
);

/** The document; amounts are decimals as text, in the account's currency. */
export const paperRecord = atFirstUse(() =>
  z.strictObject({
    currency: z.string(),
    cash: z.string(),
    /** ISIN, symbol, quantity. */
    holdings: z.array(z.tuple([z.string(), z.string(), z.string()])),
    live: z.array(z.array(z.unknown())),
    /** How many orders the list of settled ones has. */
    settledCount: z.number().optional(),
    /** Settled orders of documents from before there was a list; the next change moves them there. */
    settled: z.array(z.array(z.unknown())).optional(),
    flows: z.array(z.array(z.unknown())),
    actions: z.array(brokerAction()).optional(),
    carried: z
      .strictObject({ through: storedDay, hash: z.string(), waiting: z.array(z.string()) })
      .optional(),
    orderCount: z.number(),
    movedAt: z.number(),
  }),
);

export type PaperRecord = z.infer<ReturnType<typeof paperRecord>>;

/** Quantity, price, commission, fees, rate, settlement, time. */
const fillTuple = atFirstUse(() =>
  z.tuple([
    storedDecimal,
    z.string(),
    z.string(),
    z.string(),
    storedDecimal,
    z.string(),
    storedInstant,
  ]),
);

const orderTuple = atFirstUse(() =>
  z.tuple([
    z.string(),
    z.string(),
    storedIsin,
    z.string(),
    z.enum(['BUY', 'SELL']),
    storedDecimal,
    z.enum(['MARKET', 'LIMIT', 'STOP', 'STOP_LIMIT']),
    z.enum(['DAY', 'GTC', 'IOC', 'FOK']),
    storedPrice.nullable(),
    storedPrice.nullable(),
    storedCurrency,
    z.enum(['WORKING', 'PARTIAL', 'FILLED', 'CANCELLED', 'EXPIRED', 'REJECTED']),
    z.string().nullable(),
    storedDay,
    z.boolean(),
    z.string(),
    z.array(fillTuple()),
    z.string().nullable().optional(),
  ]),
);

const flowExtras = atFirstUse(() =>
  z.strictObject({
    charges: storedMoney.optional(),
    source: z.string().optional(),
    covered: cover().optional(),
    closedLots: storedClosedLots.optional(),
    note: z.string().optional(),
    restores: z.object({ lotId: z.string(), acquiredAt: storedInstant }).optional(),
  }),
);

const flowTuple = atFirstUse(() =>
  z.tuple([
    z.string(),
    z.enum([
      'deposit',
      'withdrawal',
      'dividend',
      'tax',
      'interest',
      'fee',
      'conversion',
      'buy',
      'sell',
      'transfer-in',
      'transfer-out',
    ]),
    z.string(),
    storedIsin.nullable(),
    storedDecimal.nullable(),
    storedPrice.nullable(),
    storedDecimal.nullable(),
    storedInstant,
    z.string().nullable().optional(),
    z.string().nullable().optional(),
    flowExtras().optional(),
  ]),
);

/** A record that stays in memory is read once; settled orders that are asked for come in addition. */
const books = new WeakMap<PaperRecord, PaperBook>();

/** @param settled those of the settled orders that are asked for @throws Failure DATA_CORRUPT */
export function paperBookOf(
  record: PaperRecord,
  accountId: AccountId,
  settled: readonly PaperOrder[],
): PaperBook {
  const known = books.get(record);
  const book = known?.accountId === accountId ? known : readBook(record, accountId);
  books.set(record, book);
  if (settled.length === 0) return book;
  const orders = new Map(settled.map((order) => [order.instruction.clientOrderId, order]));
  for (const [id, order] of book.orders) orders.set(id, order);
  return { ...book, orders };
}

function readBook(record: PaperRecord, accountId: AccountId): PaperBook {
  return strictly(accountId, () => {
    const currency = parseCurrency(record.currency);
    const orders = record.live.map((row) => liveOrderOf(row, accountId, currency));
    return {
      accountId,
      currency,
      cash: Money.parse(record.cash, currency),
      holdings: new Map(record.holdings.map(holdingOf)),
      orders: new Map(orders.map((order) => [order.instruction.clientOrderId, order])),
      orderCount: record.orderCount,
      flows: record.flows.map((tuple) => flowOf(tuple, currency)),
      actions: record.actions ?? [],
      ...(record.carried && { carried: record.carried }),
      movedAt: record.movedAt as Instant,
    };
  });
}

/** A line of the list of settled orders. @throws Failure DATA_CORRUPT */
export function settledOrderOf(
  tuple: unknown,
  accountId: AccountId,
  currency: PaperBook['currency'],
): PaperOrder {
  return strictly(accountId, () => orderOf(tuple, accountId, currency));
}

export interface StoredPaperBook {
  readonly record: PaperRecord;
  /** Lines to append to the list of settled orders. */
  readonly settled: readonly (readonly unknown[])[];
  /** The orders of the last of these lines. */
  readonly ended: readonly PaperOrder[];
}

/**
 * @param before the record the book came from
 * @param known ids of orders that are in the list of settled ones already
 */
export function paperRecordOf(
  book: PaperBook,
  before: PaperRecord | undefined,
  known: ReadonlySet<string>,
): StoredPaperBook {
  const all = [...book.orders.values()];
  const live = all.filter(isLive);
  const ended = all.filter((o) => !isLive(o) && !known.has(o.instruction.clientOrderId));
  const settled = [...(before?.settled ?? []), ...ended.map(orderRow)];
  const record = {
    currency: book.currency,
    cash: book.cash.amount.toString(),
    holdings: [...book.holdings].map(([isin, holding]) => holdingRow(isin, holding)),
    live: live.map(liveRow),
    settledCount: (before?.settledCount ?? 0) + settled.length,
    flows: book.flows.map(flowRow),
    ...(book.actions.length > 0 && { actions: [...book.actions] }),
    ...(book.carried && { carried: { ...book.carried, waiting: [...book.carried.waiting] } }),
    orderCount: book.orderCount,
    movedAt: book.movedAt,
  };
  const orders = new Map(live.map((order) => [order.instruction.clientOrderId, order]));
  books.set(record, { ...book, orders });
  return { record, settled, ended };
}

type HoldingRow = [string, string, string];

/** A holding is of one security for as long as it lives. */
const holdingRows = new WeakMap<PaperHolding, HoldingRow>();
const rowHoldings = new WeakMap<HoldingRow, readonly [Isin, PaperHolding]>();

function holdingOf(row: HoldingRow): readonly [Isin, PaperHolding] {
  const known = rowHoldings.get(row);
  if (known) return known;
  const [isin, symbol, quantity] = row;
  const entry = [parseIsin(isin), { symbol, quantity: Decimal.parse(quantity) }] as const;
  holdingRows.set(entry[1], row);
  rowHoldings.set(row, entry);
  return entry;
}

function holdingRow(isin: Isin, holding: PaperHolding): HoldingRow {
  const known = holdingRows.get(holding);
  if (known?.[0] === isin) return known;
  const row: HoldingRow = [isin, holding.symbol, holding.quantity.toString()];
  rowHoldings.set(row, [isin, holding]);
  holdingRows.set(holding, row);
  return row;
}

/** Decimals and prices as they are stored. */
function plain(row: readonly unknown[]): unknown[] {
  return JSON.parse(encode(row)) as unknown[];
}

function orderRow(order: PaperOrder): unknown[] {
  const o = order.instruction;
  return [
    o.clientOrderId,
    order.brokerOrderId,
    o.isin,
    o.symbol,
    o.side,
    o.quantity,
    o.type,
    o.timeInForce,
    o.limitPrice ?? null,
    o.stopPrice ?? null,
    order.currency,
    order.state,
    order.reason ?? null,
    order.day,
    order.triggered,
    order.reserved.amount,
    order.fills.map((f) => [
      f.quantity,
      f.price.amount,
      f.commission.amount,
      f.fees.amount,
      f.exchangeRate,
      f.settlement.amount,
      f.executedAt,
    ]),
    ...(order.adjustedBy === undefined ? [] : [order.adjustedBy]),
  ];
}

const orderRows = new KeptRows<PaperOrder>();

function liveRow(order: PaperOrder): unknown[] {
  return orderRows.rowOf(order, () => plain(orderRow(order)));
}

function liveOrderOf(
  row: unknown[],
  accountId: AccountId,
  base: PaperBook['currency'],
): PaperOrder {
  const isMeant = ({ instruction, reserved }: PaperOrder): boolean =>
    instruction.accountId === accountId && reserved.currency === base;
  return orderRows.valueOf(row, isMeant, () => orderOf(row, accountId, base));
}

function orderOf(tuple: unknown, accountId: AccountId, base: PaperBook['currency']): PaperOrder {
  const [id, brokerOrderId, isin, symbol, side, quantity, type, timeInForce, ...rest] =
    orderTuple().parse(tuple);
  const [limit, stop, currency, state, reason, day, triggered, reserved, fills, adjustedBy] = rest;
  const common = { clientOrderId: id, isin, symbol, side };
  return {
    instruction: {
      ...common,
      accountId,
      quantity,
      type,
      timeInForce,
      ...(limit && { limitPrice: limit }),
      ...(stop && { stopPrice: stop }),
    },
    brokerOrderId,
    currency,
    state,
    ...(reason !== null && { reason }),
    day,
    triggered,
    reserved: Money.parse(reserved, base),
    ...(adjustedBy && { adjustedBy }),
    fills: fills.map(([filled, price, commission, fees, exchangeRate, settlement, at], index) => ({
      fillId: `${id}.${index + 1}`,
      ...common,
      quantity: filled,
      price: new Price(Decimal.parse(price), currency),
      commission: Money.parse(commission, base),
      fees: Money.parse(fees, base),
      exchangeRate,
      settlement: Money.parse(settlement, base),
      executedAt: at,
    })),
  };
}

/** Flows only ever get more. */
const flowRows = new KeptRows<BrokerFlow>();

function flowRow(flow: BrokerFlow): unknown[] {
  return flowRows.rowOf(flow, () => plain(flowCells(flow)));
}

function flowCells(flow: BrokerFlow): unknown[] {
  return [
    flow.flowId,
    flow.kind,
    flow.amount.amount,
    flow.isin ?? null,
    flow.quantity ?? null,
    flow.price ?? null,
    flow.exchangeRate ?? null,
    flow.happenedAt,
    ...lateCells(flow),
  ];
}

function flowOf(tuple: unknown[], base: PaperBook['currency']): BrokerFlow {
  const isMeant = ({ amount }: BrokerFlow): boolean => amount.currency === base;
  return flowRows.valueOf(tuple, isMeant, () => readFlow(tuple, base));
}

function readFlow(tuple: unknown[], base: PaperBook['currency']): BrokerFlow {
  const [flowId, kind, amount, isin, quantity, price, rate, happenedAt, ...late] =
    flowTuple().parse(tuple);
  const [related, reverses, extras] = late;
  return {
    flowId,
    kind,
    amount: Money.parse(amount, base),
    ...(isin && { isin }),
    ...(quantity && { quantity }),
    ...(price && { price }),
    ...(rate && { exchangeRate: rate }),
    happenedAt,
    ...(related && { relatedFlowId: related }),
    ...(reverses && { reversesFlowId: reverses }),
    ...extras,
  };
}

/** Fields that only few flows have. */
function lateCells({
  relatedFlowId,
  reversesFlowId,
  charges,
  source,
  covered,
  closedLots,
  note,
  restores,
}: BrokerFlow): unknown[] {
  const extras = { charges, source, covered, closedLots, note, restores };
  const hasExtras = Object.values(extras).some((value) => value !== undefined);
  if (!hasExtras && relatedFlowId === undefined && reversesFlowId === undefined) return [];
  return [relatedFlowId ?? null, reversesFlowId ?? null, ...(hasExtras ? [extras] : [])];
}

function strictly<T>(account: AccountId, read: () => T): T {
  try {
    return read();
  } catch (thrown) {
    const detail = thrown instanceof z.ZodError ? z.prettifyError(thrown) : String(thrown);
    throw dataCorrupt(`the paper book of ${account}`, detail);
  }
}
