/**
 * A discrete problem as columns of numbers, minimised: utility changes its sign. Amounts are shares of
 * the value. Each security takes from six resources (cash above the floor, turnover, orders, new
 * positions, gains up to a most and down to a least) and from the groups it belongs to; what an order of k lots takes is a fixed part and a
 * part that is proportional to |k|, one pair for each side.
 */
import { separablePart } from '#shared/quant/linear-algebra/separable-part.ts';
import type { DiscreteProblem, DiscreteSecurity } from './discrete-problem.ts';

export const TURNOVER = 1;
export const ORDERS = 2;
export const POSITIONS = 3;
/** What sales realise, and the same with its sign changed: only sales take from them, and losses give. */
export const GAINS_MOST = 4;
export const GAINS_LEAST = 5;
/** Resources that every security may take from; groups come after. */
export const COMMON = 6;
/** Groups that a security may belong to. */
export const GROUPS_MOST = 3;

/** Shares of the value that differ by less are equal. */
export const SHARE_EPSILON = 1e-13;

export interface Columns {
  readonly size: number;
  /** Weight of a lot, and of what is held. */
  readonly lot: Float64Array;
  readonly start: Float64Array;
  /** Trades allowed: -sellMost..-sellLeast, 0, buyLeast..buyMost. */
  readonly buyLeast: Float64Array;
  readonly buyMost: Float64Array;
  readonly sellLeast: Float64Array;
  readonly sellMost: Float64Array;
  /** Lots whose sale gives a position back; 0 where none does. */
  readonly close: Float64Array;
  /** Taken of each of the common resources, COMMON entries a security. */
  readonly buyFixed: Float64Array;
  readonly buyEach: Float64Array;
  readonly sellFixed: Float64Array;
  readonly sellEach: Float64Array;
  /** GROUPS_MOST groups a security, -1 for none, as indices into `available`. */
  readonly group: Int32Array;
  /** What there is of each resource, and of each group after them; Infinity where nothing limits. */
  readonly available: Float64Array;
  /** Objective of an order: fixed, and for each lot bought and sold. */
  readonly feeFixed: number;
  /** The same of a sale, which its gain is less by. */
  readonly feeFixedSell: Float64Array;
  readonly feeBuy: Float64Array;
  readonly feeSell: Float64Array;
  readonly tracking: TrackingColumns | undefined;
  readonly utility: UtilityColumns | undefined;
}

export interface TrackingColumns {
  /** Weight held less target. */
  readonly off: Float64Array;
  /** Cash weight now less its target. */
  readonly cashOff: number;
}

export interface UtilityColumns {
  /** Minus expected return, with the gradient of what is held beside the securities. */
  readonly slope: Float64Array;
  /** gamma S row by row; gamma (S - D); gamma D / 2. */
  readonly risk: Float64Array;
  readonly coupled: Float64Array;
  readonly bend: Float64Array;
}

export function columnsOf(problem: DiscreteProblem): Columns {
  const { securities, value, costs, objective } = problem;
  const floats = (of: (one: DiscreteSecurity, i: number) => number) =>
    Float64Array.from(securities, of);
  const whole = (of: (one: DiscreteSecurity) => number) => Float64Array.from(securities, of);
  const lot = floats((one) => one.lotValue / value);
  const { costWeight } = objective;
  return {
    size: securities.length,
    lot,
    start: floats((one) => one.heldValue / value),
    buyLeast: whole((one) => Math.max(1, one.buyLeast)),
    buyMost: whole((one) => (one.buyMost < Math.max(1, one.buyLeast) ? 0 : one.buyMost)),
    sellLeast: whole((one) => Math.max(1, one.sellLeast)),
    sellMost: whole((one) => (one.sellMost < Math.max(1, one.sellLeast) ? 0 : one.sellMost)),
    close: whole((one) => (one.held ? one.lotsToClose : 0)),
    ...taken(problem, lot),
    group: Int32Array.from(
      securities.flatMap(({ groups }) =>
        Array.from({ length: GROUPS_MOST }, (_, k) => groupIndex(groups[k])),
      ),
    ),
    available: availableOf(problem),
    feeFixed: (costWeight * costs.fixed) / value,
    feeBuy: lot.map((share) => costWeight * costs.buyRatio * share),
    ...salesOf(problem, lot),
    tracking: trackingOf(problem),
    utility: utilityOf(problem),
  };
}

/** Whether security i belongs to the group that is resource r. */
export function isMember({ group }: Columns, i: number, r: number): boolean {
  for (let g = GROUPS_MOST * i; g < GROUPS_MOST * (i + 1); g += 1) if (group[g] === r) return true;
  return false;
}

