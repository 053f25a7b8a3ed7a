/** Cancelling what is not filled yet. Always allowed, also while trading is HALTED. */
import type { Desk } from './order-dependencies.ts';
import { SUBMIT_TIMEOUT_MS } from './model/timing.ts';
import type { OrderRecord } from './model/order-record.ts';
import { advance } from './model/trade-progress.ts';
import { isCancellable } from './model/trade-state.ts';
import { lookAt, refresh } from './resolve.ts';
import { within } from './time-limit.ts';

/**
 * Cancels an order, or says of one that needs a person that it never came to be.
 * @param reason words of the one who asks; a NEEDS_HUMAN order is dismissed only with them, and
 * only while the broker answers that it does not have it
 * @returns the order as it stands then
 * @throws Failure when the broker does not take the request; asking again is safe
 */
export async function cancelOrder(
  desk: Desk,
  order: OrderRecord,
  reason: string,
  signal: AbortSignal,
): Promise<OrderRecord> {
  const current = await refresh(desk, order, signal);
  if (current.state === 'NEEDS_HUMAN') return dismiss(desk, current, reason, signal);
  const asked = await desk.store.change(current, (latest) =>
    advance(latest, 'ask-cancel', desk.now(), cancelText(reason)),
  );
  if (!isCancellable(asked.state)) return asked;
  await within(
    SUBMIT_TIMEOUT_MS,
    (limited) => desk.broker.cancel(asked.accountId, asked.clientOrderId, limited),
    signal,
  );
  return refresh(desk, asked, signal);
}

async function dismiss(
  desk: Desk,
  order: OrderRecord,
  reason: string,
  signal: AbortSignal,
): Promise<OrderRecord> {
  if (reason === '') return order;
  const look = await lookAt(desk, order, signal);
  if (look.kind !== 'missing') return order;
  desk.log.warn('order-dismissed', { tradeId: order.tradeId, reason });
  return desk.store.change(order, (latest) =>
    advance(latest, 'dismiss', desk.now(), `A person says that it never came to be: ${reason}`),
  );
}

function cancelText(reason: string): string {
  return reason === '' ? 'Asked to be cancelled.' : `Asked to be cancelled: ${reason}`;
}
