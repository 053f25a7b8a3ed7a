import fc from 'fast-check';
import { normal, seededRandom } from '#shared/kernel/random.ts';
import { sampleCovariance } from '#shared/quant/estimation/covariance.ts';
import {
  clusterVariance,
  correlationDistance,
  hierarchicalRiskParity,
  leafOrder,
} from '#shared/quant/allocation/hierarchical-risk-parity.ts';
import { joins, leavesOf, type Linkage } from '#shared/quant/allocation/linkage.ts';
import { build, cell, submatrix, type Rows } from '#shared/quant/linear-algebra/matrix.ts';

function covarianceOf(seed: string, count: number): Rows {
  const random = seededRandom(seed);
  const market = Array.from({ length: 80 }, () => normal(random));
  return sampleCovariance(
    Array.from({ length: count }, (_, i) =>
      Float64Array.from(market, (move) => 0.01 * (move + (1 + i / count) * normal(random))),
    ),
  );
}

/** Joins the two clusters that are nearest by the definition itself, visiting every leaf. */
function naive(distance: Rows, linkage: 'single' | 'complete' | 'average'): number[] {
  let clusters = distance.map((_, i) => [i]);
  const heights: number[] = [];
  const gap = (a: readonly number[], b: readonly number[]): number => {
    const all = a.flatMap((i) => b.map((j) => cell(distance, i, j)));
    if (linkage === 'single') return Math.min(...all);
    if (linkage === 'complete') return Math.max(...all);
    return all.reduce((total, one) => total + one, 0) / all.length;
  };
  while (clusters.length > 1) {
    let best = { value: Infinity, i: 0, j: 1 };
    clusters.forEach((a, i) =>
      clusters.slice(i + 1).forEach((b, k) => {
        const value = gap(a, b);
        if (value < best.value) best = { value, i, j: i + 1 + k };
      }),
    );
    const merged = [...(clusters[best.i] ?? []), ...(clusters[best.j] ?? [])];
    heights.push(best.value);
    clusters = [...clusters.filter((_, k) => k !== best.i && k !== best.j), merged];
  }
  return heights;
}

const everyLinkage: readonly Linkage[] = [
  'single',
  'complete',
  'average',
  'weighted',
  'ward',
  'centroid',
  'median',
];

describe('linkage', () => {
  it.each(['single', 'complete', 'average'] as const)(
    'joins at the distances of the definition: %s',
    (linkage) => {
      for (const seed of ['a', 'b', 'c']) {
        const distance = correlationDistance(covarianceOf(`${linkage} ${seed}`, 14));
        const heights = joins(distance, linkage).map((join) => join.distance);
        naive(distance, linkage).forEach((height, k) => expect(heights[k]).toBeCloseTo(height, 12));
      }
    },
  );

  it('joins by Ward, centroid and median as scipy does for four points on a line', () => {
    // Points 0, 1, 4, 9: scipy 1.15 `linkage` of their distances.
    const points = [0, 1, 4, 9];
    const distance = build(4, (i, j) => Math.abs((points[i] ?? 0) - (points[j] ?? 0)));
    const heights = (linkage: Linkage): number[] =>
      joins(distance, linkage).map((join) => join.distance);
    const expected: [Linkage, number[]][] = [
      ['ward', [1, Math.sqrt((2 * 2 * 3.5 ** 2) / 3), Math.sqrt((2 * 3 * (9 - 5 / 3) ** 2) / 4)]],
      ['centroid', [1, 3.5, 9 - 5 / 3]],
      ['median', [1, 3.5, 9 - 2.25]],
    ];
    for (const [linkage, heightsExpected] of expected)
      heightsExpected.forEach((value, k) => expect(heights(linkage)[k]).toBeCloseTo(value, 12));
  });

  it.each(everyLinkage)('puts every leaf in the tree once: %s', (linkage) => {
    const distance = correlationDistance(covarianceOf(linkage, 17));
    const tree = joins(distance, linkage);
    expect([...leavesOf(tree, 17)].sort((a, b) => a - b)).toEqual([...distance.keys()]);
    expect(tree.at(-1)?.size).toBe(17);
    tree.forEach(({ first, second }) => expect(first).toBeLessThan(second));
  });

  it('keeps the order found where distances are equal', () => {
    const equal = build(4, (i, j) => (i === j ? 0 : 1));
    expect(leafOrder(equal)).toEqual([3, 2, 0, 1]);
  });

  it('knows one leaf and none', () => {
    expect(leavesOf(joins(build(1, () => 0)), 1)).toEqual([0]);
    expect(leavesOf(joins([]), 0)).toEqual([]);
  });
});

