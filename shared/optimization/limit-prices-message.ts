/** Prices of limits as they are answered, in money of the account. */
import type { OptimizeAllocationResponse } from '#protos/gen/optimization.ts';
import { Money } from '#shared/kernel/money.ts';
import type { LimitPrice } from './model/limit-prices.ts';

/** @param total value of the account */
export function limitPricesMessage(
  prices: readonly LimitPrice[],
  total: Money,
): OptimizeAllocationResponse['limitPrices'] {
  const worth = Math.max(0, total.toEstimate());
  return prices.map(({ description: words, costRatio, perPointRatio }) => ({
    ...{ limit: words, costRatio, perPointRatio },
    cost: Money.fromEstimate(costRatio * worth, total.currency, 'half-even').toJSON(),
  }));
}
