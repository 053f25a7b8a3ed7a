import { isinOf } from '../../support/markets/market-views.ts';
import { normal, seededRandom } from '#shared/kernel/random.ts';
import {
  allocate,
  metricsOf,
  objectiveValue,
  type RequestedGoal,
} from '#shared/optimization/model/allocate.ts';
import {
  requirementsOf,
  variableCountOf,
  type AllocationLimits,
  type Requirement,
} from '#shared/optimization/model/constraints.ts';
import {
  correlationDistance,
  hierarchicalRiskParity,
  leafOrder,
} from '#shared/quant/allocation/hierarchical-risk-parity.ts';
import { at, build, dot, quadratic, sum, type Rows } from '#shared/quant/linear-algebra/matrix.ts';
import type { Moments } from '#shared/optimization/model/security-moments.ts';
import { solveGoal, type Goal, type Solution } from '#shared/optimization/model/objectives.ts';
import { mostDiversified } from '#shared/quant/allocation/most-diversified.ts';
import { unit } from '#shared/quant/solvers/quadratic-program.ts';
import { riskParity, riskShares } from '#shared/quant/allocation/risk-parity.ts';
import {
  bai,
  bailey,
  markowitz,
  richard,
  roncalli,
  sharpe,
} from '../quant/published-portfolios.ts';

/** How far weights miss a requirement's rows at worst; 0 when all hold. */
function worstViolation(requirements: readonly Requirement[], x: Float64Array): number {
  let worst = 0;
  for (const { rows } of requirements)
    for (const { coefficients, relation, bound } of rows) {
      let value = -bound;
      coefficients.forEach((coefficient, i) => (value += coefficient * at(x, i)));
      const miss = relation === '=' ? Math.abs(value) : relation === '<=' ? value : -value;
      worst = Math.max(worst, miss);
    }
  return worst;
}

const rowsOf = (matrix: readonly (readonly number[])[]): Rows =>
  matrix.map((row) => Float64Array.from(row));

function momentsOf(
  expected: readonly number[],
  covariance: readonly (readonly number[])[],
): Moments {
  return {
    isins: expected.map((_, i) => isinOf(i)),
    expected: Float64Array.from(expected),
    covariance: rowsOf(covariance),
  };
}

/** Fully invested, each weight within the same bounds. */
function invested(goal: Goal, moments: Moments, low = 0, high = 1): Solution | undefined {
  const n = moments.isins.length;
  const rows = moments.isins.flatMap((_, i) => [
    { coefficients: unit(n, i), relation: '>=' as const, bound: low },
    { coefficients: unit(n, i), relation: '<=' as const, bound: high },
  ]);
  const all = { coefficients: new Float64Array(n).fill(1), relation: '=' as const, bound: 1 };
  const problem = { moments, variables: n, rows: [...rows, all], investedMax: 1 };
  return solveGoal(goal, { ...problem, excluded: new Set() });
}

function expectWeights(
  got: ArrayLike<number> | undefined,
  expected: readonly number[],
  most: number,
) {
  expected.forEach((value, i) =>
    expect(Math.abs(at(got ?? [], i) - value)).toBeLessThanOrEqual(most),
  );
}

/** A universe of 12 in three sectors, with returns that its risks explain in part. */
function universe(seed: string): Moments {
  const random = seededRandom(seed);
  const n = 12;
  const betas = Array.from({ length: n }, () => [0.12 + 0.1 * random(), 0.05 * normal(random)]);
  const covariance = build(
    n,
    (i, j) => dot(betas[i] ?? [], betas[j] ?? []) + (i === j ? 0.02 + 0.003 * i : 0),
  );
  const expected = betas.map(([market = 0]) => 0.4 * market + 0.01 * normal(random));
  return {
    isins: betas.map((_, i) => isinOf(i)),
    expected: Float64Array.from(expected),
    covariance,
  };
}

