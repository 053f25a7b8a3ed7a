import {
  allocate,
  metricsOf,
  objectiveValue,
  type Allocation,
  type RequestedGoal,
} from '#shared/optimization/model/allocate.ts';
import {
  longOnly,
  requirementsOf,
  variableCountOf,
  type AllocationLimits,
} from '#shared/optimization/model/constraints.ts';
import { isFeasible } from '#shared/quant/solvers/quadratic.ts';
import type { Moments } from '#shared/optimization/model/security-moments.ts';
import { at, sum } from '#shared/quant/linear-algebra/matrix.ts';
import { drawnLimits, drawnMoments } from './position-instances.ts';

const goals: readonly RequestedGoal[] = [
  { kind: 'QUADRATIC_UTILITY', riskAversion: 3 },
  { kind: 'MINIMUM_VOLATILITY' },
  { kind: 'MAXIMUM_SHARPE' },
  { kind: 'MAXIMUM_DIVERSIFICATION' },
  { kind: 'TARGET_RETURN', returnMin: 0.06 },
  { kind: 'TARGET_RISK', volatilityMax: 0.15 },
  { kind: 'TRACKING', weights: Float64Array.from({ length: 40 }, (_, i) => (i % 3) / 40) },
];

const isMore = new Set<string>([
  'QUADRATIC_UTILITY',
  'MAXIMUM_SHARPE',
  'MAXIMUM_DIVERSIFICATION',
  'TARGET_RISK',
]);

const goalFor = (goal: RequestedGoal, securities: number): RequestedGoal =>
  goal.kind === 'TRACKING' ? { ...goal, weights: goal.weights.slice(0, securities) } : goal;

function figure(goal: RequestedGoal, moments: Moments, weights: Float64Array): number {
  const benchmark = goal.kind === 'TRACKING' ? goal.weights : weights;
  return objectiveValue(goal, metricsOf(moments, weights, benchmark));
}

/** The best of all sets of securities, each solved without limits on positions. */
function byEnumeration(
  goal: RequestedGoal,
  moments: Moments,
  limits: AllocationLimits,
): Allocation[] {
  const n = moments.isins.length;
  const { countMax = n, sizeMin = 0 } = limits;
  return Array.from({ length: 2 ** n }, (_, set) => {
    const held = limits.securities.filter((_one, i) => (set >> i) % 2 === 1).length;
    if (held === 0 || held > countMax) return [];
    const securities = limits.securities.map((one, i) =>
      (set >> i) % 2 === 1 ? { ...one, minWeight: sizeMin } : { ...one, maxWeight: 0 },
    );
    const free = { ...limits, securities, countMax: undefined, sizeMin: undefined };
    const rows = [...longOnly(free), ...requirementsOf(free).flatMap((one) => one.rows)];
    if (!isFeasible(variableCountOf(free), rows)) return [];
    if (goal.kind === 'TARGET_RETURN' && !reaches(goal.returnMin, moments, free)) return [];
    const answer = allocate(goal, moments, free);
    return answer.status === 'optimal' ? [answer] : [];
  }).flat();
}

/** Most return by a large enough tolerance of risk, without a search for conflicts. */
function reaches(returnMin: number, moments: Moments, limits: AllocationLimits): boolean {
  const answer = allocate({ kind: 'QUADRATIC_UTILITY', riskAversion: 1e-9 }, moments, limits);
  return metricsOf(moments, answer.weights, answer.weights).expectedReturn >= returnMin;
}

const investsInFull = new Set<string>([
  'MINIMUM_VOLATILITY',
  'MAXIMUM_SHARPE',
  'MAXIMUM_DIVERSIFICATION',
]);

function bestOf(goal: RequestedGoal, moments: Moments, rivals: readonly Allocation[]): number {
  const most = Math.max(...rivals.map(({ weights }) => sum(weights)));
  const counted = investsInFull.has(goal.kind)
    ? rivals.filter(({ weights }) => sum(weights) > most - 1e-6)
    : rivals;
  const values = counted.map(({ weights }) => figure(goal, moments, weights));
  return isMore.has(goal.kind) ? Math.max(...values) : Math.min(...values);
}

