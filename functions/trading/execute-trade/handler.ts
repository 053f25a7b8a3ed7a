import { Accounts } from '#shared/portfolio/accounts.ts';
import { handle } from '#shared/runtime/handle.ts';
import { syncBook } from '#shared/trading/book-sync.ts';
import { trading } from '#shared/contract/trading.ts';
import { openOrderDependencies } from '#shared/trading/order-dependencies.ts';
import { loadChecks } from '#shared/trading/load-checks.ts';
import { isTerminal } from '#shared/trading/model/order-state.ts';
import { validate } from '#shared/trading/model/validation.ts';
import { refreshLive } from '#shared/trading/resolve.ts';
import { checkAtStart } from '#shared/trading/start-up-check.ts';
import { submitOrder } from '#shared/trading/submit.ts';
import { tradeResponseOf, draftOf, dryRunAnswer } from '#shared/trading/trade-wire.ts';
import { tradeIdOf } from '#shared/trading/order-store.ts';

/**
 * Checks an order, stores the intent, sends it at most once, and answers what came of it. The trade
 * id derives from account and idempotency key: the same key never leads to a second order.
 *
 * An outcome that is not known is answered as PENDING with `success = false` and the error
 * OUTCOME_UNKNOWN; it is resolved by
 * asking the broker, here before the account's next order, or by GetTradeStatus.
 */
export default handle(trading.executeTrade, async (request, context) => {
  const orderDependencies = openOrderDependencies(context);
  const draft = draftOf(request);
  const { accountId } = draft;
  const { signal } = context;
  await new Accounts(context.database, context.baseCurrency).require(accountId);
  if (request.dryRun) {
    const { inputs } = await loadChecks(orderDependencies, draft, undefined, signal);
    return dryRunAnswer(validate(inputs));
  }
  await checkAtStart(context, orderDependencies, accountId);
  const tradeId = tradeIdOf(accountId, context.idempotencyKey);
  context.nameOutcome({ tradeId, ask: `GetTradeStatus ${tradeId}` });
  // What is uncertain about earlier orders is asked first: it may free cash, or freeze a security.
  await refreshLive(orderDependencies, accountId, signal);
  const order = await submitOrder(orderDependencies, draft, tradeId, signal);
  if (order.filledQuantity.sign > 0) await syncBook(context, accountId);
  // A repeat with the same key finds out how the order stands by then.
  if (!isTerminal(order.state)) context.answerIsOpen();
  return tradeResponseOf(order);
});
