import fc from 'fast-check';
import { beta, captureRatio } from '#shared/quant/measures/benchmark.ts';
import {
  depthsOfReturns,
  drawdowns,
  maximumDrawdown,
  painIndex,
  ulcerIndex,
} from '#shared/quant/measures/drawdowns.ts';
import { semiVariance } from '#shared/quant/measures/downside.ts';
import { correlation, kurtosis, mean, skewness, variance } from '#shared/quant/measures/moments.ts';
import {
  diversificationRatio,
  effectiveHoldings,
} from '#shared/quant/measures/portfolio-returns.ts';
import { sharpeRatio } from '#shared/quant/measures/ratios.ts';
import { growth, totalReturn } from '#shared/quant/measures/returns.ts';
import {
  conditionalValueAtRisk,
  entropicValueAtRisk,
  modifiedValueAtRisk,
  normalConditionalValueAtRisk,
  normalValueAtRisk,
  valueAtRisk,
} from '#shared/quant/measures/tail-risk.ts';

const one = fc.double({ min: -0.2, max: 0.2, noNaN: true });
const series = fc.array(one, { minLength: 5, maxLength: 60 });
const holds = (arbitrary: fc.Arbitrary<number[]>, seed: number, say: (values: number[]) => void) =>
  fc.assert(fc.property(arbitrary, say), { seed, numRuns: 200 });

describe('measures', () => {
  it('rank the tail: value at risk, its conditional and its entropic kin, the worst loss', () => {
    holds(series, 1, (returns) => {
      const [at, beyond, entropic] = [valueAtRisk, conditionalValueAtRisk, entropicValueAtRisk].map(
        (measure) => measure(returns),
      );
      const tiny = 1e-9;
      expect(at).toBeLessThanOrEqual((beyond ?? NaN) + tiny);
      expect(beyond).toBeLessThanOrEqual((entropic ?? NaN) + tiny);
      expect(entropic).toBeLessThanOrEqual(-Math.min(...returns) + tiny);
    });
  });

  it('give the same for equal weights as for none', () => {
    holds(series, 2, (returns) => {
      fc.pre(variance(returns) > 1e-6);
      const weights = returns.map(() => 1 / returns.length);
      for (const measure of [
        mean,
        variance,
        skewness,
        kurtosis,
        semiVariance,
        conditionalValueAtRisk,
      ])
        expect(measure(returns, { weights })).toBeCloseTo(measure(returns), 8);
    });
  });

  it('order the depths: mean, root mean square, deepest', () => {
    holds(series, 3, (returns) => {
      const depths = depthsOfReturns(returns);
      const tiny = 1e-12;
      expect(painIndex(depths)).toBeLessThanOrEqual(ulcerIndex(depths) + tiny);
      expect(ulcerIndex(depths)).toBeLessThanOrEqual(maximumDrawdown(depths) + tiny);
      const falls = drawdowns(Float64Array.of(1, ...growth(returns)));
      expect(Math.max(0, ...falls.map(({ depth }) => depth))).toBeCloseTo(
        maximumDrawdown(depths),
        12,
      );
    });
  });

  it('link returns to the same total in any order', () => {
    holds(series, 4, (returns) => {
      expect(totalReturn([...returns].reverse())).toBeCloseTo(totalReturn(returns), 10);
      expect(totalReturn([])).toBe(0);
    });
  });

  it('do not change a Sharpe ratio with the leverage, and beta in proportion to it', () => {
    holds(series, 5, (returns) => {
      fc.pre(variance(returns) > 1e-6);
      const doubled = returns.map((value) => 2 * value);
      expect(sharpeRatio(doubled)).toBeCloseTo(sharpeRatio(returns), 6);
      expect(beta(doubled, returns)).toBeCloseTo(2, 8);
      expect(correlation(doubled, returns)).toBeCloseTo(1, 10);
    });
  });

  it('capture all of a market that they are', () => {
    const market = [0.01, -0.02, 0.03, -0.01, 0.005];
    expect(captureRatio(market, market)).toBeCloseTo(1, 12);
  });
});

test('a normal sample has a normal tail, and the correction then does nothing', () => {
  // Symmetric, with a kurtosis of 3: two far points and the right share of zeros.
  const returns = [-0.03, 0, 0, 0, 0, 0.03];
  expect(kurtosis(returns)).toBeCloseTo(3, 12);
  expect(modifiedValueAtRisk(returns)).toBeCloseTo(normalValueAtRisk(returns), 12);
  const deviation = Math.sqrt(variance(returns));
  expect(normalValueAtRisk(returns)).toBeCloseTo(1.6448536269514722 * deviation, 12);
  expect(normalConditionalValueAtRisk(returns)).toBeCloseTo(2.0627128075074257 * deviation, 10);
});

test('uncorrelated equal assets diversify by the root of their number', () => {
  const [a, b] = [
    [1, 1, -1, -1],
    [1, -1, 1, -1],
  ];
  expect(diversificationRatio([a ?? [], b ?? []], [0.5, 0.5])).toBeCloseTo(Math.SQRT2, 12);
  expect(effectiveHoldings([0.25, 0.25, 0.25, 0.25])).toBe(4);
});
