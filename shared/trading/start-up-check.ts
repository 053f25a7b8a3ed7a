/**
 * Before the first order of a process at a real broker: book, open orders and broker are compared. A
 * difference is stored, and halts trading in all processes.
 */
import type { OpenOrder } from '#shared/clients/broker/broker.ts';
import { portfolio } from '#shared/contract/portfolio.ts';
import type { Decimal } from '#shared/kernel/decimal.ts';
import type { AccountId } from '#shared/kernel/identifiers.ts';
import { ReconciliationRecord } from '#shared/portfolio/reconciliation/reconciliation-record.ts';
import type { Difference } from '#shared/portfolio/model/reconciliation/differences.ts';
import { isGated, StartUpChecks } from '#shared/portfolio/reconciliation/start-up-checks.ts';
import type { Context } from '#shared/runtime/context.ts';
import type { OrderDependencies } from './order-dependencies.ts';
import type { OrderRecord } from './model/order-record.ts';
import { refreshLive } from './resolve.ts';

/** Accounts whose orders this process has compared. */
const compared = new StartUpChecks();

/** Does so once in a process, and again while a difference is open. @throws Failure of the broker's */
export async function checkAtStart(
  context: Context,
  orderDependencies: OrderDependencies,
  accountId: AccountId,
): Promise<void> {
  const { broker, database, functions, settings } = context;
  if (!isGated(broker)) return;
  const isDone = compared.has(settings, accountId);
  const store = new ReconciliationRecord(database);
  if (isDone && (await store.read(accountId)).found.length === 0) return;
  await functions.call(
    portfolio.updatePositions,
    { accountId, forceSync: true, startUpCheck: !isDone },
    context.callOptions(),
  );
  const orders = await orderDifferences(orderDependencies, accountId, context.signal);
  await store.putOrders(accountId, orders, context.now());
  compared.add(settings, accountId);
}

async function orderDifferences(
  orderDependencies: OrderDependencies,
  accountId: AccountId,
  signal: AbortSignal,
): Promise<readonly Difference[]> {
  const { orders, broker } = orderDependencies;
  await refreshLive(orderDependencies, accountId, signal);
  const before = await orders.liveOrders(accountId);
  const { openOrders } = await broker.statement(accountId, signal);
  const after = await orders.liveOrders(accountId);
  const [known, open] = [idsOf([...before, ...after]), idsOf(openOrders)];
  const still = idsOf(after);
  return [
    ...openOrders.filter(({ clientOrderId }) => !known.has(clientOrderId)).map(unknownOrder),
    ...before
      .filter((order) => isAtBroker(order) && still.has(order.clientOrderId))
      .filter(({ clientOrderId }) => !open.has(clientOrderId))
      .map(missingOrder),
  ];
}

function idsOf(orders: readonly { readonly clientOrderId: string }[]): ReadonlySet<string> {
  return new Set(orders.map(({ clientOrderId }) => clientOrderId));
}

function isAtBroker({ state }: OrderRecord): boolean {
  return state === 'ACCEPTED' || state === 'PARTIAL' || state === 'CANCEL_PENDING';
}

function unknownOrder(order: OpenOrder): Difference {
  const subject = order.clientOrderId || order.brokerOrderId;
  return { kind: 'unknown-order', subject, change: openShares(order), label: labelOf(order) };
}

function missingOrder(order: OrderRecord): Difference {
  const change = openShares(order).negate();
  return { kind: 'missing-order', subject: order.tradeId, change, label: labelOf(order) };
}

type Shown = Pick<OpenOrder, 'side' | 'symbol' | 'quantity' | 'filledQuantity'>;

function openShares({ quantity, filledQuantity }: Shown): Decimal {
  return quantity.subtract(filledQuantity).normalize();
}

function labelOf({ side, symbol, quantity }: Shown): string {
  return `${side} ${quantity.normalize().toString()} ${symbol}`;
}
