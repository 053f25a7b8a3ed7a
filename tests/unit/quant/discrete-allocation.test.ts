import { seededRandom } from '#shared/kernel/random.ts';
import {
  allocationError,
  allocationRmse,
  greedyShares,
  integerShares,
} from '#shared/quant/allocation/discrete-allocation.ts';
import { at, sum } from '#shared/quant/linear-algebra/matrix.ts';

const numbers = (...values: number[]) => Float64Array.from(values);

/** Every allocation the money pays for. */
function leastError(weights: Float64Array, prices: Float64Array, value: number): number {
  let best = Infinity;
  const shares = new Array<number>(weights.length).fill(0);
  const walk = (i: number, rest: number): void => {
    if (i === shares.length) {
      best = Math.min(best, allocationError(weights, prices, value, shares));
      return;
    }
    const most = Math.min(
      Math.floor(rest / at(prices, i)),
      Math.ceil((at(weights, i) * value) / at(prices, i)) + 1,
    );
    for (let count = 0; count <= most; count += 1) {
      shares[i] = count;
      walk(i + 1, rest - count * at(prices, i));
    }
    shares[i] = 0;
  };
  walk(0, value);
  return best;
}

describe('integerShares', () => {
  it('finds what the enumeration of all allocations finds', () => {
    for (let k = 0; k < 60; k += 1) {
      const seed = `shares ${k}`;
      const random = seededRandom(seed);
      const n = 2 + Math.floor(3 * random());
      const prices = Float64Array.from(
        { length: n },
        () => Math.round(100 * (5 + 300 * random())) / 100,
      );
      const raw = Float64Array.from({ length: n }, () => random());
      const weights = raw.map((weight) => (weight / sum(raw)) * (random() < 0.3 ? 0.9 : 1));
      const { shares, leftover, proven } = integerShares(weights, prices, { value: 1000 });
      expect([seed, proven]).toEqual([seed, true]);
      expect(leftover).toBeGreaterThanOrEqual(-1e-9);
      expect([seed, allocationError(weights, prices, 1000, shares)]).toEqual([
        seed,
        expect.closeTo(leastError(weights, prices, 1000), 8),
      ]);
    }
  });

  it('replaces a cheap share by an expensive one that is missing', () => {
    // Rounded down: 9 x 10 and none of 100, 0.95 of which is wanted; one of 10 makes room for it.
    const prices = numbers(100, 10);
    const { shares } = integerShares(numbers(0.51, 0.49), prices, { value: 190 });
    expect(shares).toEqual([1, 9]);
  });

  it('is never worse than the greedy way', () => {
    for (let k = 0; k < 30; k += 1) {
      const random = seededRandom(`greedy ${k}`);
      const prices = Float64Array.from({ length: 20 }, () => 5 + 400 * random() ** 2);
      const raw = Float64Array.from({ length: 20 }, () => random());
      const weights = raw.map((weight) => weight / sum(raw));
      const error = (shares: readonly number[]) => allocationError(weights, prices, 20_000, shares);
      const [exact, simple] = [
        integerShares(weights, prices, { value: 20_000 }),
        greedyShares(weights, prices, { value: 20_000 }),
      ];
      expect(error(exact.shares)).toBeLessThanOrEqual(error(simple.shares) + 1e-9);
      expect(simple.leftover).toBeGreaterThanOrEqual(0);
    }
  });
});

describe('greedyShares', () => {
  it('rounds down and then fills what is furthest below', () => {
    const answer = greedyShares(numbers(0.5, 0.3, 0.2), numbers(30, 70, 9), { value: 200 });
    // 3 x 30, 0 x 70, 4 x 9 leave 74: the second is furthest below its weight.
    expect(answer.shares).toEqual([3, 1, 4]);
    expect(answer.leftover).toBeCloseTo(4, 12);
  });

  it('allocates shorts by themselves, and reinvests what they bring when asked', () => {
    const [weights, prices] = [numbers(1.2, -0.2), numbers(10, 10)];
    expect(greedyShares(weights, prices, { value: 1000 }).shares).toEqual([100, -20]);
    expect(greedyShares(weights, prices, { value: 1000, reinvest: true }).shares).toEqual([
      120, -20,
    ]);
    expect(greedyShares(weights, prices, { value: 1000, shortRatio: 0.5 }).shares).toEqual([
      100, -50,
    ]);
  });

  it('measures how far the shares are from the weights', () => {
    expect(allocationRmse(numbers(0.5, 0.5), numbers(10, 10), [3, 1])).toBeCloseTo(0.25, 12);
  });
});
