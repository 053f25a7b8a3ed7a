/**
 * Resolving unknown outcomes by querying the broker; an order is never sent again. "Not found"
 * counts only after the settling time, in two separate queries, of the order itself and of the
 * statement, and only if the statement explains every change of the account. An order that queries
 * do not resolve must be decided by a person, and its instrument stays frozen.
 */
import type { BrokerOrder, BrokerStatement } from '#shared/clients/broker/broker.ts';
import { Decimal } from '#shared/kernel/decimal.ts';
import { Failure } from '#shared/kernel/failure.ts';
import type { AccountId } from '#shared/kernel/identifiers.ts';
import { instantOf, type Instant } from '#shared/kernel/instant.ts';
import { Money } from '#shared/kernel/money.ts';
import type { OrderDependencies } from './order-dependencies.ts';
import { baselineOf, sameBaseline } from './model/baseline.ts';
import type { OrderRecord, SeenOrder } from './model/order-record.ts';
import {
  INTENT_AGE_MAX_MS,
  QUERY_SPACING_MS,
  QUERY_TIMEOUT_MS,
  QUERIES_NEEDED,
  NEEDS_HUMAN_AFTER_MS,
  SETTLING_MS,
  SUBMIT_WINDOW_MS,
} from './model/order-time-limits.ts';
import { advance, denied, withSeen, type OrderUpdate } from './model/order-progress.ts';
import { isTerminal, isUnresolved } from './model/order-state.ts';
import { within } from './work-time-limit.ts';

export type OrderQuery =
  | { readonly kind: 'found'; readonly seen: SeenOrder; readonly update: OrderUpdate }
  | { readonly kind: 'missing' }
  | { readonly kind: 'failed'; readonly detail: string };

/**
 * Brings an order up to date with the broker; returns the stored order when the broker is unreachable.
 * An ABSENT order is queried too: should it appear after all, an alarm is raised.
 */
export async function refresh(
  orderDependencies: OrderDependencies,
  order: OrderRecord,
  signal: AbortSignal,
): Promise<OrderRecord> {
  if (order.state === 'INTENT') return leaveOldIntent(orderDependencies, order);
  if (isTerminal(order.state) && order.state !== 'ABSENT') return order;
  const answer = await queryOrder(orderDependencies, order, signal);
  if (answer.kind === 'found') return take(orderDependencies, order, answer);
  const timed = await timeFromNow(orderDependencies, order);
  const current = await markLost(orderDependencies, timed);
  if (current.state !== 'UNKNOWN') {
    if (answer.kind === 'missing' && !isUnresolved(current.state) && !isTerminal(current.state))
      orderDependencies.log.warn('order-not-found', {
        tradeId: order.tradeId,
        state: current.state,
      });
    return current;
  }
  return answer.kind === 'missing'
    ? countMissing(orderDependencies, current, signal)
    : giveUpLate(orderDependencies, current);
}

/** Brings all live orders of an account up to date, one after the other. */
export async function refreshLive(
  orderDependencies: OrderDependencies,
  account: AccountId,
  signal: AbortSignal,
): Promise<void> {
  for (const order of await orderDependencies.orders.liveOrders(account))
    await refresh(orderDependencies, order, signal);
}

/** One query of the broker's order. An unreadable answer is a failed query, not a missing order. */
export async function queryOrder(
  orderDependencies: OrderDependencies,
  order: OrderRecord,
  signal: AbortSignal,
): Promise<OrderQuery> {
  try {
    const seen = await within(
      queryTimeoutMs(orderDependencies),
      (limited) =>
        orderDependencies.broker.findOrder(order.accountId, order.clientOrderId, limited),
      signal,
    );
    if (seen === undefined) return { kind: 'missing' };
    return { kind: 'found', seen, update: withSeen(order, seen, orderDependencies.now()) };
  } catch (thrown) {
    const detail = Failure.from(thrown).message;
    orderDependencies.log.warn('order-query-failed', { tradeId: order.tradeId, detail });
    return { kind: 'failed', detail };
  }
}

