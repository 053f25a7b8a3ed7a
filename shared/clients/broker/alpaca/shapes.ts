/**
 * Schemas of the parts of Alpaca's responses that are read. Money and quantities are text on the
 * wire and stay text; a row without a required field is rejected as a whole.
 */
import * as z from 'zod';
import { Decimal } from '#shared/kernel/decimal.ts';
import { instantOf } from '#shared/kernel/instant.ts';

const decimalText = z.string().transform((text, context) => {
  try {
    return Decimal.parse(text.startsWith('+') ? text.slice(1) : text);
  } catch {
    context.addIssue({ code: 'custom', message: 'is not a decimal' });
    return z.NEVER;
  }
});

/** RFC 3339 with up to nine decimals of a second; cut to milliseconds. */
const instant = z.string().transform((text, context) => {
  const ms = Date.parse(text);
  if (Number.isFinite(ms) && /T.*(Z|[+-]\d\d:\d\d)$/.test(text)) return instantOf(Math.floor(ms));
  context.addIssue({ code: 'custom', message: 'is not a moment' });
  return z.NEVER;
});

export const orderStates = [
  'new',
  'accepted',
  'pending_new',
  'accepted_for_bidding',
  'held',
  'pending_cancel',
  'pending_replace',
  'stopped',
  'suspended',
  'calculated',
  'done_for_day',
  'partially_filled',
  'filled',
  'canceled',
  'expired',
  'rejected',
  'replaced',
] as const;

const anyOrder = {
  id: z.string().min(1),
  /** Absent with an order of another client that gave it none. */
  client_order_id: z.string().min(1).nullish(),
  qty: decimalText.nullish(),
  limit_price: decimalText.nullish(),
  stop_price: decimalText.nullish(),
  created_at: instant.nullish(),
  replaced_by: z.string().nullish(),
  replaces: z.string().nullish(),
};

export const orderRow = z.object({
  ...anyOrder,
  symbol: z.string().min(1),
  side: z.enum(['buy', 'sell']),
  status: z.enum(orderStates),
  filled_qty: decimalText,
});
export type AlpacaOrderRow = z.output<typeof orderRow>;

/** Of any client and kind: one of several legs has neither symbol nor side. */
export const openOrderRow = z.object({
  ...anyOrder,
  symbol: z.string().nullish(),
  side: z.string().nullish(),
  status: z.string(),
  filled_qty: decimalText.nullish(),
  /** Money to be spent, where the order states that in place of a quantity. */
  notional: decimalText.nullish(),
  asset_class: z.string().nullish(),
  order_class: z.string().nullish(),
});
export type OpenOrderRow = z.output<typeof openOrderRow>;

export const accountRow = z.object({
  status: z.string(),
  currency: z.string(),
  cash: decimalText,
  pending_transfer_in: decimalText.nullish(),
  pending_transfer_out: decimalText.nullish(),
  trading_blocked: z.boolean().default(false),
  account_blocked: z.boolean().default(false),
});

export const positionRow = z.object({
  symbol: z.string().min(1),
  qty: decimalText,
  side: z.enum(['long', 'short']),
  asset_class: z.string().optional(),
});

export const assetRow = z.object({
  symbol: z.string(),
  status: z.string(),
  tradable: z.boolean(),
  fractionable: z.boolean().default(false),
});

export const clockRow = z.object({
  timestamp: instant,
  is_open: z.boolean(),
  next_open: instant,
  next_close: instant,
});

export const fillRow = z.object({
  id: z.string().min(1),
  activity_type: z.literal('FILL'),
  order_id: z.string().min(1),
  symbol: z.string().min(1),
  side: z.enum(['buy', 'sell', 'sell_short']),
  qty: decimalText,
  price: decimalText,
  transaction_time: instant,
});
export type FillRow = z.output<typeof fillRow>;

export const eventRow = z.object({
  id: z.string().min(1),
  activity_type: z.string().refine((type) => type !== 'FILL'),
  activity_sub_type: z.string().nullish(),
  date: z.string().regex(/^\d{4}-\d{2}-\d{2}/),
  created_at: z.string().nullish(),
  net_amount: decimalText.nullish(),
  currency: z.string().nullish(),
  symbol: z.string().nullish(),
  qty: decimalText.nullish(),
  per_share_amount: decimalText.nullish(),
  status: z.string().nullish(),
  group_id: z.string().nullish(),
});
export type EventRow = z.output<typeof eventRow>;

export const activityRow = z.union([fillRow, eventRow]);
