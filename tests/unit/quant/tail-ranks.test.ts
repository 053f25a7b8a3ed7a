import { conditionalValueAtRisk, valueAtRisk } from '#shared/quant/measures/tail-risk.ts';
import { shareOf } from '#shared/quant/measures/quantile.ts';

/** -1, -2, ... -n: the k-th smallest return is k - n - 1. */
const losses = (n: number) => Float64Array.from({ length: n }, (_, i) => -1 - i);

/** Counted in whole thousandths, so that nothing is rounded. */
const rank = (n: number, thousandths: number) => Math.ceil(((1000 - thousandths) * n) / 1000);

describe('the rank of historical value at risk', () => {
  it('is the share of the observations to the letter, at every level and length', () => {
    for (const thousandths of [900, 925, 950, 975, 980, 990, 995, 999])
      for (let n = 1; n <= 2000; n += 1) {
        const expected = n + 1 - Math.max(1, rank(n, thousandths));
        const got = valueAtRisk(losses(n), { confidence: thousandths / 1000 });
        if (got !== expected) throw new Error(`${n} at ${thousandths}: ${got} not ${expected}`);
      }
  });

  it('below is never one less for a whole share', () => {
    for (const n of [20, 40, 100, 200, 1000])
      expect(valueAtRisk(losses(n), { confidence: 0.95, rule: 'order-below' })).toBe(
        n + 1 - n / 20,
      );
  });

  it('leaves a share that is not whole as it is', () => {
    expect(shareOf(30, 0.05)).toBe(1.5);
    expect(shareOf(1000, 1 - 0.9750001)).toBeCloseTo(24.9999, 6);
    expect(shareOf(100, 1 - 0.95)).toBe(5);
  });
});

describe('the mean of the worst', () => {
  it('takes no part of the next observation where the share is whole', () => {
    for (const [n, confidence, count] of [
      [100, 0.95, 5],
      [200, 0.975, 5],
      [1000, 0.99, 10],
    ] as const) {
      const expected = n + 1 - (count + 1) / 2;
      expect(conditionalValueAtRisk(losses(n), { confidence })).toBeCloseTo(expected, 12);
    }
  });

  it('counts the weights of equal observations as the observations themselves', () => {
    for (const n of [20, 100, 200]) {
      const weights = new Float64Array(n).fill(1 / n);
      expect(valueAtRisk(losses(n), { weights })).toBe(valueAtRisk(losses(n)));
    }
  });
});
