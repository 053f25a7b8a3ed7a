import { power } from '#shared/kernel/power.ts';

describe('a power', () => {
  it.each([
    [1.1, 3, 1.1 * 1.1 * 1.1],
    [-2, 3, -8],
    [2, -2, 0.25],
    [0, 0, 1],
    [-2, 11, -2048],
    [-2, 12, 4096],
    [0, 0.5, 0],
    [9, 0.5, 3],
    [0.94, 250, 1.9141e-7],
    [1.0003, 252, 1.0785],
  ])('%d to the power %d is %d', (base, exponent, expected) => {
    expect(power(base, exponent) / (expected || 1)).toBeCloseTo(expected === 0 ? 0 : 1, 4);
  });

  it('agrees with that of Node to some bits', () => {
    for (let i = 1; i < 500; i += 1) {
      const [base, exponent] = [i / 37, (i % 23) - 11.3];
      const expected = base ** exponent;
      expect(Math.abs(power(base, exponent) / expected - 1)).toBeLessThan(1e-14);
    }
  });

  it('is not defined of a negative base under a fraction', () => {
    expect(power(-2, 0.5)).toBeNaN();
  });
});
