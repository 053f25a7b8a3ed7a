/** From an account and its targets to the drift, and the orders that bring it back inside the band. */
import { Decimal } from '#shared/kernel/decimal.ts';
import { orderCost, type CostModel } from '#shared/kernel/costs.ts';
import type { Isin } from '#shared/kernel/isin.ts';
import { Money } from '#shared/kernel/money.ts';
import {
  changeTo,
  signedValue,
  weightIn,
  type ValuedHoldings,
  type PositionChange,
} from './account.ts';
import type { AllocationEntry } from './allocation-request.ts';
import { at } from '#shared/quant/linear-algebra/matrix.ts';
import { correction, driftOf, type RebalancingBands, type Drift } from './rebalancing.ts';

/** What one security should weigh, and how far it may stray. */
export interface TargetBand {
  readonly isin: Isin;
  readonly weight: number;
  /** Undefined where the common band decides. */
  readonly min?: number | undefined;
  readonly max?: number | undefined;
}

export interface Rebalancing {
  readonly drift: Drift;
  /** Sales last. */
  readonly changes: readonly PositionChange[];
  readonly cost: Money;
}

export interface RebalancingPolicy extends RebalancingBands, CostModel {
  readonly minimumOrder: Decimal;
}

/**
 * The entries of a request as targets: the list is the whole target portfolio. Stated bounds take the
 * place of the common band; a target outside them counts as the nearest bound.
 */
export function targetsOfEntries(entries: readonly AllocationEntry[]): TargetBand[] {
  return entries.map(({ isin, targetWeight, minWeight, maxWeight }) => ({
    isin,
    weight: Math.max(targetWeight, minWeight),
    min: minWeight > 0 ? minWeight : undefined,
    max: maxWeight > 0 ? maxWeight : undefined,
  }));
}

/** Orders below the minimum are not worth their cost and are left out. Holdings without a target go. */
export function rebalance(
  account: ValuedHoldings,
  targets: readonly TargetBand[],
  policy: RebalancingPolicy,
): Rebalancing {
  const listed = new Set(targets.map(({ isin }) => isin));
  const others = [...account.quantities.keys()].filter((isin) => !listed.has(isin));
  const tradable = targets.filter(({ isin }) => !isKept(account, isin));
  const all: TargetBand[] = [...tradable, ...others.map((isin) => ({ isin, weight: 0 }))];
  const current = all.map(({ isin }) => weightIn(account, isin));
  const deviations = Float64Array.from(all, ({ weight }, i) => (current[i] ?? 0) - weight);
  const ranges = {
    over: Float64Array.from(all, ({ max, weight }) =>
      max === undefined ? policy.positionBandRatio : max - weight,
    ),
    under: Float64Array.from(all, ({ min, weight }) =>
      min === undefined ? policy.positionBandRatio : weight - min,
    ),
  };
  const moves = correction(deviations, policy, ranges);
  const least = Money.rounded(policy.minimumOrder, account.base, 'up');
  const requested = all
    .flatMap(({ isin }, i) => moveBy(account, isin, at(moves, i)) ?? [])
    .filter(({ value }) => value.compare(least) >= 0)
    .sort(salesLast);
  const changes = paidFor(requested, account, targets, policy);
  return {
    drift: driftOf(deviations, policy, ranges),
    changes,
    cost: costOf(changes, account, policy),
  };
}

/** Nobody prices it, so that it stays whatever its target is. */
function isKept({ values, listings }: ValuedHoldings, isin: Isin): boolean {
  return values.has(isin) && !listings.has(isin);
}

/**
 * Leaves out the smallest purchases that only sales too small to make would have paid for: cash does
 * not fall below its target, nor further below it than it is, and pays all costs.
 */
function paidFor(
  requested: readonly PositionChange[],
  account: ValuedHoldings,
  targets: readonly TargetBand[],
  policy: RebalancingPolicy,
): readonly PositionChange[] {
  const invested = targets.reduce((sum, { weight }) => sum + weight, 0);
  const aim = Decimal.fromEstimate(Math.max(0, 1 - invested), 12, 'half-even');
  const target = account.total.multiply(aim, 'down');
  const floor = target.compare(account.cash) < 0 ? target : account.cash;
  let kept = requested;
  for (;;) {
    const flow = Money.sum(kept.map(signedValue), account.base);
    const left = account.cash.subtract(flow);
    const afterCost = left.subtract(costOf(kept, account, policy));
    const smallest = kept.findLast(({ side }) => side === 'BUY');
    if (!smallest || (left.compare(floor) >= 0 && afterCost.sign >= 0)) return kept;
    kept = kept.filter((change) => change !== smallest);
  }
}

function costOf(
  changes: readonly PositionChange[],
  { base }: ValuedHoldings,
  policy: CostModel,
): Money {
  return Money.sum(
    changes.map(({ side, value }) => orderCost(policy, side, value).total),
    base,
  );
}

function moveBy(account: ValuedHoldings, isin: Isin, move: number): PositionChange | undefined {
  if (Math.abs(move) < 1e-12) return undefined;
  const weight = weightIn(account, isin) + move;
  return changeTo(account, isin, weight < 1e-12 ? 0 : weight, false);
}

/** Purchases first, by size; then sales, by size. */
function salesLast(a: PositionChange, b: PositionChange): number {
  if (a.side !== b.side) return a.side === 'BUY' ? -1 : 1;
  return b.value.compare(a.value) || (a.isin < b.isin ? -1 : 1);
}
