import { boundedRiskParity } from '#shared/quant/allocation/bounded-risk-parity.ts';
import { greedyShares, integerShares } from '#shared/quant/allocation/discrete-allocation.ts';
import { riskParity } from '#shared/quant/allocation/risk-parity.ts';

const covariance = [
  Float64Array.of(0.04, 0.012, 0.009),
  Float64Array.of(0.012, 0.0625, 0.02),
  Float64Array.of(0.009, 0.02, 0.0324),
];
const field = (name: string) =>
  expect.objectContaining({
    code: 'INVALID_REQUEST',
    facts: expect.objectContaining({ field: name }),
  });

describe('risk budgets', () => {
  it.each([
    [[0.6, -0.1, 0.5], 'budgets[1]'],
    [[1, -1, 0], 'budgets[1]'],
    [[0.5, NaN, 0.5], 'budgets[1]'],
    [[0.5, 0.5, Infinity], 'budgets[2]'],
    [[0, 0, 0], 'budgets'],
    [[0.5, 0.5], 'budgets'],
  ])('of %p are refused by name', (budgets, name) => {
    expect(() => riskParity(covariance, budgets)).toThrow(field(name));
    const bounds = { lower: [0, 0, 0], upper: [1, 1, 1] };
    expect(() => boundedRiskParity(covariance, bounds, budgets)).toThrow(field(name));
  });

  it('of nothing give a security nothing', () => {
    const { weights } = riskParity(covariance, [0.5, 0, 0.5]);
    expect(weights[1]).toBe(0);
  });
});

describe('prices of shares', () => {
  const weights = Float64Array.of(0.5, 0.3, 0.2);
  it.each([0, -21.3, NaN, Infinity])('of %p are refused by name', (price) => {
    const prices = Float64Array.of(37.55, price, 88.2);
    for (const allocate of [greedyShares, integerShares])
      expect(() => allocate(weights, prices, { value: 913 })).toThrow(field('prices[1]'));
  });

  it('are refused on the short side too, and so are weights that are no numbers', () => {
    const short = Float64Array.of(0.8, -0.2);
    for (const allocate of [greedyShares, integerShares]) {
      expect(() => allocate(short, Float64Array.of(10, 0), { value: 900 })).toThrow(
        field('prices[1]'),
      );
      expect(() => allocate(Float64Array.of(NaN, 1), Float64Array.of(1, 1), { value: 9 })).toThrow(
        field('weights[0]'),
      );
    }
  });
});
