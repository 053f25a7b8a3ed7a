import type { ExecuteTradeResponse } from '#protos/gen/trading.ts';
import { Failure } from '#shared/kernel/failure.ts';
import { DEFAULT_ACCOUNT } from '#shared/kernel/identifiers.ts';
import { handle } from '#shared/runtime/handle.ts';
import { trading } from '#shared/contract/trading.ts';
import { inTurn, keyOfTrade } from '#shared/trading/model/batch.ts';
import { tradeIdOf } from '#shared/trading/trade-store.ts';
import { unsentAnswer, wireOf } from '#shared/trading/trade-wire.ts';

/**
 * Executes orders one after the other, sales first, so that they pay for the purchases. Each has a
 * key made of the batch's and its place, so a batch that runs again sends nothing twice. Answers
 * are in the order asked. With `stopOnError` the first that does not succeed ends the batch.
 */
export default handle(trading.batchExecuteTrades, async (request, context) => {
  const { accountId, trades, stopOnError } = request;
  const wires = trades.map((trade, index) => wireOf(trade, accountId, index, DEFAULT_ACCOUNT));
  const results: ExecuteTradeResponse[] = trades.map(() =>
    unsentAnswer('Not sent: an order before it did not succeed.'),
  );
  for (const index of inTurn(trades.map(({ side }) => side))) {
    const key = keyOfTrade(context.idempotencyKey, index);
    const answer = await context.functions
      .call(trading.executeTrade, wires[index] ?? {}, context.callOptions(key))
      .catch((thrown: unknown) => failed(Failure.from(thrown), key));
    results[index] = answer;
    if (stopOnError && !answer.success) break;
  }
  const successful = results.filter((result) => result.success).length;
  return {
    allSuccess: successful === results.length,
    results,
    successful,
    failed: results.length - successful,
  };

  /** A call that failed says nothing about the order: it may be at the broker. */
  function failed({ message, rule }: Failure, key: string): ExecuteTradeResponse {
    const known = rule.retry === 'never' && rule.actor === 'caller';
    return unsentAnswer(message, {
      tradeId: tradeIdOf(accountId, key),
      status: known ? 'FAILED' : 'PENDING',
    });
  }
});
