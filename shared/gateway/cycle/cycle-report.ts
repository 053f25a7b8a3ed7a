/** The last step: what the cycle did, in numbers and in a sentence. */
import type { TradeResult, TradingCycleResult, TradingCycleUpdate } from '#protos/gen/gateway.ts';
import type { AccountId, TradeId } from '#shared/kernel/identifiers.ts';
import { Money } from '#shared/kernel/money.ts';
import { StoredOrders } from '#shared/trading/stored-orders.ts';
import { isTradable } from '#shared/universe/model/security.ts';
import { priceQuality, type PriceQuality } from '#shared/universe/price-quality.ts';
import { StoredMarket } from '#shared/universe/stored-market.ts';
import { proposalMessage } from '../approval/proposal-message.ts';
import { ProposalStore } from '../approval/proposal-store.ts';
import { countText, totals, type SentOrder, type Snapshot } from '../model/cycle.ts';
import type { Cycle } from './cycle-run.ts';
import { knownOrder } from './execute.ts';
import { amountText, takeSnapshot } from './snapshot.ts';

export async function report(cycle: Cycle): Promise<TradingCycleUpdate> {
  const sent = await currentOrders(cycle);
  const { invested, charged } = await settledTotals(cycle, sent);
  const after = await takeSnapshot(cycle);
  const { setAside, priceDoubts } = await qualityOf(cycle);
  const failed = sent.filter((order) => !order.success).length;
  const result: TradingCycleResult = {
    success: failed === 0 && cycle.failsBecause === undefined,
    tradesExecuted: sent.length - failed,
    tradesFailed: failed,
    totalInvested: invested.toJSON(),
    totalCost: charged.toJSON(),
    trades: sent.map(tradeResult),
    cycleId: cycle.id,
    plan: cycle.plan,
    before: cycle.record.before,
    after,
    dryRun: cycle.record.dryRun,
    setAsideBars: setAside,
    priceDoubts,
    proposal: await proposalOfPlan(cycle),
  };
  return cycle.end(summaryText(cycle, result, after), result);
}

/** Of a plan that waits, was approved, or is only recorded. */
async function proposalOfPlan({ context, plan }: Cycle) {
  if (!plan) return undefined;
  const account = plan.accountId as AccountId;
  const proposal = await new ProposalStore(context.database, account).find(plan.id);
  return proposal && proposalMessage(context, account, proposal);
}

/** Of the securities that are traded; securities removed from the universe are left out. */
async function qualityOf({ context }: Cycle): Promise<PriceQuality> {
  const market = new StoredMarket(context.database);
  return priceQuality(market, (await market.securities()).filter(isTradable));
}

/** The orders as the order book has them now, whatever was known when they were sent. */
async function currentOrders(cycle: Cycle): Promise<SentOrder[]> {
  const stand = async (order: SentOrder): Promise<SentOrder> =>
    order.tradeId === '' ? order : ((await knownOrder(cycle, order, order.tradeId)) ?? order);
  return Promise.all(Object.values(cycle.record.sent).map(stand));
}

/** From the orders as they stand now; one that was filled late counts in full. */
async function settledTotals(cycle: Cycle, sent: readonly SentOrder[]) {
  const trades = new StoredOrders(cycle.context.database);
  const ids = sent.flatMap(({ tradeId }) => (tradeId === '' ? [] : [tradeId as TradeId]));
  const found = await Promise.all(ids.map((id) => trades.find(id)));
  const settled = found.filter((trade) => trade !== undefined);
  return totals(settled, Money.zero(cycle.context.baseCurrency));
}

function tradeResult(order: SentOrder): TradeResult {
  const { tradeId, symbol, side, quantity, price, success, error } = order;
  return { tradeId, symbol, side, quantity, price, success, error };
}

function summaryText(cycle: Cycle, result: TradingCycleResult, after: Snapshot): string {
  if (cycle.failsBecause !== undefined) return cycle.failsBecause;
  if (cycle.endsBecause !== undefined) return `${resumedText(cycle)}${cycle.endsBecause}`;
  const orders = result.plan?.actions.length ?? 0;
  if (result.dryRun)
    return `A dry run: ${countText(orders, 'order')} would be sent, costing ${amountText(result.plan?.expectedCost)}.`;
  const givenUp = result.trades.filter(({ tradeId }) => tradeId === '');
  const notSent = givenUp.map(({ side, symbol, error }) => ` ${side} ${symbol}: ${error}`).join('');
  return (
    `${resumedText(cycle)}${result.tradesExecuted} of ${countText(orders, 'order')} went through: ` +
    `${amountText(result.totalInvested)} invested, ${amountText(result.totalCost)} in charges; ` +
    `the account is worth ${amountText(after.totalValue)}, with ${amountText(after.cash)} in cash.${notSent}`
  );
}

/** The outcome of an interrupted plan; empty where there was none. */
function resumedText({ isResumed, plan, record: { replaced } }: Cycle): string {
  const anew = replaced
    ? `The interrupted plan ${replaced.planId} was replaced, with none of its orders sent: ${replaced.why}. `
    : '';
  return `${anew}${isResumed ? `The interrupted plan ${plan?.id} went on. ` : ''}`;
}
