/** What limits cost, checked by solving again; and the one change that mends limits in conflict. */
import { parseIsin, isinCheckDigit } from '#shared/kernel/isin.ts';
import { integerBelow, normal, seededRandom } from '#shared/kernel/random.ts';
import { allocate } from '#shared/optimization/model/allocate.ts';
import type { AllocationLimits } from '#shared/optimization/model/constraints.ts';
import { limitPrices } from '#shared/optimization/model/limit-prices.ts';
import type { Moments } from '#shared/optimization/model/security-moments.ts';
import { quadratic } from '#shared/quant/linear-algebra/matrix.ts';

const GAMMA = 5;

function drawn(seed: string, n = 12): { moments: Moments; limits: AllocationLimits } {
  const random = seededRandom(seed);
  const beta = Array.from({ length: n }, () => 0.5 + random());
  const covariance = beta.map((b, i) =>
    Float64Array.from(beta, (c, j) => 0.02 * b * c + (i === j ? 0.02 + 0.04 * random() : 0)),
  );
  const expected = Float64Array.from(beta, (b) => 0.02 + 0.05 * b + 0.02 * normal(random));
  const isins = beta.map((_, i) => {
    const body = `XS${String(i).padStart(9, '0')}`;
    return parseIsin(`${body}${isinCheckDigit(body)}`);
  });
  const securities = isins.map((isin, i) => ({
    ...{ isin, symbol: `S${i}`, currentWeight: i < 3 ? 0.1 : 0 },
    sector: ['Energy', 'Health', 'Technology'][integerBelow(random, 3)],
    country: ['DE', 'US'][integerBelow(random, 2)],
  }));
  const limits: AllocationLimits = {
    ...{ securities, cashReserveRatio: 0.02, frozenWeight: 0, weightMaxRatio: 0.2 },
    ...{
      sectorLimits: new Map(),
      countryLimits: new Map(),
      sectorMaxRatio: 0.35,
      countryMaxRatio: 0.5,
    },
  };
  return { moments: { isins, expected, covariance }, limits };
}

function utility({ expected, covariance }: Moments, weights: Float64Array): number {
  const mean = weights.reduce((sum, w, i) => sum + w * (expected[i] ?? 0), 0);
  return mean - (GAMMA / 2) * quadratic(covariance, weights);
}

const best = (moments: Moments, limits: AllocationLimits): number =>
  utility(
    moments,
    allocate({ kind: 'QUADRATIC_UTILITY', riskAversion: GAMMA }, moments, limits).weights,
  );

/** The limits with one of them set anew. */
function withLimit(
  limits: AllocationLimits,
  words: string,
  by: number,
): AllocationLimits | undefined {
  const [, kind, name, stated] = /^(sector|country) (\w+) takes at most (\S+) %$/.exec(words) ?? [];
  const bound = Number(stated) / 100 + by;
  if (kind === 'sector') return { ...limits, sectorLimits: new Map([[name ?? '', bound]]) };
  if (kind === 'country') return { ...limits, countryLimits: new Map([[name ?? '', bound]]) };
  if (words.startsWith('no security'))
    return { ...limits, weightMaxRatio: limits.weightMaxRatio + by };
  return words.startsWith('securities take')
    ? { ...limits, cashReserveRatio: limits.cashReserveRatio - by }
    : undefined;
}

