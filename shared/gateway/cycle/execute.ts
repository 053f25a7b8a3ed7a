/** The steps that send the orders of the plan, each once, and book their fills. */
import type { TradingCycleUpdate } from '#protos/gen/gateway.ts';
import type { PlannedAction } from '#protos/gen/planning.ts';
import type { ExecuteTradeResponse } from '#protos/gen/trading.ts';
import { Failure } from '#shared/kernel/failure.ts';
import type { AccountId, PlanId, TradeId } from '#shared/kernel/identifiers.ts';
import { isOpen } from '#shared/contract/unknown-outcome.ts';
import { askUntilKnown } from '#shared/trading/ask-until-known.ts';
import { StoredOrders } from '#shared/trading/stored-orders.ts';
import { tradeIdOf } from '#shared/trading/model/trade-id.ts';
import { markPlan } from '#shared/planning/report-plan-status.ts';
import { portfolio } from '#shared/contract/portfolio.ts';
import { trading } from '#shared/contract/trading.ts';
import { countText, orderKey, ordersText, type SentOrder } from '../model/cycle.ts';
import { endProposal } from './approval.ts';
import type { Cycle, ProgressStream } from './cycle-run.ts';
import { errorText, orderOf } from './decide.ts';
import { whyGivenUp, whyTooLate } from './plan-terms.ts';
import { mayArrive, withdrawn } from './unsent-orders.ts';
import { handedToOther } from './cycle-attempt.ts';
import { claimOrder, isTakenOver, requireOwn } from './same-cycle.ts';
import { postponed, waitOf, type SessionWait } from './session-wait.ts';
import { amountText } from './snapshot.ts';

/** How long a lost answer is requested again before the run is postponed. */
const WAIT_MAX_MS = 15_000;
/** Pause before a postponed run continues. */
const RESUME_MS = 5_000;

/**
 * Sends what has not been sent yet. Before the first order the portfolio must still be the one
 * that was planned for; a plan that is stale is given up. Orders whose exchange is closed wait for it: the
 * run is postponed until the earliest opening.
 */
export async function* execute(cycle: Cycle): ProgressStream {
  const plan = cycle.requiredPlan;
  await requireOwn(cycle);
  if (!cycle.record.executionBegan && !(await begin(cycle))) return;
  // Repeated on resuming: a crash may have occurred between the record and the plan.
  if (plan.status !== 'COMPLETED' && plan.status !== 'CANCELLED') await mark(cycle, 'started');
  const { actions } = plan;
  const waiting: SessionWait[] = [];
  for (const [index, action] of actions.entries()) {
    if (cycle.record.sent[index] !== undefined) continue;
    if (cycle.isCancelled) return yield await stop(cycle, index);
    cycle.stopIfAborted();
    const wait = await waitOf(cycle, action, index, waiting);
    if (wait) waiting.push(wait);
    if (wait) continue;
    if (isFirstPurchase(actions, index)) yield await bookSales(cycle, index / actions.length);
    const sent = await sendUnlessGivenUp(cycle, action, index);
    yield cycle.report('execute', (index + 1) / actions.length, sentText(sent));
  }
  if (waiting.length > 0) throw postponed(cycle, waiting);
  const orders = Object.values(cycle.record.sent);
  await mark(cycle, 'completed');
  yield await cycle.done('execute', ordersText(orders));
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
    `Cancelled; ${countText(cycle.ordersLeft, 'order')} stay unsent.`,
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
  await cycle.change((record) =>
    isTakenOver(record) ? record : { ...record, executionBegan: true, planId: plan.id as PlanId },
  );
  if (cycle.record.planId !== plan.id || !cycle.record.executionBegan)
    throw await handedToOther(cycle);
  await cycle.store.putExecuting(cycle.id);
  return true;
}

async function mark(cycle: Cycle, event: 'started' | 'completed' | 'cancelled'): Promise<void> {
  await markPlan(cycle.context.database, cycle.requiredPlan.id as PlanId, event);
  if (event !== 'started') await endProposal(cycle, event, cycle.failsBecause);
}

function isFirstPurchase(actions: readonly PlannedAction[], index: number): boolean {
  return index > 0 && actions[index]?.side === 'BUY' && actions[index - 1]?.side === 'SELL';
}

/** Books the sales, so that the purchases are checked against the actual cash. */
async function bookSales(cycle: Cycle, share: number) {
  const { accountId } = cycle.requiredPlan;
  await cycle.callWhole(portfolio.updatePositions, { accountId, forceSync: true });
  const cash = await cycle.callWhole(portfolio.getCashBalance, { accountId });
  const free = amountText(cash.availableForTrading);
  return cycle.report('execute', share, `The sales are booked; ${free} is free to trade.`);
}

/** An order that was started earlier is completed regardless of the plan's terms. */
async function sendUnlessGivenUp(
  cycle: Cycle,
  action: PlannedAction,
  index: number,
): Promise<SentOrder> {
  const key = orderKey(cycle.requiredPlan.id, index);
  const tradeId = tradeIdOf(cycle.requiredPlan.accountId as AccountId, key);
  const begun = await new StoredOrders(cycle.context.database).find(tradeId);
  const isBegun = begun !== undefined && begun.state !== 'INTENT';
  const why = isBegun ? undefined : await whyGivenUp(cycle, action);
  const order = { action, index, key, tradeId };
  if (why === undefined) return record(cycle, index, await send(cycle, order));
  if (begun === undefined && mayArrive(cycle.record, cycle.context, tradeId)) {
    // The trading service refuses it for its price by itself; for the plan's end its call has to end.
    if ((await whyTooLate(cycle, action)) === undefined)
      return record(cycle, index, await send(cycle, order));
    throw handedOver(cycle, action, 'An order may still be on its way.');
  }
  if (begun && !(await withdrawn(cycle, tradeId)))
    return record(cycle, index, await send(cycle, order));
  return giveUp(cycle, order, why);
}

