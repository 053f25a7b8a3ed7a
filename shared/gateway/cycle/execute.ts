/** The steps that send the orders of the plan, each once, and book what came of them. */
import type { TradingCycleUpdate } from '#protos/gen/gateway.ts';
import type { PlannedAction } from '#protos/gen/planning.ts';
import type { ExecuteTradeResponse } from '#protos/gen/trading.ts';
import { setTimeout as sleep } from 'node:timers/promises';
import { Failure } from '#shared/kernel/failure.ts';
import type { PlanId } from '#shared/kernel/identifiers.ts';
import { markPlan } from '#shared/planning/plan-status.ts';
import { portfolio } from '#shared/contract/portfolio.ts';
import { trading } from '#shared/contract/trading.ts';
import { count, orderKey, ordersInWords, type SentOrder } from '../model/cycle.ts';
import type { Cycle, ProgressStream } from './cycle.ts';
import { inWords, orderOf } from './decide.ts';
import { amountText } from './snapshot.ts';

/** As long as another attempt's call for the same order may go on. */
const IN_FLIGHT_MS_MAX = trading.executeTrade.timeoutMs + 10_000;

/**
 * Sends what has not been sent yet. Before the first order the portfolio must still be the one
 * that was planned for; a plan that is stale is given up.
 */
export async function* execute(cycle: Cycle): ProgressStream {
  const plan = cycle.requiredPlan;
  if (!cycle.record.executionBegan && !(await begin(cycle))) return;
  // Told again by whoever resumes: a crash may have come between the record and the plan.
  if (plan.status !== 'COMPLETED' && plan.status !== 'CANCELLED') await mark(cycle, 'started');
  const { actions } = plan;
  for (const [index, action] of actions.entries()) {
    if (cycle.record.sent[index] !== undefined) continue;
    if (cycle.isCancelled) return yield await stop(cycle, index);
    cycle.stopIfAborted();
    if (isFirstPurchase(actions, index)) yield await bookSales(cycle, index / actions.length);
    const sent = await send(cycle, action, orderKey(plan.id, index));
    await cycle.change((record) => ({ ...record, sent: { ...record.sent, [index]: sent } }));
    yield cycle.report('execute', (index + 1) / actions.length, sentInWords(sent));
  }
  const orders = Object.values(cycle.record.sent);
  await mark(cycle, 'completed');
  yield await cycle.done('execute', ordersInWords(orders));
}

/** Between two orders: what was sent stays and will be booked, the others are not sent. */
async function stop(cycle: Cycle, index: number): Promise<TradingCycleUpdate> {
  const { actions } = cycle.requiredPlan;
  cycle.ordersLeft = actions.filter((_one, at) => cycle.record.sent[at] === undefined).length;
  await mark(cycle, 'cancelled');
  const share = index / actions.length;
  return cycle.report(
    'execute',
    share,
    `Taken back; ${count(cycle.ordersLeft, 'order')} stay unsent.`,
  );
}

/** @returns false when the plan is stale */
async function begin(cycle: Cycle): Promise<boolean> {
  const plan = cycle.requiredPlan;
  const { portfolioHash } = await cycle.call(portfolio.getSummary, { accountId: plan.accountId });
  if (portfolioHash !== plan.portfolioHash) {
    cycle.failsBecause =
      `The portfolio has changed since the plan was made (${plan.portfolioHash} is now ` +
      `${portfolioHash}); nothing was sent.`;
    await mark(cycle, 'cancelled');
    return false;
  }
  await cycle.change((record) => ({ ...record, executionBegan: true }));
  return true;
}

async function mark(cycle: Cycle, event: 'started' | 'completed' | 'cancelled'): Promise<void> {
  await markPlan(cycle.context.database, cycle.requiredPlan.id as PlanId, event);
}

function isFirstPurchase(actions: readonly PlannedAction[], index: number): boolean {
  return index > 0 && actions[index]?.side === 'BUY' && actions[index - 1]?.side === 'SELL';
}

/** Books the sales, so that the purchases are checked against the cash that is really there. */
async function bookSales(cycle: Cycle, share: number) {
  const { accountId } = cycle.requiredPlan;
  await cycle.callWhole(portfolio.updatePositions, { accountId, forceSync: true });
  const cash = await cycle.callWhole(portfolio.getCashBalance, { accountId });
  const free = amountText(cash.availableForTrading);
  return cycle.report('execute', share, `The sales are booked; ${free} is free to trade.`);
}

/** An order that fails does not stop the others; what became of an unclear one, the book will say. */
async function send(cycle: Cycle, action: PlannedAction, key: string): Promise<SentOrder> {
  try {
    return sentOrder(action, await executeOnce(cycle, action, key));
  } catch (thrown) {
    cycle.stopIfAborted();
    const { code, message } = Failure.from(thrown);
    cycle.context.log.warn('order-failed', { failureCode: code, detail: message, key });
    return { ...planned(action), tradeId: '', success: false, error: message };
  }
}

/** While an attempt that was given up is still at it, its answer is waited for. */
async function executeOnce(
  cycle: Cycle,
  action: PlannedAction,
  key: string,
): Promise<ExecuteTradeResponse> {
  const { accountId } = cycle.requiredPlan;
  const request = { accountId, symbol: action.symbol, ...orderOf(action) };
  const until = performance.now() + IN_FLIGHT_MS_MAX;
  for (;;) {
    try {
      return await cycle.callWhole(trading.executeTrade, request, key);
    } catch (thrown) {
      const failure = Failure.from(thrown);
      if (failure.code !== 'TOO_BUSY' || performance.now() > until) throw thrown;
      const pauseMs = Number(failure.facts['retryAfterMs'] ?? 1_000);
      await sleep(pauseMs, undefined, { signal: cycle.context.signal });
    }
  }
}

function sentOrder(action: PlannedAction, answer: ExecuteTradeResponse): SentOrder {
  const { success, tradeId, message, execution, errors } = answer;
  return {
    ...planned(action),
    tradeId,
    ...(execution && { quantity: execution.quantityFilled }),
    ...(execution?.averagePrice && { price: execution.averagePrice }),
    success,
    error: success ? '' : message || inWords(errors),
  };
}

function planned(action: PlannedAction): Pick<SentOrder, 'symbol' | 'side' | 'quantity'> {
  const side = action.side === 'SELL' ? 'SELL' : 'BUY';
  return { symbol: action.symbol, side, quantity: action.quantity };
}

function sentInWords({ side, quantity, symbol, price, success, error }: SentOrder): string {
  if (!success) return `${side} ${symbol} did not go through: ${error}`;
  return `${side === 'BUY' ? 'Bought' : 'Sold'} ${quantity} ${symbol}${price ? ` at ${amountText(price)}` : ''}.`;
}

/** Books every fill and charge from the broker's own statement. */
export async function* book(cycle: Cycle): ProgressStream {
  const { accountId } = cycle.requiredPlan;
  yield cycle.report('book', 0, 'Booking what the broker did.');
  const synced = await cycle.callWhole(portfolio.updatePositions, { accountId, forceSync: true });
  yield await cycle.done(
    'book',
    `The book agrees with the broker; ${count(synced.fillsBooked, 'fill')} had still to be booked.`,
  );
}
