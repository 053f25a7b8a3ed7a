/** Alpaca's account activities other than executions, as movements of ours. Pure. */
import type { BrokerCorporateAction, BrokerFlow, BrokerFlowKind } from '../broker.ts';
import type { Currency } from '#shared/kernel/currency.ts';
import { Decimal } from '#shared/kernel/decimal.ts';
import { Failure } from '#shared/kernel/failure.ts';
import { instantOf, type Instant } from '#shared/kernel/instant.ts';
import type { Isin } from '#shared/kernel/isin.ts';
import { Money } from '#shared/kernel/money.ts';
import type { EventRow } from './shapes.ts';

const cashKinds: Readonly<Record<string, BrokerFlowKind>> = {
  CSD: 'deposit',
  CSW: 'withdrawal',
  DIV: 'dividend',
  DIVCGL: 'dividend',
  DIVCGS: 'dividend',
  DIVROC: 'dividend',
  DIVTXEX: 'dividend',
  CGD: 'dividend',
  DIVFEE: 'fee',
  DIVNRA: 'tax',
  DIVTW: 'tax',
  DIVFT: 'tax',
  INTNRA: 'tax',
  INTTW: 'tax',
  INT: 'interest',
  FEE: 'fee',
  CFEE: 'fee',
  PTC: 'fee',
  PTR: 'fee',
};
/** The sign gives the direction of the payment. */
const eitherWay: ReadonlySet<string> = new Set(['TRANS', 'JNL', 'JNLC', 'CSR']);
const shareMoves: ReadonlySet<string> = new Set(['ACATS', 'ACATC', 'JNLS', 'FOPT']);
const actionKinds: Readonly<Record<string, BrokerCorporateAction['kind']>> = {
  SPLIT: 'split',
  SPIN: 'spin-off',
  MA: 'merger',
  NC: 'rename',
  REORG: 'other',
};

export type AlpacaMovement =
  | { readonly flow: BrokerFlow }
  | { readonly action: BrokerCorporateAction; readonly flow?: BrokerFlow };

/**
 * An unknown kind that moves cash, and cash in another currency, stop the reading: a movement that is not understood
 * must not be skipped.
 * @throws Failure UPSTREAM_BROKEN
 */
export function movementOf(
  row: EventRow,
  isinOf: (symbol: string) => Isin,
  currency: Currency,
): AlpacaMovement | undefined {
  const amount = row.net_amount ?? Decimal.zero;
  if (row.currency && row.currency !== currency && amount.sign !== 0)
    throw brokenActivity(row, `in ${row.currency.slice(0, 10)}, which the account is not kept in`);
  const security = row.symbol ? { isin: isinOf(row.symbol) } : {};
  const base = {
    flowId: row.id,
    // What is finer than a minor unit stays in the cash, which is rounded in the same way.
    amount: Money.rounded(amount, currency, 'half-even'),
    ...security,
    happenedAt: happened(row),
  };
  const action = actionKinds[row.activity_type];
  if (action) return actionOf(row, action, base);
  if (shareMoves.has(row.activity_type)) return transferOf(row, base);
  const kind = cashKinds[row.activity_type] ?? bySign(row.activity_type, amount);
  if (kind) return { flow: { ...base, kind } };
  if (amount.sign === 0) return undefined;
  throw brokenActivity(row, 'of an unknown kind');
}

function brokenActivity({ id: activityId, activity_type: type }: EventRow, detail: string) {
  const message = `Alpaca shows an activity ${type} ${detail}.`;
  return new Failure('UPSTREAM_BROKEN', message, { what: 'Alpaca', activityId });
}

/** Rows that count: a row that corrects or cancels another of its group replaces it. */
export function effective(rows: readonly EventRow[]): EventRow[] {
  const undone = new Set<string>();
  const latest = new Map<string, EventRow>();
  for (const row of rows) {
    const group = row.group_id ?? row.id;
    const key = `${group} ${row.activity_type}`;
    if (row.status === 'canceled' || row.status === 'correct') {
      const before = latest.get(key);
      if (before) undone.add(before.id);
      if (row.status === 'canceled') undone.add(row.id);
    }
    latest.set(key, row);
  }
  return rows.filter((row) => !undone.has(row.id));
}

/**
 * A split may be two rows, of the shares that go and of those that come: one change of their number, under the id of
 * the first.
 */
export function withSplitsJoined(rows: readonly EventRow[]): EventRow[] {
  const joined = new Map<string, EventRow>();
  for (const row of rows) {
    const key = row.activity_type === 'SPLIT' ? splitOf(row) : row.id;
    const before = joined.get(key);
    joined.set(key, before ? { ...before, ...sumOf(before, row) } : row);
  }
  return [...joined.values()];
}

function splitOf({ group_id: group, symbol, date }: EventRow): string {
  return ['split', symbol, group ?? date.slice(0, 10)].join(' ');
}

function sumOf(one: EventRow, other: EventRow): Pick<EventRow, 'qty' | 'net_amount'> {
  const add = (a?: Decimal | null, b?: Decimal | null) =>
    a || b ? (a ?? Decimal.zero).add(b ?? Decimal.zero) : undefined;
  return { qty: add(one.qty, other.qty), net_amount: add(one.net_amount, other.net_amount) };
}

type Base = Omit<BrokerFlow, 'kind'>;

function actionOf(row: EventRow, kind: BrokerCorporateAction['kind'], base: Base): AlpacaMovement {
  const isin = base.isin;
  if (!isin)
    throw new Failure('UPSTREAM_BROKEN', `Alpaca's ${row.activity_type} names no security.`, {
      what: 'Alpaca',
    });
  const { happenedAt, amount } = base;
  const change = row.qty ? { sharesChange: row.qty } : {};
  const action = { actionId: row.id, kind, isin, happenedAt, ...change };
  // Cash in lieu of a fraction of a share is income from the security.
  return amount.sign === 0 ? { action } : { action, flow: { ...base, kind: 'dividend' } };
}

function transferOf(row: EventRow, base: Base): AlpacaMovement {
  const shares = row.qty ?? Decimal.zero;
  const amount = base.amount;
  if (shares.sign === 0)
    return { flow: { ...base, kind: amount.sign < 0 ? 'withdrawal' : 'deposit' } };
  const kind = shares.sign < 0 ? 'transfer-out' : 'transfer-in';
  return { flow: { ...base, kind, quantity: shares.absolute() } };
}

function bySign(type: string, amount: Decimal): BrokerFlowKind | undefined {
  if (!eitherWay.has(type)) return undefined;
  return amount.sign < 0 ? 'withdrawal' : 'deposit';
}

function happened({ created_at: created, date }: EventRow): Instant {
  const exact = created ? Date.parse(created) : Number.NaN;
  return instantOf(Number.isFinite(exact) ? exact : Date.parse(`${date.slice(0, 10)}T00:00:00Z`));
}