function limitsOf(moments: Moments, over: Partial<AllocationLimits> = {}): AllocationLimits {
  return {
    securities: moments.isins.map((isin, i) => ({
      ...{ isin, symbol: `S${i}`, currentWeight: 0 },
      ...{ sector: ['Energy', 'Health', 'Technology'][i % 3], country: i < 8 ? 'US' : 'DE' },
    })),
    cashReserveRatio: 0.02,
    frozenWeight: 0,
    weightMaxRatio: 0.2,
    sectorLimits: new Map(),
    countryLimits: new Map(),
    sectorMaxRatio: 0.4,
    countryMaxRatio: 0.7,
    ...over,
  };
}

const goals: RequestedGoal[] = [
  { kind: 'MINIMUM_VOLATILITY' },
  { kind: 'MAXIMUM_SHARPE' },
  { kind: 'MAXIMUM_DIVERSIFICATION' },
  { kind: 'TARGET_RETURN', returnMin: 0.06 },
  { kind: 'TARGET_RISK', volatilityMax: 0.1 },
  { kind: 'QUADRATIC_UTILITY', riskAversion: 5 },
  { kind: 'RISK_PARITY' },
  { kind: 'HRP' },
];

describe('published portfolios', () => {
  it('finds the maximum Sharpe ratio of Bailey and Lopez de Prado', () => {
    const moments = momentsOf(bailey.expected, bailey.covariance);
    expectWeights(invested({ kind: 'MAXIMUM_SHARPE' }, moments)?.weights, bailey.weights, 1e-9);
  });

  it('finds the least risk for a return (Roncalli, Markowitz)', () => {
    const first = momentsOf(roncalli.expected, roncalli.covariance);
    const capped = invested({ kind: 'TARGET_RETURN', returnMin: 0.06 }, first, 0, 0.4);
    expectWeights(capped?.weights, roncalli.weights, 1e-9);
    const second = momentsOf(markowitz.expected, markowitz.covariance);
    const point = invested({ kind: 'TARGET_RETURN', returnMin: markowitz.return }, second);
    expectWeights(point?.weights, markowitz.weights, 1e-9);
    expect(Math.sqrt(point?.loss ?? NaN)).toBeCloseTo(markowitz.volatility, 12);
  });

  it('finds the most return for a risk, back to the same point', () => {
    const moments = momentsOf(markowitz.expected, markowitz.covariance);
    const goal: Goal = { kind: 'TARGET_RISK', volatilityMax: markowitz.volatility };
    const point = invested(goal, moments);
    expectWeights(point?.weights, markowitz.weights, 1e-6);
    expect(-(point?.loss ?? NaN)).toBeCloseTo(markowitz.return, 8);
  });

  it('finds the utility portfolio of Sharpe', () => {
    const moments = momentsOf(sharpe.expected, sharpe.covariance);
    const goal: Goal = { kind: 'QUADRATIC_UTILITY', riskAversion: 1 / 40 };
    expectWeights(invested(goal, moments, 0.2, 0.5)?.weights, sharpe.weights, 1e-9);
  });

  it.each([
    ['Bai', bai],
    ['Richard and Roncalli', richard],
  ])('spreads risk evenly as %s', (_name, { covariance, weights }) => {
    const answer = riskParity(rowsOf(covariance));
    expectWeights(answer.weights, weights, 1e-3);
    riskShares(rowsOf(covariance), answer.weights).forEach((share) =>
      expect(share).toBeCloseTo(1 / weights.length, 10),
    );
  });
});

