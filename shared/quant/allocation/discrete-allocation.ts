/**
 * From weights to whole shares of a sum of money, without fees: greedily, and exactly as an integer
 * program. (What fees, taxes and order limits allow is the planner's business.) Both conventions are
 * those of PyPortfolioOpt's `DiscreteAllocation`.
 */
import { invalidRequest } from '#shared/kernel/failure.ts';
import { at } from '#shared/quant/linear-algebra/matrix.ts';
import { bestShares } from './whole-shares.ts';

export interface Shares {
  /** In the order of the weights; negative for shorts. */
  readonly shares: readonly number[];
  readonly leftover: number;
  /** False where the search ended before every better allocation was ruled out. */
  readonly proven: boolean;
}

export interface AllocationMoney {
  readonly value: number;
  /** Short sales as a share of the value; the weights' own where it is not given. */
  readonly shortRatio?: number | undefined;
  /** Whether the money from short sales buys more. */
  readonly reinvest?: boolean | undefined;
}

type LongOnly = (weights: Float64Array, prices: Float64Array, value: number) => Shares;

/** Gives up after this many securities in a row that the rest does not pay for. */
const MISSES_MAX = 10;

/**
 * Whole shares rounded down; then one more of the security furthest below its weight, as long as one of
 * them can be paid for.
 * @throws Failure INVALID_REQUEST naming a price that is not above 0
 */
export function greedyShares(weights: Float64Array, prices: Float64Array, money: AllocationMoney) {
  return bothSides(greedy, weights, prices, money);
}

/**
 * Least sum of |weight x value - price x shares| and of what is left over.
 *
 * @returns proven where nothing better exists
 * @throws Failure INVALID_REQUEST naming a price that is not above 0
 */
export function integerShares(weights: Float64Array, prices: Float64Array, money: AllocationMoney) {
  return bothSides(bestShares, weights, prices, money);
}

/** What `integerShares` makes smallest, for long positions. */
export function allocationError(
  weights: Float64Array,
  prices: Float64Array,
  value: number,
  shares: readonly number[],
): number {
  let [error, rest] = [0, value];
  shares.forEach((count, i) => {
    error += Math.abs(at(weights, i) * value - count * at(prices, i));
    rest -= count * at(prices, i);
  });
  return error + rest;
}

/** Root of the mean squared difference between weights wanted and bought. */
export function allocationRmse(
  weights: Float64Array,
  prices: Float64Array,
  shares: readonly number[],
): number {
  const total = shares.reduce((all, count, i) => all + count * at(prices, i), 0);
  const squares = weights.map((w, i) => (w - ((shares[i] ?? 0) * at(prices, i)) / total) ** 2);
  return Math.sqrt(squares.reduce((all, value) => all + value, 0) / weights.length);
}

/** A share that costs nothing, or pays its buyer, is bought without end. */
function requirePrices(weights: Float64Array, prices: Float64Array, value: number): void {
  weights.forEach((weight, i) => {
    if (!Number.isFinite(weight))
      throw invalidRequest({ field: `weights[${i}]`, message: `${weight} is no number` });
    const price = prices[i] ?? NaN;
    if (!(price > 0 && price < Infinity))
      throw invalidRequest({ field: `prices[${i}]`, message: `${price} is not above 0` });
  });
  if (!(value >= 0 && value < Infinity))
    throw invalidRequest({ field: 'value', message: `${value} is below 0 or no number` });
}

/** Longs and shorts are allocated by themselves, each with weights that sum to 1. */
function bothSides(
  allocate: LongOnly,
  weights: Float64Array,
  prices: Float64Array,
  { value, shortRatio, reinvest = false }: AllocationMoney,
): Shares {
  requirePrices(weights, prices, value);
  if (weights.every((weight) => weight >= 0)) return allocate(weights, prices, value);
  const shorted = -weights.reduce((all, weight) => all + Math.min(0, weight), 0);
  const bought = weights.reduce((all, weight) => all + Math.max(0, weight), 0);
  const shortValue = value * (shortRatio ?? shorted);
  const side = (sign: 1 | -1, total: number, money: number): Shares => {
    const own = [...weights.keys()].filter((i) =>
      sign === 1 ? at(weights, i) >= 0 : at(weights, i) < 0,
    );
    const part = allocate(
      Float64Array.from(own, (i) => (sign * at(weights, i)) / total),
      Float64Array.from(own, (i) => at(prices, i)),
      money,
    );
    const shares = new Array<number>(weights.length).fill(0);
    own.forEach((i, k) => (shares[i] = sign * (part.shares[k] ?? 0)));
    return { ...part, shares };
  };
  const longs = side(1, bought, reinvest ? value + shortValue : value);
  const shorts = side(-1, shorted, shortValue);
  return {
    shares: longs.shares.map((count, i) => count + (shorts.shares[i] ?? 0)),
    leftover: longs.leftover + shorts.leftover,
    proven: longs.proven && shorts.proven,
  };
}

function greedy(weights: Float64Array, prices: Float64Array, value: number): Shares {
  const order = [...weights.keys()].sort((a, b) => at(weights, b) - at(weights, a));
  const shares = Array.from(weights, (weight, i) => Math.floor((weight * value) / at(prices, i)));
  let rest = shares.reduce((money, count, i) => money - count * at(prices, i), value);
  for (let next = nextShare(order, weights, prices, shares, rest); next !== undefined;) {
    shares[next] = (shares[next] ?? 0) + 1;
    rest -= at(prices, next);
    next = nextShare(order, weights, prices, shares, rest);
  }
  return { shares, leftover: rest, proven: false };
}

function nextShare(
  order: readonly number[],
  weights: Float64Array,
  prices: Float64Array,
  shares: readonly number[],
  rest: number,
): number | undefined {
  const held = shares.reduce((all, count, i) => all + count * at(prices, i), 0);
  const missing = (i: number) =>
    at(weights, i) - (held > 0 ? ((shares[i] ?? 0) * at(prices, i)) / held : 0);
  const behind = order
    .map((i) => ({ i, gap: missing(i) }))
    .filter(({ gap }) => gap > 0)
    .sort((a, b) => b.gap - a.gap);
  return behind.slice(0, MISSES_MAX).find(({ i }) => at(prices, i) <= rest)?.i;
}
