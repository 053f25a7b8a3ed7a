/** Drawn problems of a private investor's size whose limits on counts and sizes of positions bind. */
import { normal, seededRandom } from '#shared/kernel/random.ts';
import type { AllocationLimits } from '#shared/optimization/model/constraints.ts';
import type { Moments } from '#shared/optimization/model/security-moments.ts';
import { build, dot, times } from '#shared/quant/linear-algebra/matrix.ts';
import { isinOf } from '../../support/markets/market-views.ts';

const SECTORS = 8;

/** A market, sectors and risks of their own; returns that an equal portfolio implies, and views. */
export function drawnMoments(seed: string, securities: number): Moments {
  const random = seededRandom(seed);
  const betas = Array.from({ length: securities }, (_, i) => {
    const loadings = new Float64Array(1 + SECTORS);
    loadings[0] = 0.1 + 0.1 * random();
    loadings[1 + (i % SECTORS)] = 0.05 + 0.1 * random();
    return loadings;
  });
  const own = betas.map(() => (0.1 + 0.2 * random()) ** 2);
  const covariance = build(
    securities,
    (i, j) => dot(betas[i] ?? [], betas[j] ?? []) + (i === j ? (own[i] ?? 0) : 0),
  );
  const anchor = new Float64Array(securities).fill(0.9 / securities);
  const implied = times(covariance, anchor).map((value) => 3 * value + 0.015 * normal(random));
  return { isins: betas.map((_, i) => isinOf(i)), expected: implied, covariance };
}

/** An account that holds a few, and limits that differ from seed to seed. */
export function drawnLimits(
  seed: string,
  { isins }: Moments,
  over: Partial<AllocationLimits> = {},
): AllocationLimits {
  const random = seededRandom(`${seed} limits`);
  const held = isins.map(() => (random() < 0.25 ? 0.02 + 0.08 * random() : 0));
  return {
    securities: isins.map((isin, i) => ({
      ...{ isin, symbol: `S${i}`, currentWeight: held[i] ?? 0 },
      ...{ sector: `Sector ${i % SECTORS}`, country: ['US', 'DE', 'JP'][i % 3] },
    })),
    cashReserveRatio: 0.02,
    frozenWeight: 0,
    weightMaxRatio: 0.2 + 0.1 * random(),
    sectorLimits: new Map(),
    countryLimits: new Map(),
    sectorMaxRatio: 0.3 + 0.1 * random(),
    countryMaxRatio: 0.5 + 0.2 * random(),
    countMax: 5 + Math.floor(8 * random()),
    sizeMin: 0.02 + 0.05 * random(),
    ...over,
  };
}