describe('hierarchical risk parity', () => {
  // Two pairs of twins and one security that goes its own way.
  const covariance = rowsOf([
    [0.04, 0.0, 0.036, 0.0, 0.0],
    [0.0, 0.09, 0.0, 0.08, 0.0],
    [0.036, 0.0, 0.04, 0.0, 0.0],
    [0.0, 0.08, 0.0, 0.09, 0.0],
    [0.0, 0.0, 0.0, 0.0, 0.01],
  ]);

  it('places correlated securities side by side', () => {
    const order = leafOrder(correlationDistance(covariance));
    expect(order).toHaveLength(5);
    expect(Math.abs(order.indexOf(0) - order.indexOf(2))).toBe(1);
    expect(Math.abs(order.indexOf(1) - order.indexOf(3))).toBe(1);
  });

  it('shares by inverse variance between the halves, by hand for three', () => {
    const three = rowsOf([
      [0.04, 0.03, 0],
      [0.03, 0.04, 0],
      [0, 0, 0.01],
    ]);
    // Joined are 0 and 1, then 2 before them: leaves 2, 0, 1, halves {2} and {0, 1}.
    const order = leafOrder(correlationDistance(three));
    expect(order).toEqual([2, 0, 1]);
    const pair = (0.04 + 0.03) / 2;
    const single = pair / (0.01 + pair);
    expectWeights(
      hierarchicalRiskParity(three),
      [(1 - single) / 2, (1 - single) / 2, single],
      1e-12,
    );
  });

  it('invests everything and nothing negative', () => {
    const weights = hierarchicalRiskParity(covariance);
    expect(sum(weights)).toBeCloseTo(1, 12);
    expect(Math.min(...weights)).toBeGreaterThan(0);
  });
});