/**
 * Stores the broker's data, and raises its alarms.
 * @param update what it makes of the order as it was read; of one that was changed meanwhile it is worked out anew
 */
async function take(
  orderDependencies: OrderDependencies,
  order: OrderRecord,
  { seen, update }: { readonly seen: SeenOrder; readonly update: OrderUpdate },
): Promise<OrderRecord> {
  let alarms: readonly string[] = [];
  const next = await orderDependencies.store.change(order, (current) => {
    const progress = current === order ? update : withSeen(current, seen, orderDependencies.now());
    alarms = progress.alarms;
    return progress.order;
  });
  for (const alarm of alarms)
    orderDependencies.log.warn('order-alarm', { tradeId: order.tradeId, state: next.state, alarm });
  return next;
}

/** An intent is only ever sent by a call with its key, and after a while not at all. */
function leaveOldIntent(
  orderDependencies: OrderDependencies,
  order: OrderRecord,
): Promise<OrderRecord> | OrderRecord {
  // Of the future, where the clock was set back: nobody knows how old it is.
  if (Math.abs(orderDependencies.now() - order.requestedAt) <= INTENT_AGE_MAX_MS) return order;
  const message = 'The order was left behind before it was sent, and is too old to be sent now.';
  const errors = [{ code: 'intent-too-old', field: 'body', message }];
  return orderDependencies.store.change(order, (current) =>
    current.state === 'INTENT' ? denied(current, errors, orderDependencies.now()) : current,
  );
}

/**
 * Where the clock was set back, an order may be of the future, and its limits would be over only when the clock is where it
 * had been. They count from now on then: longer than they are, never shorter.
 */
function timeFromNow(
  orderDependencies: OrderDependencies,
  order: OrderRecord,
): Promise<OrderRecord> | OrderRecord {
  if (!isOfFuture(order, orderDependencies.now())) return order;
  return orderDependencies.store.change(order, (current) => {
    const now = orderDependencies.now();
    if (!isOfFuture(current, now)) return current;
    const { submittedAt, queriedAt } = current;
    return {
      ...current,
      ...(submittedAt !== undefined && { submittedAt: instantOf(Math.min(submittedAt, now)) }),
      ...(queriedAt !== undefined && { queriedAt: instantOf(Math.min(queriedAt, now)) }),
      updatedAt: now,
    };
  });
}

/** Clocks of two boards may differ by a little. */
function isOfFuture({ state, submittedAt, queriedAt }: OrderRecord, now: Instant): boolean {
  if (state !== 'SUBMITTING' && state !== 'UNKNOWN') return false;
  return [submittedAt, queriedAt].some((at) => at !== undefined && at - now > SUBMIT_WINDOW_MS);
}

/**
 * An order that is still SUBMITTING after the submit window lost the process that sent it, or that
 * process still waits for its answer; from now on queries decide.
 */
async function markLost(
  orderDependencies: OrderDependencies,
  order: OrderRecord,
): Promise<OrderRecord> {
  if (order.state !== 'SUBMITTING' || ageMs(orderDependencies, order) <= SUBMIT_WINDOW_MS)
    return order;
  return orderDependencies.store.change(order, (current) =>
    current.state === 'SUBMITTING'
      ? advance(current, 'lose', orderDependencies.now(), unknownText())
      : current,
  );
}

export function unknownText(detail = 'the answer is missing'): string {
  return `It is not known whether the broker has the order: ${detail}. The broker is asked; the order is never sent again.`;
}

