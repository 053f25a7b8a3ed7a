/** One optimisation from the market and the account to weights, their figures and the orders. */
import type { Isin } from '#shared/kernel/isin.ts';
import type { MarketView } from '#shared/universe/model/market-view.ts';
import { changeTo, weightIn, type ValuedHoldings, type PositionChange } from './account.ts';
import {
  allocate,
  metricsOf,
  objectiveValue,
  type Allocation,
  type AllocationMetrics,
  type RequestedGoal,
} from './allocate.ts';
import {
  chosenObjective,
  followsPolicyTargets,
  goalOfPreference,
  limitsOfPreference,
  tracks,
  type AllocationPolicy,
  type AllocationPreference,
} from './allocation-request.ts';
import { at } from '#shared/quant/linear-algebra/matrix.ts';
import type { AllocationLimits } from './constraints.ts';
import { LastComputed, sameBits, sameColumns } from './last-computed.ts';
import { limitPrices, type LimitPrice } from './limit-prices.ts';
import { impliedReturns } from '#shared/quant/estimation/black-litterman.ts';
import { estimateMoments, type Moments } from './security-moments.ts';

export interface Optimised {
  readonly status: Allocation['status'] | 'no-data';
  readonly allocation: Allocation;
  readonly goal: RequestedGoal | undefined;
  readonly objectiveValue: number;
  readonly metrics: AllocationMetrics;
  /** Weights above 0, with those of holdings that could not be measured and stay as they are. */
  readonly targets: ReadonlyMap<Isin, number>;
  /** What each limit that binds costs; empty without weights. */
  readonly limitPrices: readonly LimitPrice[];
}

/**
 * Optimises over every security whose prices suffice. Holdings that cannot be measured stay.
 *
 * @throws Failure INVALID_REQUEST, REFUSED: see `limitsOfPreference` and `goalOfPreference`
 */
export function optimise(
  view: MarketView,
  account: ValuedHoldings,
  preference: AllocationPreference,
  policy: AllocationPolicy,
): Optimised {
  const isTracking = tracks(preference) || followsPolicyTargets(preference, policy);
  const { moments } = estimateMoments(view, {
    riskAversion: policy.riskAversion,
    uncertainMean: chosenObjective(preference, policy) === 'BLACK_LITTERMAN' && !isTracking,
  });
  if (moments.isins.length === 0) return nothing(moments);
  const goal = goalOfPreference(preference, policy, moments, account);
  const limits = limitsOfPreference(preference, policy, moments, account);
  const riskAversion = preference.riskAversion || policy.riskAversion;
  const { allocation, limitPrices } = solve({ goal, moments, limits, riskAversion });
  const metrics = metricsOf(moments, allocation.weights, benchmarkOf(goal, moments));
  return {
    status: allocation.status,
    allocation,
    goal,
    metrics,
    objectiveValue: objectiveValue(goal, metrics),
    targets: targetsOf(allocation, moments, account),
    limitPrices,
  };
}

interface Program {
  readonly goal: RequestedGoal;
  readonly moments: Moments;
  readonly limits: AllocationLimits;
  readonly riskAversion: number;
}

type Solved = Pick<Optimised, 'allocation' | 'limitPrices'>;

/** Larger ones are solved each time, since their matrices would stay in memory. */
const KEPT_MAX = 500;

/** A plan mostly asks for the very targets that its cycle has reported before. */
const solutions = new LastComputed<Program, Solved>(
  (a, b) =>
    a.riskAversion === b.riskAversion &&
    textOf(a) === textOf(b) &&
    sameBits(a.moments.expected, b.moments.expected) &&
    sameColumns(a.moments.covariance, b.moments.covariance),
);

function textOf({ goal, limits, moments: { isins } }: Program): string {
  return JSON.stringify([goal, limits, isins], (_, value: unknown) =>
    value instanceof Map ? [...value] : value,
  );
}

function solve(program: Program): Solved {
  const { goal, moments, limits, riskAversion } = program;
  const isKept = moments.isins.length <= KEPT_MAX && goal.kind !== 'TRACKING';
  return solutions.of(program, isKept, () => {
    const allocation = allocate(goal, moments, limits);
    return { allocation, limitPrices: pricesOf(allocation, goal, moments, limits, riskAversion) };
  });
}

/** Given weights are those that would be best for the returns they imply. */
function pricesOf(
  { status }: Allocation,
  goal: RequestedGoal,
  moments: Moments,
  limits: AllocationLimits,
  riskAversion: number,
): readonly LimitPrice[] {
  if (status !== 'optimal' && status !== 'feasible') return [];
  if (goal.kind !== 'TRACKING') return limitPrices(moments, limits, riskAversion);
  const expected = impliedReturns(moments.covariance, goal.weights, riskAversion);
  return limitPrices({ ...moments, expected }, limits, riskAversion);
}

/** Whether weights came out that may be used. */
export function hasWeights({ status }: Optimised): boolean {
  return status === 'optimal' || status === 'feasible' || status === 'no-positive-return';
}

/** Orders that lead to the targets, by symbol; what is not measured or not priced stays. */
export function changesTo(
  account: ValuedHoldings,
  targets: ReadonlyMap<Isin, number>,
  allowFractional: boolean,
): PositionChange[] {
  const { quantities, listings } = account;
  const isins = new Set(
    [...quantities.keys(), ...targets.keys()].filter((isin) => listings.has(isin)),
  );
  return [...isins]
    .flatMap((isin) => changeTo(account, isin, targets.get(isin) ?? 0, allowFractional) ?? [])
    .sort((a, b) => (a.symbol < b.symbol ? -1 : a.symbol > b.symbol ? 1 : 0));
}

function targetsOf(
  { weights, status }: Allocation,
  { isins }: Moments,
  account: ValuedHoldings,
): ReadonlyMap<Isin, number> {
  const measured = new Set(isins);
  const kept = [...account.values.keys()].filter((isin) => !measured.has(isin));
  if (status === 'infeasible' || status === 'undecided') return new Map();
  return new Map(
    [
      ...isins.map((isin, i) => [isin, at(weights, i)] as const),
      ...kept.map((isin) => [isin, weightIn(account, isin)] as const),
    ].filter(([, weight]) => weight > 0),
  );
}

/** Given targets; else all securities of the universe in equal parts. */
function benchmarkOf(goal: RequestedGoal, { isins }: Moments): Float64Array {
  if (goal.kind === 'TRACKING') return goal.weights;
  return new Float64Array(isins.length).fill(1 / isins.length);
}

function nothing({ isins }: Moments): Optimised {
  const weights = new Float64Array(isins.length);
  return {
    status: 'no-data',
    allocation: {
      status: 'undecided',
      weights,
      cashWeight: 1,
      conflicts: [],
      mend: '',
      kktResidual: 0,
      iterations: 0,
      proof: undefined,
    },
    goal: undefined,
    metrics: { expectedReturn: 0, volatility: 0, sharpe: 0, diversification: 0, trackingError: 0 },
    objectiveValue: 0,
    targets: new Map(),
    limitPrices: [],
  };
}
