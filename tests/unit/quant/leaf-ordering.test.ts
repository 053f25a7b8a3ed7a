import { normal, seededRandom } from '#shared/kernel/random.ts';
import { leafOrder } from '#shared/quant/allocation/hierarchical-risk-parity.ts';
import { joins } from '#shared/quant/allocation/linkage.ts';
import { buildSymmetric, cell, type Rows } from '#shared/quant/linear-algebra/matrix.ts';

function distances(seed: string, count: number): Rows {
  const random = seededRandom(seed);
  const points = Array.from({ length: count }, () => [normal(random), normal(random)] as const);
  const point = (i: number) => points[i] ?? [0, 0];
  return buildSymmetric(count, (i, j) =>
    Math.hypot(point(i)[0] - point(j)[0], point(i)[1] - point(j)[1]),
  );
}

const total = (distance: Rows, order: readonly number[]) =>
  order.slice(1).reduce((sum, leaf, i) => sum + cell(distance, order[i] ?? 0, leaf), 0);

describe('optimal leaf ordering', () => {
  it('keeps every cluster of the tree together', () => {
    for (let k = 0; k < 20; k += 1) {
      const distance = distances(`leaves ${k}`, 3 + k);
      const order = leafOrder(distance, 'average', 'optimal');
      const members = distance.map((_, i) => [i]);
      for (const { first, second } of joins(distance, 'average')) {
        const own = [...(members[first] ?? []), ...(members[second] ?? [])];
        members.push(own);
        const places = own.map((leaf) => order.indexOf(leaf));
        expect(Math.max(...places) - Math.min(...places)).toBe(own.length - 1);
      }
    }
  });

  it('brings neighbours nearer than the order of the joins, in sum', () => {
    let [plain, better] = [0, 0];
    for (let k = 0; k < 20; k += 1) {
      const distance = distances(`near ${k}`, 15);
      plain += total(distance, leafOrder(distance, 'single'));
      better += total(distance, leafOrder(distance, 'single', 'optimal'));
    }
    expect(better).toBeLessThan(0.95 * plain);
  });

  it('turns the sides of a join so that its inner leaves are the nearest', () => {
    // Two pairs on a line, joined the wrong way round: 1 0 | 3 2.
    const places = [1, 0, 3, 2];
    const distance = buildSymmetric(
      4,
      (i, j) => Math.abs((places[i] ?? 0) - (places[j] ?? 0)) ** 1.1,
    );
    expect(leafOrder(distance, 'complete', 'optimal')).toEqual([1, 0, 3, 2]);
    expect(total(distance, leafOrder(distance, 'complete', 'optimal'))).toBeLessThan(
      total(distance, leafOrder(distance, 'complete')),
    );
  });

  it('knows trees of one leaf and of none', () => {
    expect(leafOrder([], 'single', 'optimal')).toEqual([]);
    expect(leafOrder([Float64Array.of(0)], 'single', 'optimal')).toEqual([0]);
  });
});