/** Charges and tax of a sale. */
function salesOf({ securities, value, costs, objective, tax }: DiscreteProblem, lot: Float64Array) {
  const perGain = tax?.perGain ?? 0;
  const each = (i: number): number => (perGain * (securities[i]?.gainEach ?? 0)) / value;
  return {
    feeFixedSell: Float64Array.from(securities, ({ gainEach }) => {
      const lessTax = gainEach === undefined ? 0 : perGain * costs.fixed;
      return (objective.costWeight * (costs.fixed - lessTax)) / value;
    }),
    feeSell: lot.map((share, i) => objective.costWeight * (costs.sellRatio * share + each(i))),
  };
}

function groupIndex(group: number | undefined): number {
  return group === undefined ? -1 : COMMON + group;
}

function taken({ securities, value, costs, limits, tax }: DiscreteProblem, lot: Float64Array) {
  const n = securities.length;
  const [buyFixed, buyEach] = [new Float64Array(n * COMMON), new Float64Array(n * COMMON)];
  const [sellFixed, sellEach] = [new Float64Array(n * COMMON), new Float64Array(n * COMMON)];
  const fixed = (costs.fixed + limits.keptPerOrder) / value;
  securities.forEach((one, i) => {
    const [at, share] = [i * COMMON, lot[i] as number];
    buyFixed.set([fixed, 0, 1, one.held ? 0 : 1, 0, 0], at);
    buyEach.set([share * (1 + costs.buyRatio + limits.keptRatio), share, 0, 0, 0, 0], at);
    const gain = (one.gainEach ?? 0) / value;
    const less = one.gainEach === undefined ? 0 : costs.fixed / value;
    const owed = tax?.cashPerGain ?? 0;
    sellFixed.set([fixed - owed * less, 0, 1, 0, -less, less], at);
    const brought = share * (costs.sellRatio + limits.keptRatio - 1) + owed * gain;
    sellEach.set([brought, share, 0, 0, gain, -gain], at);
  });
  return { buyFixed, buyEach, sellFixed, sellEach };
}

function availableOf({ cash, value, limits, tax }: DiscreteProblem): Float64Array {
  const { ordersMost, positionsMore } = limits;
  return Float64Array.of(
    (cash - limits.cashFloor) / value,
    limits.turnoverMost / value,
    ordersMost,
    // Each new position takes an order: a limit that the count of orders implies is none.
    positionsMore >= ordersMost ? Infinity : positionsMore,
    ...(tax ? [tax.gainsMost / value, -tax.gainsLeast / value] : [Infinity, Infinity]),
    ...limits.groups.map(({ weight, weightMost }) => weightMost - weight),
  );
}

function trackingOf({ objective, securities, cash, value }: DiscreteProblem) {
  if (objective.kind !== 'tracking') return undefined;
  const { target, targetCash } = objective;
  const off = securities.map(({ heldValue }, i) => heldValue / value - (target[i] ?? 0));
  return { off: Float64Array.from(off), cashOff: cash / value - targetCash };
}

function utilityOf({ objective, securities }: DiscreteProblem): UtilityColumns | undefined {
  if (objective.kind !== 'utility') return undefined;
  const { expected, covariance, riskAversion, background } = objective;
  const n = securities.length;
  const diagonal = separablePart(covariance, n);
  const coupled = covariance.map((s) => riskAversion * s);
  for (let i = 0; i < n; i += 1)
    coupled[i * n + i] = (coupled[i * n + i] as number) - riskAversion * (diagonal[i] as number);
  return {
    slope: Float64Array.from(
      securities,
      (_, i) => riskAversion * (background?.[i] ?? 0) - (expected[i] ?? 0),
    ),
    risk: covariance.map((s) => riskAversion * s),
    coupled,
    bend: diagonal.map((d) => (riskAversion / 2) * d),
  };
}

/** Objective of an order of k lots: what its cost counts. */
export function feeOf(columns: Columns, i: number, k: number): number {
  if (k > 0) return columns.feeFixed + (columns.feeBuy[i] as number) * k;
  return k < 0 ? (columns.feeFixedSell[i] as number) - (columns.feeSell[i] as number) * k : 0;
}

/** What an order of k lots takes of a common resource. */
export function takenBy(columns: Columns, i: number, k: number, resource: number): number {
  if (k === 0) return 0;
  const at = i * COMMON + resource;
  if (k > 0) return (columns.buyFixed[at] as number) + (columns.buyEach[at] as number) * k;
  const closed = resource === POSITIONS && -k === columns.close[i] ? 1 : 0;
  return (columns.sellFixed[at] as number) - (columns.sellEach[at] as number) * k - closed;
}

/** Whether k lots are one of the sizes a security may be traded in. */
export function isSize(columns: Columns, i: number, k: number): boolean {
  if (k === 0) return true;
  return k > 0
    ? k >= (columns.buyLeast[i] as number) && k <= (columns.buyMost[i] as number)
    : -k >= (columns.sellLeast[i] as number) && -k <= (columns.sellMost[i] as number);
}
