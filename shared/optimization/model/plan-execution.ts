/** Slices of one order with their prices, and what it costs: exact where owed, else estimated. */
import { orderCost, type CostModel } from '#shared/kernel/costs.ts';
import type { Isin } from '#shared/kernel/isin.ts';
import { Money } from '#shared/kernel/money.ts';
import { Price } from '#shared/kernel/price.ts';
import type { Quantity } from '#shared/kernel/quantity.ts';
import type { PriceSeries } from '#shared/universe/model/price-series.ts';
import { valueOf, type Listing } from './account.ts';
import { expectedCost, impactModel } from '#shared/quant/execution/almgren-chriss.ts';
import { averageVolume, dayVolatility, slicePrices, slices } from './execution.ts';

export interface ExecutionOrder {
  readonly isin: Isin;
  readonly side: 'BUY' | 'SELL';
  readonly quantity: Quantity;
  readonly limitPrice?: Price | undefined;
}

export interface PlannedSlice {
  readonly quantity: Quantity;
  /** Trading days after the first. */
  readonly day: number;
  readonly price: Price;
}

export interface PlannedExecution {
  readonly strategy: string;
  readonly slices: readonly PlannedSlice[];
  /** Fees and spread of every slice, and the impact where it is known; in base currency. */
  readonly cost: Money;
  /** Undefined where volume or volatility is not known. */
  readonly impact: Money | undefined;
  /** What purchases pay and sales bring at the quote, in base currency. */
  readonly value: Money;
}

/**
 * Without known volumes nobody can say what is large: the order goes out in one piece, by strategy
 * `SINGLE_VOLUME_UNKNOWN`. A limit price caps the estimate, and adds `_LIMIT` to the strategy.
 *
 * @param riskAversion of the account; with its wealth it makes the paper's lambda, gamma/(2 W)
 * @param wealth of the account in base currency, above 0
 */
export function planExecution(
  order: ExecutionOrder,
  listing: Listing,
  series: Pick<PriceSeries, 'volume' | 'adjustedClose'> | undefined,
  costs: CostModel,
  riskAversion: number,
  wealth: number,
): PlannedExecution {
  const price = listing.price.toEstimate();
  const rate = listing.rate.rate.toEstimate();
  const volume = averageVolume(series?.volume ?? new Float64Array(0));
  const volatility = dayVolatility(series?.adjustedClose ?? new Float64Array(0));
  const suffix = order.limitPrice ? '_LIMIT' : '';
  if (volume === undefined || volatility === undefined) {
    const away = price * costs.halfSpreadRatio;
    const estimate = order.side === 'BUY' ? price + away : price - away;
    return {
      strategy: `SINGLE_VOLUME_UNKNOWN${suffix}`,
      slices: [{ quantity: order.quantity, day: 0, price: limited(order, listing, estimate) }],
      cost: fees(order, listing, [order.quantity], costs),
      impact: undefined,
      value: valueOf(listing, order.quantity),
    };
  }
  const model = impactModel(price, costs.halfSpreadRatio, volatility, volume);
  const lambda = (riskAversion * rate) / (2 * wealth);
  const { strategy, quantities } = slices(
    order.quantity,
    listing.security.lot,
    volume,
    model,
    lambda,
  );
  const trades = Float64Array.from(quantities, (quantity) => quantity.toEstimate());
  const prices = slicePrices(price, order.side, trades, model);
  const { permanent, temporary } = expectedCost(trades, model);
  const impact = Money.fromEstimate((permanent + temporary) * rate, listing.rate.to, 'up');
  return {
    strategy: `${strategy}${suffix}`,
    slices: quantities.map((quantity, day) => ({
      quantity,
      day,
      price: limited(order, listing, prices[day] ?? price),
    })),
    cost: fees(order, listing, quantities, costs).add(impact),
    impact,
    value: valueOf(listing, order.quantity),
  };
}

/** Never worse than the limit, which is never passed. */
function limited({ side, limitPrice }: ExecutionOrder, listing: Listing, estimate: number): Price {
  const smallest = listing.price.toEstimate() / 1_000;
  const price = Price.fromEstimate(Math.max(estimate, smallest), listing.price.currency);
  if (!limitPrice) return price;
  const passed = side === 'BUY' ? price.compare(limitPrice) > 0 : price.compare(limitPrice) < 0;
  return passed ? limitPrice : price;
}

function fees(
  { side }: ExecutionOrder,
  listing: Listing,
  quantities: readonly Quantity[],
  costs: CostModel,
): Money {
  const each = quantities.map((quantity) => orderCost(costs, side, valueOf(listing, quantity)));
  return Money.sum(
    each.map(({ total }) => total),
    listing.rate.to,
  );
}
