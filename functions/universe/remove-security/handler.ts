import { notFound, refused } from '#shared/kernel/failure.ts';
import { DEFAULT_ACCOUNT } from '#shared/kernel/identifiers.ts';
import type { Isin } from '#shared/kernel/isin.ts';
import { StoredBook } from '#shared/portfolio/stored-book.ts';
import type { Context } from '#shared/runtime/context.ts';
import { handle } from '#shared/runtime/handle.ts';
import { StoredOrders } from '#shared/trading/stored-orders.ts';
import { universe } from '#shared/contract/universe.ts';
import { SecurityStore } from '#shared/universe/security-store.ts';

/**
 * Takes a security out of the universe, with the reason; its history stays readable. Refused while
 * it is held or an order for it is live. One that was removed before stays as it is: `success` is
 * false and the message says so.
 */
export default handle(universe.removeSecurity, async ({ isin, reason }, context) => {
  const store = new SecurityStore(context.database);
  const security = await store.find(isin);
  if (!security) throw notFound('security', isin);
  if (!security.removed) await requireUnused(context, isin);
  const removal = { at: context.now(), reason };
  const success = await store.remove(isin, removal, context.idempotencyKey);
  const message = success
    ? `${security.symbol} was removed; its history stays readable.`
    : `${security.symbol} was removed before.`;
  return { success, message };
});

/** @throws Failure REFUSED position-exists or live-order-exists */
async function requireUnused(context: Context, isin: Isin): Promise<void> {
  const { database, baseCurrency } = context;
  const [book, live] = await Promise.all([
    new StoredBook(database, baseCurrency).book(DEFAULT_ACCOUNT),
    new StoredOrders(database).liveOrders(DEFAULT_ACCOUNT),
  ]);
  if (book.holdings.get(isin)?.lots.some((lot) => lot.quantity.sign > 0))
    throw refused('position-exists', `${isin} is held; sell it before it is removed.`, { isin });
  const order = live.find((trade) => trade.isin === isin);
  if (order)
    throw refused('live-order-exists', `Order ${order.tradeId} for ${isin} is live.`, {
      isin,
      tradeId: order.tradeId,
    });
}