async function countMissing(
  orderDependencies: OrderDependencies,
  order: OrderRecord,
  signal: AbortSignal,
): Promise<OrderRecord> {
  const now = orderDependencies.now();
  if (ageMs(orderDependencies, order) < SETTLING_MS) return order;
  if (order.queriedAt !== undefined && now - order.queriedAt < QUERY_SPACING_MS) return order;
  const statement = await statementOf(orderDependencies, order, signal);
  if (!statement) return giveUpLate(orderDependencies, order);
  const seen = inStatement(order, statement);
  if (seen)
    return take(orderDependencies, order, {
      seen,
      update: withSeen(order, seen, orderDependencies.now()),
    });
  const explained =
    order.baseline && sameBaseline(order.baseline, baselineOf(statement, order.isin));
  if (!explained)
    return giveUp(
      orderDependencies,
      order,
      'the account moved, and the statement does not say why',
    );
  if (!orderDependencies.broker.capabilities.provesAbsence)
    return giveUp(orderDependencies, order, 'an order that this broker does not show may exist');
  return orderDependencies.store.change(order, (current) => {
    if (current.state !== 'UNKNOWN' || current.queries !== order.queries) return current;
    const queried = { ...current, queries: current.queries + 1, queriedAt: now, updatedAt: now };
    return queried.queries < QUERIES_NEEDED
      ? queried
      : advance(
          queried,
          'settle-absent',
          now,
          'The broker never had the order; it was not executed.',
        );
  });
}

async function statementOf(
  orderDependencies: OrderDependencies,
  order: OrderRecord,
  signal: AbortSignal,
): Promise<BrokerStatement | undefined> {
  try {
    const statement = await within(
      queryTimeoutMs(orderDependencies),
      (limited) => orderDependencies.broker.statement(order.accountId, limited),
      signal,
    );
    baselineOf(statement, order.isin);
    return statement;
  } catch (thrown) {
    const detail = Failure.from(thrown).message;
    orderDependencies.log.warn('order-query-failed', { tradeId: order.tradeId, detail });
    return undefined;
  }
}

function queryTimeoutMs({ broker }: OrderDependencies): number {
  return broker.capabilities.queryTimeoutMs ?? QUERY_TIMEOUT_MS;
}

/** The order in the statement: among the open ones, or by its fills alone. */
function inStatement(order: OrderRecord, statement: BrokerStatement): SeenOrder | undefined {
  const mine = (part: { clientOrderId: string }): boolean =>
    part.clientOrderId === order.clientOrderId;
  const open = statement.openOrders.find(
    (one): one is BrokerOrder => mine(one) && one.isin !== undefined,
  );
  const fills = statement.fills.filter(mine);
  if (open || fills.length === 0) return open;
  return {
    clientOrderId: order.clientOrderId,
    brokerOrderId: order.brokerOrderId ?? 'not shown',
    isin: order.isin,
    side: order.side,
    filledQuantity: fills.reduce((sum, fill) => sum.add(fill.quantity), Decimal.zero),
    state: 'PARTIAL',
    fills,
    reserved: Money.zero(statement.currency),
  };
}

function giveUpLate(
  orderDependencies: OrderDependencies,
  order: OrderRecord,
): Promise<OrderRecord> | OrderRecord {
  if (ageMs(orderDependencies, order) < NEEDS_HUMAN_AFTER_MS) return order;
  return giveUp(orderDependencies, order, 'the broker was unreachable for too long');
}

function giveUp(
  orderDependencies: OrderDependencies,
  order: OrderRecord,
  why: string,
): Promise<OrderRecord> {
  orderDependencies.log.error('order-needs-human', {
    tradeId: order.tradeId,
    isin: order.isin,
    why,
  });
  const message = `A person must find out the outcome of the order: ${why}. Until then nothing else is ordered in ${order.symbol}.`;
  return orderDependencies.store.change(order, (current) =>
    advance(current, 'give-up', orderDependencies.now(), message),
  );
}

function ageMs(orderDependencies: OrderDependencies, order: OrderRecord): number {
  return orderDependencies.now() - (order.submittedAt ?? order.requestedAt);
}