function expectWithinLimits({ weights }: Allocation, limits: AllocationLimits, seed: string): void {
  const held = weights.filter((weight) => weight > 0);
  expect([seed, held.length <= (limits.countMax ?? Infinity)]).toEqual([seed, true]);
  for (const weight of held) expect(weight).toBeGreaterThan((limits.sizeMin ?? 0) - 1e-8);
  for (const weight of held) expect(weight).toBeLessThan(limits.weightMaxRatio + 1e-8);
  for (const sector of new Set(limits.securities.map((one) => one.sector))) {
    const inside = weights.filter((_, i) => limits.securities[i]?.sector === sector);
    expect(sum(inside)).toBeLessThan(limits.sectorMaxRatio + 1e-8);
  }
}

describe.each(goals.map((goal) => [goal.kind, goal] as const))(
  '%s with position limits',
  (_, goal) => {
    it.each([0, 2])('finds what trying all sets finds, and proves it: seed sets %i', (k) => {
      const seed = `sets ${k}`;
      const moments = drawnMoments(seed, 6);
      const turnover = k === 2 && !investsInFull.has(goal.kind) ? { turnoverMaxRatio: 0.9 } : {};
      const limits = drawnLimits(seed, moments, {
        ...{ weightMaxRatio: 0.45, sectorMaxRatio: 0.6, countryMaxRatio: 0.9 },
        ...{ countMax: 3, sizeMin: 0.12, ...turnover },
      });
      const own = goalFor(goal, 6);
      const rivals = byEnumeration(own, moments, limits);
      const answer = allocate(own, moments, limits);
      if (rivals.length === 0) return expect([seed, answer.status]).toEqual([seed, 'infeasible']);
      const best = bestOf(own, moments, rivals);
      const value = figure(own, moments, answer.weights);
      expect([seed, answer.status]).toEqual([seed, 'optimal']);
      expect(Math.abs(value - best)).toBeLessThan(2e-5 * Math.max(0.01, Math.abs(best)));
      expect(answer.proof?.value).toBeCloseTo(value, 8);
      expect(answer.proof?.words).toMatch(
        /^Proven: no weights within the limits have a (higher|lower) /,
      );
      expectWithinLimits(answer, limits, seed);
    });
  },
);

describe('40 securities', () => {
  const seeds = Array.from({ length: 4 }, (_, k) => `forty ${k}`);

  it.each(seeds)('proves the best utility within count and size limits: seed %s', (seed) => {
    const moments = drawnMoments(seed, 40);
    const limits = drawnLimits(seed, moments);
    const answer = allocate({ kind: 'QUADRATIC_UTILITY', riskAversion: 3 }, moments, limits);
    expectWithinLimits(answer, limits, seed);
    expect([seed, answer.status]).toEqual([seed, 'optimal']);
    expect(answer.proof?.gap).toBeLessThan(1e-6);
  });

  it('states how far it may be from the best where the proof is too long', () => {
    const seed = 'tight turnover';
    const moments = drawnMoments(seed, 40);
    const limits = drawnLimits(seed, moments, {
      turnoverMaxRatio: 0.6,
      countMax: 6,
      sizeMin: 0.05,
    });
    const goal: RequestedGoal = { kind: 'QUADRATIC_UTILITY', riskAversion: 3 };
    const answer = allocate(goal, moments, limits);
    const { value = NaN, bound = NaN, gap = NaN, words = '' } = answer.proof ?? {};
    const loose = allocate(goal, moments, { ...limits, countMax: undefined, sizeMin: undefined });
    const unlimited = figure(goal, moments, loose.weights);
    expect(bound - value).toBeCloseTo(gap, 12);
    expect(bound).toBeLessThan(unlimited + 1e-6);
    expect(words).toMatch(answer.status === 'optimal' ? /^Proven/ : /^Not proven: the utility is /);
    expectWithinLimits(answer, limits, seed);
  });

  it('names the count and the maximum that leave too little for a minimum of return', () => {
    const seed = 'conflict';
    const moments = drawnMoments(seed, 40);
    const returnMin = 0.9 * Math.max(...moments.expected);
    const limits = drawnLimits(seed, moments, {
      ...{ countMax: 3, sizeMin: 0.05, weightMaxRatio: 0.1, sectorMaxRatio: 1, countryMaxRatio: 1 },
    });
    const answer = allocate({ kind: 'TARGET_RETURN', returnMin }, moments, limits);
    expect(answer.status).toBe('infeasible');
    expect(answer.conflicts.some((one) => one.startsWith('the implied return'))).toBe(true);
    expect(answer.proof).toBeUndefined();
    expect(at(answer.weights, 0)).toBe(0);
  });
});
