import { Accounts } from '#shared/portfolio/accounts.ts';
import type { ExecuteTradeResponse } from '#protos/gen/trading.ts';
import { Failure } from '#shared/kernel/failure.ts';
import { DEFAULT_ACCOUNT, type TradeId } from '#shared/kernel/identifiers.ts';
import { handle } from '#shared/runtime/handle.ts';
import { askUntilKnown } from '#shared/trading/ask-until-known.ts';
import { trading } from '#shared/contract/trading.ts';
import { inTurn, keyOfOrder } from '#shared/trading/model/batch.ts';
import { tradeIdOf } from '#shared/trading/order-store.ts';
import { unsentAnswer, wireOf } from '#shared/trading/trade-wire.ts';

/** How long the answer of one order is asked for again. */
const PATIENCE_MS = 15_000;

/**
 * Executes orders one after the other, sales first, so that they pay for the purchases. Each has a key made
 * of the batch's and its place, so a batch that runs again sends nothing twice. Answers are in the order
 * asked. An answer that is lost is asked for again under the order's key; an order whose outcome stays open
 * is PENDING with the error code OUTCOME_UNKNOWN. With `stopOnError` the first that does not succeed ends the
 * batch.
 */
export default handle(trading.batchExecuteTrades, async (request, context) => {
  const { accountId, trades, stopOnError } = request;
  const { signal } = context;
  await new Accounts(context.database, context.baseCurrency).require(accountId);
  const wires = trades.map((trade, index) => wireOf(trade, accountId, index, DEFAULT_ACCOUNT));
  const tradeIds = trades.map((_trade, index) =>
    tradeIdOf(accountId, keyOfOrder(context.idempotencyKey, index)),
  );
  context.nameOutcome({ tradeIds, ask: 'GetTradeStatus of each trade id' });
  const results: ExecuteTradeResponse[] = trades.map(() =>
    unsentAnswer('Not sent: an order before it did not succeed.'),
  );
  for (const index of inTurn(trades.map(({ side }) => side))) {
    const key = keyOfOrder(context.idempotencyKey, index);
    const tradeId = tradeIds[index] ?? tradeIdOf(accountId, key);
    const asking = { idempotencyKey: key, tradeId, waitMs: PATIENCE_MS, signal };
    const answer = await askUntilKnown(asking, () =>
      context.functions.call(trading.executeTrade, wires[index] ?? {}, context.callOptions(key)),
    ).catch((thrown: unknown) => failed(Failure.from(thrown), tradeId));
    results[index] = answer;
    if (stopOnError && !answer.success) break;
  }
  if (results.some(({ status }) => status === 'PENDING')) context.answerIsOpen();
  const successful = results.filter((result) => result.success).length;
  return {
    allSuccess: successful === results.length,
    results,
    successful,
    failed: results.length - successful,
  };

  /**
   * Where the outcome is open the order may be at the broker. One that failed for a reason that passes is tried
   * again when the batch is repeated.
   */
  function failed({ message, code, rule }: Failure, tradeId: TradeId): ExecuteTradeResponse {
    if (rule.retry !== 'never') context.answerIsOpen();
    const errors = [{ code, field: 'body', message }];
    return code === 'OUTCOME_UNKNOWN'
      ? unsentAnswer(message, { tradeId, status: 'PENDING', errors })
      : unsentAnswer(message, { tradeId, status: 'FAILED', errors });
  }
});