describe('the price of a limit', () => {
  test.each(['p-1', 'p-2', 'p-3', 'p-4', 'p-6'])(
    'is what solving again without it gains (%s)',
    (seed) => {
      const { moments, limits } = drawn(seed);
      const prices = limitPrices(moments, limits, GAMMA);
      expect(prices.length).toBeGreaterThan(0);
      for (const { description: words, costRatio, perPointRatio } of prices) {
        const gone = withLimit(limits, words, 1);
        if (!gone || words.startsWith('securities take')) continue;
        expect(costRatio).toBeCloseTo(best(moments, gone) - best(moments, limits), 7);
        const step = 1e-5;
        const more = withLimit(limits, words, step);
        const slope = more && (best(moments, more) - best(moments, limits)) / step;
        expect(Math.abs(perPointRatio * 100 - (slope ?? Number.NaN))).toBeLessThan(1e-3);
      }
      expect(prices.map((one) => one.costRatio)).toEqual(
        prices.map((one) => one.costRatio).toSorted((a, b) => b - a),
      );
    },
  );

  test.each(['n-1', 'n-2', 'n-3'])('is found again with counts and sizes limited (%s)', (seed) => {
    const drawnAnew = drawn(seed);
    const { moments } = drawnAnew;
    const limits = { ...drawnAnew.limits, countMax: 4, sizeMin: 0.12, weightMaxRatio: 0.3 };
    const prices = limitPrices(moments, limits, GAMMA);
    const now = best(moments, limits);
    const priceOf = (words: string) => prices.find(({ description }) => description === words);
    const gain = (changes: Partial<AllocationLimits>) =>
      best(moments, { ...limits, ...changes }) - now;
    const [count, size] = [
      priceOf('there are at most 4 positions'),
      priceOf('no position is smaller than 12 %'),
    ];
    const near = (ratio: number | undefined, expected: number) =>
      expect(Math.abs((ratio ?? 0) - Math.max(0, expected))).toBeLessThan(1e-6);
    near(count?.costRatio, gain({ countMax: undefined }));
    near(count?.perPointRatio, gain({ countMax: 5 }));
    near(size?.costRatio, gain({ sizeMin: undefined }));
    near(size?.perPointRatio, gain({ sizeMin: 0.11 }));
    for (const { description: words, costRatio } of prices) {
      const gone = withLimit(limits, words, 1);
      if (gone && !words.startsWith('securities take')) near(costRatio, best(moments, gone) - now);
    }
  });

  test('is nothing where no limit binds', () => {
    const { moments, limits } = drawn('loose');
    const none = { ...limits, weightMaxRatio: 1, sectorMaxRatio: 1, countryMaxRatio: 1 };
    const cautious = limitPrices(
      { ...moments, expected: moments.expected.map(() => 0.001) },
      none,
      50,
    );
    expect(cautious).toEqual([]);
  });
});

describe('limits in conflict', () => {
  const goal = { kind: 'MINIMUM_VOLATILITY' } as const;
  const least = (limits: AllocationLimits, weight: number): AllocationLimits => ({
    ...limits,
    securities: limits.securities.map((one, i) =>
      i < 4 ? { ...one, sector: 'Energy', minWeight: weight } : one,
    ),
  });

  test.each(['c-1', 'c-2', 'c-3'])(
    'are resolved by the named relaxation, and by no smaller one (%s)',
    (seed) => {
      const { moments, limits } = drawn(seed);
      const broken = least(limits, 0.1);
      const { status, conflicts, mend } = allocate(goal, moments, broken);
      expect(status).toBe('infeasible');
      expect(conflicts).toContain('sector Energy takes at most 35 %');
      const [, points, words] =
        /loosen by (\d+\.\d\d) percentage points that (.*)\.$/.exec(mend) ?? [];
      expect(conflicts).toContain(words);
      const by = Number(points) / 100;
      const mendedBy = (ratio: number): string => {
        const sector = /^sector (\w+)/.exec(words ?? '')?.[1];
        const changed: AllocationLimits =
          sector !== undefined
            ? { ...broken, sectorLimits: new Map([[sector, 0.35 + ratio]]) }
            : {
                ...broken,
                securities: broken.securities.map((one) =>
                  words?.startsWith(`${one.symbol} `) ? { ...one, minWeight: 0.1 - ratio } : one,
                ),
              };
        return allocate(goal, moments, changed).status;
      };
      expect(mendedBy(by)).toBe('optimal');
      expect(mendedBy(by - 0.001)).toBe('infeasible');
    },
  );
});
