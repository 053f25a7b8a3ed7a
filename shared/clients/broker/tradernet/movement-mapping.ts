/** Maps movements of an account at Tradernet other than executions. Pure. */
import type { BrokerCorporateAction, BrokerFlow, BrokerFlowKind } from '../broker.ts';
import { isCurrency, parseCurrency } from '#shared/kernel/currency.ts';
import { Decimal } from '#shared/kernel/decimal.ts';
import { instantOf, type Instant } from '#shared/kernel/instant.ts';
import { isIsin, type Isin } from '#shared/kernel/isin.ts';
import { Money } from '#shared/kernel/money.ts';
import { tradernetBroken } from './parse-answer.ts';
import { pairOf } from './currency-pairs.ts';
import type { TradernetExecution } from './order-mapping.ts';
import type { ActionRow, CashRow, CommissionRow } from './shapes.ts';

const REVERTED = '_reverted';
const kinds: Readonly<Record<string, BrokerFlowKind>> = {
  dividend: 'dividend',
  dividend_compensation: 'dividend',
  stock_dividend: 'dividend',
  coupon: 'dividend',
  ...{ tax: 'tax', tax_profit: 'tax' },
  ...{ commission: 'fee', agent_fee: 'fee', card_commission: 'fee' },
  ...{ interest: 'interest', overnight: 'interest' },
  ...{ conversion: 'conversion', currency_conversion: 'conversion' },
};
const eitherWay: ReadonlySet<string> = new Set([
  ...['bank', 'card', 'sepa', 'sepa_instant', 'swift', 'sbp', 'kassa'],
  ...['card_payout', 'sbp_withdrawal'],
]);
/** Cash in lieu of shares and repaid principal: income from the security. */
const fromSecurity: ReadonlySet<string> = new Set([
  ...['split', 'spin_off', 'merger', 'maturity', 'partial_maturity'],
]);
/**
 * Holds, which move nothing; and commissions of trades, which the report of trades has with the trade
 * that each belongs to.
 */
const left: ReadonlySet<string> = new Set([
  ...['block', 'unblock', 'block_commission', 'unblock_commission', 'commission_for_trades'],
]);
const actionKinds: Readonly<Record<string, BrokerCorporateAction['kind']>> = {
  ...{ split: 'split', spin_off: 'spin-off', merger: 'merger', rename: 'rename' },
};

/**
 * An unknown kind stops the reading: a movement that is not understood must not be skipped.
 * @throws Failure UPSTREAM_BROKEN
 */
export function cashFlow(row: CashRow): BrokerFlow | undefined {
  const reverted = row.type_code.endsWith(REVERTED);
  const code = reverted ? row.type_code.slice(0, -REVERTED.length) : row.type_code;
  if (left.has(code) || row.sum.sign === 0) return undefined;
  const kind = fromSecurity.has(code) ? 'dividend' : (kinds[code] ?? bySign(code, row.sum));
  if (kind === undefined) throw tradernetBroken(`a cash flow of the kind ${row.type_code}`);
  const amount = money(row.sum, row.currency);
  const happenedAt = row.datetime ?? dayStart(row.date);
  return { flowId: `cash-${row.id}`, kind, amount, happenedAt };
}

/** The commission of a trade, in whatever currency it was charged. */
export function commissionFlow(row: CommissionRow): BrokerFlow | undefined {
  if (!row.commission || row.commission.sign === 0) return undefined;
  const paid = row.commission.absolute().negate();
  return {
    flowId: `commission-${row.trade_id}`,
    kind: 'fee',
    amount: money(paid, row.commission_currency ?? ''),
    happenedAt: row.date,
    relatedFlowId: row.trade_id,
    ...(isinOf(row.isin) && { isin: isinOf(row.isin) }),
  };
}

/** The gross dividend and the tax withheld from it. The report states the net amount and the taxes. */
export function dividendFlows(row: ActionRow): BrokerFlow[] {
  if (!row.amount || row.amount.sign === 0 || !row.currency) return [];
  const sign = row.type_id.endsWith(REVERTED) ? Decimal.of(-1) : Decimal.one;
  const net = row.amount.absolute().multiply(sign);
  const gross = grossOf(row, row.amount.absolute()).multiply(sign);
  const happenedAt = dayStart(row.date);
  const security = isinOf(row.isin) && { isin: isinOf(row.isin) };
  const dividend: BrokerFlow = {
    ...{ flowId: row.corporate_action_id, kind: 'dividend', happenedAt },
    ...{ amount: money(gross, row.currency), ...security },
  };
  const tax = money(net, row.currency).subtract(dividend.amount);
  if (tax.sign === 0) return [dividend];
  const taxFlow: BrokerFlow = {
    ...{ flowId: `${row.corporate_action_id}-tax`, kind: 'tax', happenedAt, amount: tax },
    ...{ ...security, relatedFlowId: row.corporate_action_id },
  };
  return [dividend, taxFlow];
}