describe('hierarchical risk parity', () => {
  const permuted = (seed: number, count: number): number[] => {
    const random = seededRandom(`order ${seed}`);
    const keys = Array.from({ length: count }, () => random());
    return keys.map((_, i) => i).sort((a, b) => (keys[a] ?? 0) - (keys[b] ?? 0));
  };

  it('does not depend on the unit of returns', () => {
    const covariance = covarianceOf('unit', 15);
    const percent = build(15, (i, j) => cell(covariance, i, j) * 1e4);
    const weights = hierarchicalRiskParity(percent);
    hierarchicalRiskParity(covariance).forEach((weight, i) =>
      expect(weights[i]).toBeCloseTo(weight, 12),
    );
  });

  it('gives the same tree to securities in another order', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 12 }), fc.integer({ min: 0, max: 1e6 }), (n, seed) => {
        const covariance = covarianceOf(`permute ${seed}`, n);
        const order = permuted(seed, n);
        const heights = (of: Rows): number[] =>
          joins(correlationDistance(of)).map((join) => join.distance);
        const there = heights(submatrix(covariance, order));
        heights(covariance).forEach((height, k) => expect(there[k]).toBeCloseTo(height, 12));
        const weights = hierarchicalRiskParity(submatrix(covariance, order));
        expect(weights.reduce((all, one) => all + one, 0)).toBeCloseTo(1, 12);
        expect(Math.min(...weights)).toBeGreaterThan(0);
      }),
      { numRuns: 40, seed: 7 },
    );
  });

  it('gives two securities the same weights in either order', () => {
    const covariance = covarianceOf('two', 2);
    const [a = NaN, b = NaN] = hierarchicalRiskParity(covariance);
    const [c = NaN, d = NaN] = hierarchicalRiskParity(submatrix(covariance, [1, 0]));
    expect([d, c]).toEqual([a, b].map((value) => expect.closeTo(value, 15)));
    expect(a / b).toBeCloseTo(cell(covariance, 1, 1) / cell(covariance, 0, 0), 12);
  });

  it('shares by the inverse of the deviation when asked', () => {
    const two = build(2, (i, j) => (i === j ? (i === 0 ? 0.04 : 0.01) : 0));
    const [a, b] = hierarchicalRiskParity(two, { risk: 'deviation' });
    expect([a, b]).toEqual([expect.closeTo(1 / 3, 14), expect.closeTo(2 / 3, 14)]);
  });

  it.each(everyLinkage)('stays within bounds: %s', (linkage) => {
    const covariance = covarianceOf('bounds', 20);
    const lower = new Float64Array(20).fill(0.03);
    const upper = new Float64Array(20).fill(0.06);
    const weights = hierarchicalRiskParity(covariance, { linkage, lower, upper });
    expect(weights.reduce((all, one) => all + one, 0)).toBeCloseTo(1, 12);
    expect(Math.min(...weights)).toBeGreaterThan(0.03 - 1e-12);
    expect(Math.max(...weights)).toBeLessThan(0.06 + 1e-12);
  });

  it('measures a cluster held by inverse variance', () => {
    const covariance = build(3, (i, j) => (i === j ? ([0.04, 0.01, 0.09][i] ?? 0) : 0.002));
    const [w, v] = [0.01 / 0.05, 0.04 / 0.05];
    const expected = w * w * 0.04 + v * v * 0.01 + 2 * w * v * 0.002;
    expect(clusterVariance(covariance, [0, 1])).toBeCloseTo(expected, 15);
  });
});
