/** Decodes a stored order. */
import * as z from 'zod';
import type { AccountId, TradeId } from '#shared/kernel/identifiers.ts';
import {
  storedDecimal,
  storedId,
  storedInstant,
  storedIsin,
  storedMoney,
  storedPrice,
} from '#shared/redis/codec.ts';
import type { OrderRecord } from './model/order-record.ts';
import type { OrderState } from './model/order.ts';
import { tradeTable } from './model/order-state.ts';

const states = Object.keys(tradeTable).filter((state) => state !== 'NEW') as [
  OrderState,
  ...OrderState[],
];

const fill = z.object({
  fillId: z.string(),
  quantity: storedDecimal,
  price: storedPrice,
  commission: storedMoney,
  fees: storedMoney,
  settlement: storedMoney,
  executedAt: storedInstant,
});

const currentSchema = z.object({
  tradeId: storedId<TradeId>(),
  accountId: storedId<AccountId>(),
  clientOrderId: z.string().regex(/^(\d{10})?$/),
  brokerOrderId: z.string().optional(),
  isin: storedIsin,
  symbol: z.string(),
  side: z.enum(['BUY', 'SELL']),
  quantity: storedDecimal,
  orderType: z.enum(['MARKET', 'LIMIT', 'STOP', 'STOP_LIMIT']),
  timeInForce: z.enum(['DAY', 'GTC', 'IOC', 'FOK']),
  limitPrice: storedPrice.optional(),
  stopPrice: storedPrice.optional(),
  referencePrice: storedPrice.optional(),
  collarLimit: storedPrice.optional(),
  state: z.enum(states),
  message: z.string(),
  filledQuantity: storedDecimal,
  averagePrice: storedPrice.optional(),
  commission: storedMoney,
  fees: storedMoney,
  settlement: storedMoney,
  reserved: storedMoney,
  fillIds: z.array(z.string()),
  requestedAt: storedInstant,
  submittedAt: storedInstant.optional(),
  executedAt: storedInstant.optional(),
  updatedAt: storedInstant,
  build: z.string(),
  bodyHash: z.string(),
  value: storedMoney,
  errors: z.array(z.object({ code: z.string(), field: z.string(), message: z.string() })),
  fills: z.array(fill),
  queries: z.number().int().min(0),
  queriedAt: storedInstant.optional(),
  baseline: z.object({ cash: storedMoney, quantity: storedDecimal }).optional(),
});

/** Records written before 2026-12 count their queries as `looks`, the last one as `lookedAt`. */
function renamed(stored: unknown): unknown {
  if (typeof stored !== 'object' || stored === null || !('looks' in stored)) return stored;
  const { looks, lookedAt, ...rest } = stored as Record<string, unknown>;
  return { ...rest, queries: looks, ...(lookedAt === undefined ? {} : { queriedAt: lookedAt }) };
}

export const orderSchema: z.ZodType<OrderRecord> = z.preprocess(renamed, currentSchema);
