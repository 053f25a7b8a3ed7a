/**
 * What an order costs: one model for planning, rebalancing, validation and the paper broker.
 *
 * cost = fixed fee + proportional fee x value + exchange fee x value + half spread x value
 *        + sell tax x value (sales only)
 *
 * Commission and fees are money that is owed, rounded up to the minor unit; the spread is paid in
 * the price and is an estimate.
 */
import { Decimal } from './decimal.ts';
import { Money } from './money.ts';

export interface CostModel {
  /** Per order, in the account's currency, major units. */
  readonly feeFixed: Decimal;
  readonly feeRatio: number;
  readonly exchangeFeeRatio: number;
  readonly halfSpreadRatio: number;
  readonly sellTaxRatio: number;
}

/** The cost model out of a wider set of fields, such as the settings. */
export function costModelOf(fields: CostModel): CostModel {
  const { feeFixed, feeRatio, exchangeFeeRatio, halfSpreadRatio, sellTaxRatio } = fields;
  return { feeFixed, feeRatio, exchangeFeeRatio, halfSpreadRatio, sellTaxRatio };
}

export interface OrderCost {
  readonly commission: Money;
  /** Exchange fee and tax. */
  readonly fees: Money;
  readonly spread: Money;
  readonly total: Money;
}

/** @param value quantity x price, in the account's currency, never negative */
export function orderCost(model: CostModel, side: 'BUY' | 'SELL', value: Money): OrderCost {
  const { commission, fees } = brokerCharges(model, side, value);
  const spread = value.multiply(exactRatiosOf(model).halfSpread, 'up');
  return { commission, fees, spread, total: commission.add(fees).add(spread) };
}

/** The part of the cost that the broker charges beside the price. */
export function brokerCharges(
  model: CostModel,
  side: 'BUY' | 'SELL',
  value: Money,
): { commission: Money; fees: Money } {
  const fixed = Money.rounded(model.feeFixed, value.currency, 'up');
  const { fee, exchangeFee, exchangeFeeAndTax } = exactRatiosOf(model);
  return {
    commission: fixed.add(value.multiply(fee, 'up')),
    fees: value.multiply(side === 'SELL' ? exchangeFeeAndTax : exchangeFee, 'up'),
  };
}

interface ExactRatios {
  readonly fee: Decimal;
  readonly exchangeFee: Decimal;
  readonly exchangeFeeAndTax: Decimal;
  readonly halfSpread: Decimal;
}

/** A search costs thousands of orders by one model. */
const exactRatios = new WeakMap<CostModel, ExactRatios>();

function exactRatiosOf(model: CostModel): ExactRatios {
  const known = exactRatios.get(model);
  if (known) return known;
  const { feeRatio, exchangeFeeRatio, sellTaxRatio, halfSpreadRatio } = model;
  const exact = {
    fee: Decimal.ofNumber(feeRatio),
    exchangeFee: Decimal.ofNumber(exchangeFeeRatio),
    exchangeFeeAndTax: Decimal.ofNumber(exchangeFeeRatio + sellTaxRatio),
    halfSpread: Decimal.ofNumber(halfSpreadRatio),
  };
  exactRatios.set(model, exact);
  return exact;
}

/** The same cost as an estimate, for searches that cannot afford exact arithmetic. */
export function estimatedCost(model: CostModel, side: 'BUY' | 'SELL', value: number): number {
  const tax = side === 'SELL' ? model.sellTaxRatio : 0;
  const ratio = model.feeRatio + model.exchangeFeeRatio + model.halfSpreadRatio + tax;
  return value === 0 ? 0 : model.feeFixed.toEstimate() + ratio * Math.abs(value);
}