describe('allocate', () => {
  const moments = universe('twelve');

  it.each(goals)('satisfies every limit and the optimality conditions: $kind', (goal) => {
    const limits = limitsOf(moments);
    const answer = allocate(goal, moments, limits);
    expect(answer.status).toBe('optimal');
    expect(answer.kktResidual).toBeLessThan(1e-9);
    expect(worstViolation(requirementsOf(limits), answer.weights)).toBeLessThan(1e-8);
    expect(Math.min(...answer.weights)).toBeGreaterThanOrEqual(0);
    expect(sum(answer.weights) + answer.cashWeight).toBeCloseTo(1, 12);
    expect(answer.cashWeight).toBeGreaterThan(0.02 - 1e-9);
  });

  it.each(goals.slice(0, 6))(
    'is beaten by no random portfolio within the limits: $kind',
    (goal) => {
      const limits = limitsOf(moments, {
        weightMaxRatio: 1,
        sectorMaxRatio: 1,
        countryMaxRatio: 1,
      });
      const answer = allocate(goal, moments, limits);
      const score = (weights: Float64Array): number => {
        const metrics = metricsOf(moments, weights, weights);
        const { expectedReturn, volatility } = metrics;
        if (goal.kind === 'MAXIMUM_SHARPE') return metrics.sharpe;
        if (goal.kind === 'MAXIMUM_DIVERSIFICATION') return metrics.diversification;
        if (goal.kind === 'MINIMUM_VOLATILITY') return -volatility;
        if (goal.kind === 'TARGET_RETURN') return expectedReturn >= 0.06 ? -volatility : -Infinity;
        if (goal.kind === 'TARGET_RISK') return volatility <= 0.1 ? expectedReturn : -Infinity;
        return expectedReturn - 2.5 * volatility ** 2;
      };
      const random = seededRandom(`rivals ${goal.kind}`);
      const best = score(answer.weights);
      expect(best).toBeGreaterThan(-Infinity);
      const all = goal.kind === 'MINIMUM_VOLATILITY' || goal.kind.startsWith('MAXIMUM_');
      let rival = -Infinity;
      for (let k = 0; k < 3_000; k += 1) {
        const near = random() < 0.7 ? 0.2 * random() : 1;
        const raw = answer.weights.map(
          (w) => (1 - near) * w + near * (random() < 0.5 ? random() : 0),
        );
        const scale = (all ? 0.98 : 0.98 * Math.sqrt(random())) / (sum(raw) || 1);
        rival = Math.max(rival, score(raw.map((w) => w * scale)));
      }
      expect(rival).toBeGreaterThan(-Infinity);
      expect(rival).toBeLessThanOrEqual(best + 1e-9);
    },
  );

  it('holds without limits what the most diversified portfolio holds', () => {
    const limits = {
      weightMaxRatio: 1,
      sectorMaxRatio: 1,
      countryMaxRatio: 1,
      cashReserveRatio: 0,
    };
    const answer = allocate(
      { kind: 'MAXIMUM_DIVERSIFICATION' },
      moments,
      limitsOf(moments, limits),
    );
    const alone = mostDiversified(moments.covariance);
    expectWeights(answer.weights, [...(alone?.weights ?? [])], 1e-9);
    const metrics = metricsOf(moments, answer.weights, answer.weights);
    expect(objectiveValue({ kind: 'MAXIMUM_DIVERSIFICATION' }, metrics)).toBeCloseTo(
      alone?.ratio ?? NaN,
      10,
    );
  });

  it('leaves in cash what the limits keep from being invested', () => {
    const answer = allocate(
      { kind: 'MINIMUM_VOLATILITY' },
      moments,
      limitsOf(moments, { weightMaxRatio: 0.05 }),
    );
    expect(answer.status).toBe('optimal');
    expect(answer.cashWeight).toBeCloseTo(0.4, 6);
  });

  it('keeps purchases and sales together within the turnover limit', () => {
    const limits = limitsOf(moments, { turnoverMaxRatio: 0.3, weightMaxRatio: 0.5 });
    const held = limits.securities.map((security, i) => ({
      ...security,
      currentWeight: i < 4 ? 0.2 : 0,
    }));
    const answer = allocate({ kind: 'MINIMUM_VOLATILITY' }, moments, {
      ...limits,
      securities: held,
    });
    const moved = held.reduce(
      (all, { currentWeight }, i) => all + Math.abs(at(answer.weights, i) - currentWeight),
      0,
    );
    expect(answer.status).toBe('optimal');
    expect(moved).toBeLessThanOrEqual(0.3 + 1e-8);
    expect(moved).toBeGreaterThan(0.29);
    expect(variableCountOf({ ...limits, securities: held })).toBe(16);
  });

  it('tracks given weights exactly where the limits let it', () => {
    const weights = Float64Array.from(moments.isins, (_, i) => (i < 5 ? 0.13 : 0));
    const answer = allocate({ kind: 'TRACKING', weights }, moments, limitsOf(moments));
    expectWeights(answer.weights, Array.from(weights), 1e-9);
  });

  it('excludes securities from risk parity and spreads the risk over the others', () => {
    const limits = limitsOf(moments, { weightMaxRatio: 1, sectorMaxRatio: 1, countryMaxRatio: 1 });
    const securities = limits.securities.map((one, i) =>
      i === 3 ? { ...one, maxWeight: 0 } : one,
    );
    const answer = allocate({ kind: 'RISK_PARITY' }, moments, { ...limits, securities });
    expect(answer.weights[3]).toBe(0);
    const variance = quadratic(moments.covariance, answer.weights);
    riskShares(moments.covariance, answer.weights).forEach((share, i) =>
      expect(share).toBeCloseTo(i === 3 ? 0 : 1 / 11, 8),
    );
    expect(variance).toBeGreaterThan(0);
  });

  it('reports when no expected return is positive, and answers the least volatility', () => {
    const bleak = { ...moments, expected: moments.expected.map(() => -0.01) };
    const answer = allocate({ kind: 'MAXIMUM_SHARPE' }, bleak, limitsOf(bleak));
    const safest = allocate({ kind: 'MINIMUM_VOLATILITY' }, bleak, limitsOf(bleak));
    expect(answer.status).toBe('no-positive-return');
    expectWeights(answer.weights, Array.from(safest.weights), 1e-9);
  });

  it('gives the same answer twice', () => {
    for (const goal of goals)
      expect(allocate(goal, moments, limitsOf(moments))).toEqual(
        allocate(goal, moments, limitsOf(moments)),
      );
  });
});

