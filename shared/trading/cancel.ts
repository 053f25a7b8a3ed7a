/** Cancels the unfilled quantity. Always allowed, also while trading is HALTED. */
import type { OrderDependencies } from './order-dependencies.ts';
import { SUBMIT_TIMEOUT_MS } from './model/order-time-limits.ts';
import type { OrderRecord } from './model/order-record.ts';
import { advance } from './model/order-progress.ts';
import { isCancellable } from './model/order-state.ts';
import { queryOrder, refresh } from './resolve.ts';
import { within } from './work-time-limit.ts';

/**
 * Cancels an order, or dismisses one that needs a person as never placed.
 * @param reason text from the caller; a NEEDS_HUMAN order is dismissed only with a reason, and
 * only while the broker answers that it does not have it
 * @returns the order afterwards
 * @throws Failure when the broker does not take the request; asking again is safe
 */
export async function cancelOrder(
  orderDependencies: OrderDependencies,
  order: OrderRecord,
  reason: string,
  signal: AbortSignal,
): Promise<OrderRecord> {
  const current = await refresh(orderDependencies, order, signal);
  if (current.state === 'NEEDS_HUMAN') return dismiss(orderDependencies, current, reason, signal);
  const asked = await orderDependencies.store.change(current, (latest) =>
    advance(latest, 'ask-cancel', orderDependencies.now(), cancelText(reason)),
  );
  if (!isCancellable(asked.state)) return asked;
  await within(
    SUBMIT_TIMEOUT_MS,
    (limited) => orderDependencies.broker.cancel(asked.accountId, asked.clientOrderId, limited),
    signal,
  );
  return refresh(orderDependencies, asked, signal);
}

async function dismiss(
  orderDependencies: OrderDependencies,
  order: OrderRecord,
  reason: string,
  signal: AbortSignal,
): Promise<OrderRecord> {
  if (reason === '') return order;
  const answer = await queryOrder(orderDependencies, order, signal);
  if (answer.kind !== 'missing') return order;
  orderDependencies.log.warn('order-dismissed', { tradeId: order.tradeId, reason });
  return orderDependencies.store.change(order, (latest) =>
    advance(
      latest,
      'dismiss',
      orderDependencies.now(),
      `A person says that it never came to be: ${reason}`,
    ),
  );
}

function cancelText(reason: string): string {
  return reason === '' ? 'Asked to be cancelled.' : `Asked to be cancelled: ${reason}`;
}