interface PlannedOrder {
  readonly action: PlannedAction;
  /** Its place in the plan. */
  readonly index: number;
  readonly key: string;
  readonly tradeId: TradeId;
}

/** Not where another process has handed it over since: then the order may be on its way. */
async function giveUp(
  cycle: Cycle,
  { action, index, tradeId }: PlannedOrder,
  why: string,
): Promise<SentOrder> {
  const order = { ...planned(action), tradeId: '', success: false, error: `Not sent: ${why}.` };
  const known = cycle.record.attempt?.at;
  await cycle.change((stored) =>
    stored.sent[index] !== undefined ||
    (stored.attempt?.at !== known && mayArrive(stored, cycle.context, tradeId))
      ? stored
      : { ...stored, sent: { ...stored.sent, [index]: order } },
  );
  const decided = cycle.record.sent[index];
  if (!decided) throw handedOver(cycle, action, 'An order may still be on its way.');
  return decided;
}

async function record(cycle: Cycle, index: number, sent: SentOrder): Promise<SentOrder> {
  await cycle.change((stored) => ({ ...stored, sent: { ...stored.sent, [index]: sent } }));
  return sent;
}

/** An order that is refused does not stop the others; one with an unknown outcome is resolved. */
async function send(cycle: Cycle, order: PlannedOrder): Promise<SentOrder> {
  const { action, index, key, tradeId } = order;
  const { accountId } = cycle.requiredPlan;
  const request = {
    accountId,
    symbol: action.symbol,
    ...orderOf(action),
    referencePrice: action.estimatedPrice,
  };
  await claimOrder(cycle, index, tradeId);
  const decided = cycle.record.sent[index];
  if (decided) return decided;
  const { signal } = cycle.context;
  const asking = { idempotencyKey: key, tradeId, waitMs: WAIT_MAX_MS, signal };
  try {
    return sentOrder(
      action,
      await askUntilKnown(asking, () => cycle.callWhole(trading.executeTrade, request, key)),
    );
  } catch (thrown) {
    cycle.stopIfAborted();
    const failure = Failure.from(thrown);
    const { code, message } = failure;
    cycle.context.log.warn('order-failed', { failureCode: code, detail: message, key });
    const known = await knownOrder(cycle, action, tradeId);
    if (known) return known;
    if (isOpen(failure)) return waitForAnswer(cycle, action, failure);
    return { ...planned(action), tradeId: '', success: false, error: message };
  }
}

/** The order book's state of an order whose answer was lost. */
export async function knownOrder(
  cycle: Cycle,
  action: Pick<PlannedAction, 'side' | 'symbol' | 'quantity'>,
  tradeId: string,
): Promise<SentOrder | undefined> {
  const { execution } = await cycle
    .callWhole(trading.getTradeStatus, { tradeId })
    .catch(() => ({ execution: undefined }));
  if (!execution || execution.state === 'INTENT') return undefined;
  const success = isExecuted(execution.state, execution.quantityFilled);
  return {
    ...planned(action),
    tradeId,
    quantity: execution.quantityFilled,
    ...(execution.averagePrice && { price: execution.averagePrice }),
    success,
    error: success ? '' : execution.message,
  };
}

/** As the trading service counts: the broker has the order, or something of it was filled. */
function isExecuted(state: string, filled: number): boolean {
  return filled > 0 || state === 'ACCEPTED' || state === 'PARTIAL' || state === 'CANCEL_PENDING';
}

/**
 * The trading service is unreachable: the run is postponed and continues when it is back, with the same keys, as long
 * as the plan is valid.
 */
function waitForAnswer(cycle: Cycle, action: PlannedAction, failure: Failure): never {
  throw handedOver(cycle, action, failure.message, failure);
}

function handedOver(
  cycle: Cycle,
  { side, symbol }: PlannedAction,
  why: string,
  cause?: Failure,
): Failure {
  return new Failure(
    'UNAVAILABLE',
    `${why} The cycle ${cycle.id} goes on with ${side} ${symbol} when that is over.`,
    { cycleId: cycle.id, resumeAfterMs: RESUME_MS },
    cause,
  );
}

function sentOrder(action: PlannedAction, answer: ExecuteTradeResponse): SentOrder {
  const { success, tradeId, message, execution, errors } = answer;
  return {
    ...planned(action),
    tradeId,
    ...(execution && { quantity: execution.quantityFilled }),
    ...(execution?.averagePrice && { price: execution.averagePrice }),
    success,
    error: success ? '' : message || errorText(errors),
  };
}

function planned(
  action: Pick<PlannedAction, 'side' | 'symbol' | 'quantity'>,
): Pick<SentOrder, 'symbol' | 'side' | 'quantity'> {
  const side = action.side === 'SELL' ? 'SELL' : 'BUY';
  return { symbol: action.symbol, side, quantity: action.quantity };
}

function sentText({ side, quantity, symbol, price, success, error }: SentOrder): string {
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
    `The book agrees with the broker; ${countText(synced.fillsBooked, 'fill')} had still to be booked.`,
  );
}
