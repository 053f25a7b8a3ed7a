/**
 * Schemas of the parts of Tradernet's responses that are read. Numbers arrive here as text,
 * whatever they were on the wire (answers.ts); a row without a required field is rejected as a
 * whole.
 */
import * as z from 'zod';
import { Decimal } from '#shared/kernel/decimal.ts';
import { instantOf } from '#shared/kernel/instant.ts';

const DECIMALS_MAX = 12;
/** Its times state no zone; where one is documented it is Moscow's, three hours ahead of UTC. */
const ZONE = '+03:00';

/** `189.4`, `"189.40"`, `".00000000"`, `"147,39"`, `1e-5`. */
const number = z.union([z.string(), z.number()]).transform((given, context) => {
  try {
    return decimalOf(String(given));
  } catch {
    context.addIssue({ code: 'custom', message: 'is not a number' });
    return z.NEVER;
  }
});
/** A number, or one of Tradernet's notations for none. */
const optionalNumber = z.unknown().optional().transform(absent).pipe(number.optional());
const id = z.union([z.string().min(1), z.number()]).transform(String);
const optionalId = z
  .unknown()
  .optional()
  .transform((given) => (given === '0' ? undefined : absent(given)))
  .pipe(id.optional());
const moment = z.string().transform((text, context) => {
  const iso = text.replace(' ', 'T');
  const ms = Date.parse(iso.length === 10 ? `${iso}T00:00:00${ZONE}` : `${iso}${ZONE}`);
  if (Number.isFinite(ms)) return instantOf(ms);
  context.addIssue({ code: 'custom', message: 'is not a moment' });
  return z.NEVER;
});
/** Absent instead of an empty list, and an object instead of a list of one. */
function list<T extends z.ZodType>(row: T) {
  return z
    .unknown()
    .optional()
    .transform((given) => {
      const present = absent(given);
      return present === undefined || Array.isArray(present) ? (present ?? []) : [present];
    })
    .pipe(row.array());
}

const tradeOfOrder = z.object({ id, p: number, q: number, date: moment });

const orderRow = z
  .object({
    id,
    order_id: optionalId,
    date: moment,
    stat: z.string(),
    instr: z.string().min(1),
    oper: z.enum(['1', '2', '3', '4']),
    type: z.string(),
    instr_type: optionalId,
    cur: z.unknown().optional().transform(absent).pipe(z.string().optional()),
    p: optionalNumber,
    stop: optionalNumber,
    q: number,
    leaves_qty: optionalNumber,
    user_order_id: optionalId,
    userOrderId: optionalId,
    text: z.string().nullish(),
    trade: list(tradeOfOrder),
  })
  .transform(({ id: rowId, order_id: orderId, user_order_id, userOrderId, ...row }) => ({
    ...row,
    id: orderId ?? rowId,
    clientOrderId: user_order_id ?? userOrderId,
  }));
export type TradernetOrderRow = z.output<typeof orderRow>;

export const placed = z.object({ order_id: id.refine((text) => /^[1-9]\d*$/.test(text)) });
export const currentOrders = z
  .object({ result: z.object({ orders: z.object({ order: list(orderRow) }) }) })
  .transform(({ result }) => result.orders.order);
export const pastOrders = z
  .object({ orders: z.object({ order: list(orderRow) }) })
  .transform(({ orders }) => orders.order);

const tradeRow = z.object({
  id,
  order_id: id,
  p: number,
  q: number,
  date: moment,
  instr_nm: z.string().min(1),
  curr_c: z.string().min(3),
  type: z.enum(['1', '2']),
  /** 6: currencies were exchanged. */
  instr_type_c: optionalId,
});
export type TradeRow = z.output<typeof tradeRow>;
export const trades = z
  .object({ trades: z.object({ trade: list(tradeRow) }) })
  .transform((body) => body.trades.trade);

const positions = z.object({
  acc: list(z.object({ curr: z.string().min(3), s: number, currval: optionalNumber })),
  pos: list(
    z.object({
      i: z.string().min(1),
      issue_nb: z.string().nullish(),
      q: number,
      curr: z.string().optional(),
    }),
  ),
});
/** The live service wraps it in `result.ps`; the documentation does not. */
export const accountShape = z
  .union([z.object({ result: z.object({ ps: positions }) }), positions])
  .transform((body) => ('result' in body ? body.result.ps : body));
export type AccountRow = z.output<typeof accountShape>;

const cashRow = z.object({
  id,
  type_code: z.string(),
  date: z.string(),
  datetime: moment.optional(),
  sum: number,
  currency: z.string().min(3),
});
export type CashRow = z.output<typeof cashRow>;
export const cashFlows = z
  .object({ total: number, cashflow: list(cashRow) })
  .transform(({ total, cashflow }) => ({ total: Number(total.toString()), rows: cashflow }));

const commissionRow = z.object({
  trade_id: id,
  date: moment,
  commission: optionalNumber,
  commission_currency: z.string().nullish(),
  isin: z.string().nullish(),
  instr_nm: z.string(),
});
export type CommissionRow = z.output<typeof commissionRow>;
const actionRow = z.object({
  ticker: z.string(),
  isin: z.string().nullish(),
  corporate_action_id: z.string().min(1),
  type_id: z.string(),
  date: z.string(),
  amount: optionalNumber,
  amount_per_one: optionalNumber,
  currency: z.string().nullish(),
  external_tax: optionalNumber,
  tax_amount: optionalNumber,
  q_on_ex_date: optionalNumber,
});
export type ActionRow = z.output<typeof actionRow>;

export const tradesReport = reportOf(commissionRow);
export const actionsReport = reportOf(actionRow);

export const found = z
  .object({
    found: list(
      z.object({
        t: z.string().min(1),
        isin: z.string().nullish(),
        x_curr: z.string().nullish(),
        type: z.string().nullish(),
      }),
    ),
  })
  .transform((body) => body.found);

export const markets = z
  .object({
    result: z.object({
      markets: z.object({
        t: moment,
        m: list(z.object({ n2: z.string(), s: z.string(), o: z.string(), c: z.string() })),
      }),
    }),
  })
  .transform(({ result }) => result.markets);

function absent(given: unknown): unknown {
  return given === '' || given === '-' || given === null ? undefined : given;
}

function reportOf<T extends z.ZodType>(row: T) {
  return z
    .object({ report: z.object({ detailed: list(row) }) })
    .transform(({ report }) => report.detailed);
}

function decimalOf(text: string): Decimal {
  const plain = text
    .trim()
    .replace(',', '.')
    .replace(/^(-?)\./, '$10.');
  if (/e/i.test(plain)) return Decimal.ofNumber(Number(plain));
  const [whole = '', fraction = ''] = plain.split('.');
  const kept = fraction.replace(/0+$/, '').slice(0, 18);
  return Decimal.parse(kept === '' ? whole : `${whole}.${kept}`)
    .round(DECIMALS_MAX, 'half-even')
    .normalize();
}
