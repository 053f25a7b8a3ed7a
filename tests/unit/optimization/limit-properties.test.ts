/** On drawn limits of every kind: what each costs is what leaving it out gains, and conflicts are minimal. */
import { integerBelow, seededRandom } from '#shared/kernel/random.ts';
import { allocate } from '#shared/optimization/model/allocate.ts';
import {
  longOnly,
  requirementsOf,
  variableCountOf,
  type AllocationLimits,
  type Requirement,
} from '#shared/optimization/model/constraints.ts';
import { limitPrices } from '#shared/optimization/model/limit-prices.ts';
import type { Moments } from '#shared/optimization/model/security-moments.ts';
import { quadratic, dot } from '#shared/quant/linear-algebra/matrix.ts';
import { isFeasible } from '#shared/quant/solvers/quadratic.ts';
import { drawnLimits, drawnMoments } from './position-instances.ts';

const GAMMA = 4;

function limitsOf(seed: string, moments: Moments, minWeight: number): AllocationLimits {
  const random = seededRandom(`${seed} kinds`);
  const drawn = drawnLimits(seed, moments, { countMax: undefined, sizeMin: undefined });
  const currencies = ['EUR', 'USD', 'CHF'];
  return {
    ...drawn,
    securities: drawn.securities.map((one, i) => ({
      ...{ ...one, currency: currencies[i % 3], frozen: i === 7 && one.currentWeight > 0 },
      minWeight: i < 3 ? minWeight : undefined,
    })),
    currencyMaxRatio: 0.3 + 0.3 * random(),
    turnoverMaxRatio: integerBelow(random, 2) === 0 ? 0.7 + random() : undefined,
    sizeMax: 0.1 + 0.1 * random(),
  };
}

/**
 * Most utility within requirements, by a method of its own: the multipliers of a penalised ascent, raised until the
 * rows hold (Hestenes 1969). It shares nothing with the solvers but the rows.
 */
function mostUtility(
  moments: Moments,
  limits: AllocationLimits,
  kept: readonly Requirement[],
): number {
  const n = moments.isins.length;
  const size = variableCountOf(limits);
  const rows = [...longOnly(limits), ...kept.flatMap((one) => one.rows)].map((row) => ({
    normal: row.relation === '>=' ? row.coefficients.map((value) => -value) : row.coefficients,
    bound: row.relation === '>=' ? -row.bound : row.bound,
  }));
  const x = new Float64Array(size);
  const multipliers = new Float64Array(rows.length);
  const penalty = 4;
  const curvature =
    GAMMA * Math.max(...moments.covariance.map((row) => row.reduce((a, b) => a + Math.abs(b), 0)));
  const spread = rows.reduce((sum, { normal }) => sum + dot(normal, normal), 0);
  const step = 1 / (curvature + penalty * Math.min(spread, largestEigenvalue(rows, size)));
  for (let round = 0; round < 250; round += 1) {
    let momentum = Float64Array.from(x);
    let previous = Float64Array.from(x);
    for (let inner = 0, t = 1; inner < 120; inner += 1) {
      const gradient = new Float64Array(size);
      for (let i = 0; i < n; i += 1)
        gradient[i] =
          GAMMA * dot(moments.covariance[i] ?? [], momentum.subarray(0, n)) -
          (moments.expected[i] ?? 0);
      rows.forEach(({ normal, bound }, r) => {
        const pull = (multipliers[r] ?? 0) + penalty * (dot(normal, momentum) - bound);
        if (pull <= 0) return;
        for (let i = 0; i < size; i += 1)
          gradient[i] = (gradient[i] ?? 0) + pull * (normal[i] ?? 0);
      });
      const next = momentum.map((value, i) => value - step * (gradient[i] ?? 0));
      const faster = (1 + Math.sqrt(1 + 4 * t * t)) / 2;
      momentum = next.map((value, i) => value + ((t - 1) / faster) * (value - (previous[i] ?? 0)));
      [previous, t] = [next, faster];
    }
    x.set(previous);
    rows.forEach(({ normal, bound }, r) => {
      multipliers[r] = Math.max(0, (multipliers[r] ?? 0) + penalty * (dot(normal, x) - bound));
    });
  }
  const weights = x.slice(0, n);
  return dot(moments.expected, weights) - (GAMMA / 2) * quadratic(moments.covariance, weights);
}

function largestEigenvalue(rows: readonly { normal: Float64Array }[], size: number): number {
  let vector = new Float64Array(size).fill(1);
  let value = 1;
  for (let round = 0; round < 100; round += 1) {
    const next = new Float64Array(size);
    for (const { normal } of rows) {
      const along = dot(normal, vector);
      for (let i = 0; i < size; i += 1) next[i] = (next[i] ?? 0) + along * (normal[i] ?? 0);
    }
    value = Math.sqrt(dot(next, next));
    vector = next.map((one) => one / value);
  }
  return 1.1 * value;
}

describe('the cost of each limit that binds', () => {
  it.each(['cost-1'])('is what an ascent of its own gains without it: seed %s', (seed) => {
    const moments = drawnMoments(seed, 9);
    const limits = limitsOf(seed, moments, 0.01);
    const prices = limitPrices(moments, limits, GAMMA);
    const all = requirementsOf(limits).filter(({ rows }) => rows.length > 0);
    const within = mostUtility(moments, limits, all);
    expect(prices.length).toBeGreaterThan(0);
    for (const { description: words, costRatio } of prices) {
      const without = all.filter((one) => one.words !== words);
      expect(without.length).toBe(all.length - 1);
      const gained = mostUtility(moments, limits, without) - within;
      expect([seed, words, Math.abs(costRatio - gained) < 2e-6]).toEqual([seed, words, true]);
    }
    const priced = new Set(prices.map(({ description: words }) => words));
    for (const free of all.filter(({ words }) => !priced.has(words)).slice(0, 3)) {
      const without = all.filter((one) => one !== free);
      const gained = mostUtility(moments, limits, without) - within;
      expect([seed, free.words, gained < 2e-6]).toEqual([seed, free.words, true]);
    }
  });
});

describe('the named conflict', () => {
  const seeds = Array.from({ length: 12 }, (_, k) => `conflict-${k}`);

  it.each(seeds)('cannot hold, and can without any one of it: seed %s', (seed) => {
    const moments = drawnMoments(seed, 12);
    const limits = limitsOf(seed, moments, 0.35);
    const { status, conflicts, mend } = allocate({ kind: 'MINIMUM_VOLATILITY' }, moments, limits);
    expect([seed, status]).toEqual([seed, 'infeasible']);
    const named = requirementsOf(limits).filter(({ words }) => conflicts.includes(words));
    expect(named).toHaveLength(conflicts.length);
    const holds = (some: readonly Requirement[]): boolean =>
      isFeasible(variableCountOf(limits), [
        ...longOnly(limits),
        ...some.flatMap((one) => one.rows),
      ]);
    expect([seed, holds(named)]).toEqual([seed, false]);
    for (const one of named)
      expect([seed, one.words, holds(named.filter((other) => other !== one))]).toEqual([
        ...[seed, one.words, true],
      ]);
    expect(mend === '' || conflicts.some((words) => mend.includes(words))).toBe(true);
  });
});