describe('limits in conflict', () => {
  const moments = universe('twelve');
  const conflict = (
    goal: RequestedGoal,
    over: Partial<AllocationLimits>,
    mins: readonly number[] = [],
  ) => {
    const limits = limitsOf(moments, over);
    const securities = limits.securities.map((one, i) => ({ ...one, minWeight: mins[i] }));
    const answer = allocate(goal, moments, { ...limits, securities });
    expect(answer.status).toBe('infeasible');
    expect(sum(answer.weights)).toBe(0);
    return [...answer.conflicts].sort();
  };
  const least: RequestedGoal = { kind: 'MINIMUM_VOLATILITY' };

  it('names a minimum and the maximum it passes', () => {
    expect(conflict(least, {}, [0.3])).toEqual([
      'S0 takes at least 30 %',
      'no security takes more than 20 %',
    ]);
  });

  it("names the minima that exceed a sector's maximum", () => {
    expect(
      conflict(least, { sectorLimits: new Map([['Energy', 0.25]]) }, [0.15, 0.02, 0, 0.15]),
    ).toEqual([
      'S0 takes at least 15 %',
      'S3 takes at least 15 %',
      'sector Energy takes at most 25 %',
    ]);
  });

  it('names a return that the limits cannot reach', () => {
    const words = conflict({ kind: 'TARGET_RETURN', returnMin: 0.5 }, {});
    expect(words).toContain('the implied return is at least 50 % a year');
    expect(words).toHaveLength(2);
  });

  it('names a volatility below what the minima bring', () => {
    expect(conflict({ kind: 'TARGET_RISK', volatilityMax: 0.01 }, {}, [0.1])).toEqual([
      'S0 takes at least 10 %',
      'the volatility is at most 1 % a year',
    ]);
  });

  it('names the number of positions and the minima that need more', () => {
    expect(conflict(least, { countMax: 2 }, [0.1, 0.1, 0.1])).toEqual([
      'S0 takes at least 10 %',
      'S1 takes at least 10 %',
      'S2 takes at least 10 %',
      'there are at most 2 positions',
    ]);
  });

  it('names a turnover that does not reach a minimum', () => {
    expect(conflict(least, { turnoverMaxRatio: 0.05 }, [0.1])).toEqual([
      'S0 takes at least 10 %',
      'purchases and sales together are at most 5 % of the value',
    ]);
  });
});

describe('position limits', () => {
  it('finds the best of all sets of positions', () => {
    for (let k = 0; k < 6; k += 1) {
      const seed = `sets ${k}`;
      const whole = universe(seed);
      const moments: Moments = {
        isins: whole.isins.slice(0, 7),
        expected: whole.expected.slice(0, 7),
        covariance: whole.covariance.slice(0, 7).map((row) => row.slice(0, 7)),
      };
      const limits = limitsOf(moments, {
        ...{ weightMaxRatio: 0.5, sectorMaxRatio: 1, countryMaxRatio: 1 },
        ...{ countMax: 3, sizeMin: 0.15 },
      });
      const goal: RequestedGoal =
        k % 2 === 0
          ? { kind: 'MINIMUM_VOLATILITY' }
          : { kind: 'QUADRATIC_UTILITY', riskAversion: 5 };
      const answer = allocate(goal, moments, limits);
      const value = (weights: Float64Array): number => {
        const { volatility, expectedReturn } = metricsOf(moments, weights, weights);
        return k % 2 === 0 ? -volatility : expectedReturn - 2.5 * volatility ** 2;
      };
      const rivals = Array.from({ length: 128 }, (_, set) => {
        const securities = limits.securities.map((one, i) =>
          (set >> i) % 2 === 1 ? { ...one, minWeight: 0.15 } : { ...one, maxWeight: 0 },
        );
        const held = securities.filter(({ minWeight }) => minWeight !== undefined).length;
        if (held > 3 || (k % 2 === 0 && held < 2)) return -Infinity;
        const free = { ...limits, securities, countMax: undefined, sizeMin: undefined };
        const rival = allocate(goal, moments, free);
        return rival.status === 'optimal' && (k % 2 === 1 || rival.cashWeight < 0.0201)
          ? value(rival.weights)
          : -Infinity;
      });
      expect([seed, answer.status]).toEqual([seed, 'optimal']);
      expect(value(answer.weights)).toBeCloseTo(Math.max(...rivals), 9);
      const positions = answer.weights.filter((weight) => weight > 0);
      expect(positions.length).toBeLessThanOrEqual(3);
      expect(Math.min(...positions)).toBeGreaterThan(0.15 - 1e-8);
    }
  });
});