export function tradernetCorporateAction(row: ActionRow, isin: Isin): BrokerCorporateAction {
  const code = row.type_id.replace(REVERTED, '');
  // The meaning of a split's `amount` is not documented; it is used only where it is consistent.
  const each = row.amount_per_one?.multiply(row.q_on_ex_date ?? Decimal.zero);
  const isUndone = row.type_id.endsWith(REVERTED);
  const stated = isUndone && row.amount?.sign === -1 ? row.amount.negate() : row.amount;
  const change = each && stated?.equals(each) ? each : undefined;
  const shares = change && isUndone ? change.negate() : change;
  return {
    actionId: row.corporate_action_id,
    kind: actionKinds[code] ?? 'other',
    isin,
    ...(shares && !row.currency && { sharesChange: shares }),
    happenedAt: dayStart(row.date),
  };
}

/**
 * Both halves of an exchange of currencies, `EUR/USD` or `EURUSD.FX`: so many euros for so many dollars.
 * @throws Failure UPSTREAM_BROKEN for an instrument that names other currencies
 */
export function exchangeFlows(execution: TradernetExecution): BrokerFlow[] {
  const { tradeId, symbol, side, quantity, price, currency, executedAt } = execution;
  const pair = pairOf(symbol);
  if (pair?.second !== currency)
    throw tradernetBroken(`an exchange of currencies in ${symbol.slice(0, 20)}`);
  const bought = money(quantity, pair.first);
  const paid = money(quantity.multiply(price), currency);
  const base = { kind: 'conversion', happenedAt: executedAt } as const;
  const [one, other] = [`exchange-${tradeId}-first`, `exchange-${tradeId}-second`];
  const isBuy = side === 'BUY';
  return [
    { ...base, flowId: one, amount: isBuy ? bought : bought.negate(), relatedFlowId: other },
    { ...base, flowId: other, amount: isBuy ? paid.negate() : paid, relatedFlowId: one },
  ];
}

/** Cash flows without the conversions that the list of trades has as well, by day and amount. */
export function withoutExchanged(
  cash: readonly BrokerFlow[],
  exchanged: readonly BrokerFlow[],
): BrokerFlow[] {
  const traded = new Set(numbered(exchanged).keys());
  const seen = numbered(cash.filter(({ kind }) => kind === 'conversion'));
  const twice = new Set([...seen].filter(([print]) => traded.has(print)).map(([, flow]) => flow));
  return cash.filter((flow) => !twice.has(flow));
}

/** Dividends and their taxes are in both sources; what moves no cash is an action. */
export function isPayment(row: ActionRow): boolean {
  return !!row.currency && row.type_id.startsWith('dividend');
}

/**
 * Cash flows and reported dividends as one list: the same payment is in both, without an id in common,
 * and is known by day, kind and amount. Its id is made from these, so that it stays the same whichever
 * source has it first; the report names the security.
 */
export function merged(cash: readonly BrokerFlow[], reported: readonly BrokerFlow[]): BrokerFlow[] {
  const isPaid = ({ kind }: BrokerFlow) => kind === 'dividend' || kind === 'tax';
  const [seen, others] = [cash.filter(isPaid), cash.filter((flow) => !isPaid(flow))];
  const named = numbered(reported);
  const all = new Map([...numbered(seen), ...named]);
  const payments = [...all].map(([flowId, flow]): BrokerFlow => {
    const { relatedFlowId: _, ...kept } = { ...flow, ...named.get(flowId) };
    return { ...kept, flowId };
  });
  return [...others, ...payments].sort((a, b) => a.happenedAt - b.happenedAt);
}

function numbered(flows: readonly BrokerFlow[]): Map<string, BrokerFlow> {
  const counts = new Map<string, number>();
  return new Map(
    flows.map((flow) => {
      const day = new Date(flow.happenedAt + MOSCOW_MS).toISOString().slice(0, 10);
      const print = `${flow.kind}-${day}-${flow.amount.toString().replace(' ', '-')}`;
      const count = (counts.get(print) ?? 0) + 1;
      counts.set(print, count);
      return [`${print}-${count}`, flow];
    }),
  );
}

const MOSCOW_MS = 3 * 3_600_000;

function grossOf(row: ActionRow, net: Decimal): Decimal {
  if (row.amount_per_one && row.q_on_ex_date && row.amount_per_one.sign > 0)
    return row.amount_per_one.multiply(row.q_on_ex_date);
  return net.add(row.external_tax?.absolute() ?? Decimal.zero);
}

function bySign(code: string, sum: Decimal): BrokerFlowKind | undefined {
  if (!eitherWay.has(code)) return undefined;
  return sum.sign < 0 ? 'withdrawal' : 'deposit';
}

function money(amount: Decimal, currency: string): Money {
  if (!isCurrency(currency))
    throw tradernetBroken(`an amount in the currency "${currency.slice(0, 10)}"`);
  return Money.rounded(amount, parseCurrency(currency), 'half-even');
}

function dayStart(day: string): Instant {
  const ms = Date.parse(`${day.slice(0, 10)}T00:00:00+03:00`);
  if (!Number.isFinite(ms)) throw tradernetBroken(`the day "${day.slice(0, 20)}"`);
  return instantOf(ms);
}

function isinOf(text: string | null | undefined): Isin | undefined {
  return text && isIsin(text) ? text : undefined;
}
