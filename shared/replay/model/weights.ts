/** Rules that give weights from closes up to a day. */
import { refused } from '#shared/kernel/failure.ts';
import { leastVariance } from '#shared/quant/allocation/mean-variance.ts';
import { equalWeights, normalised } from '#shared/quant/allocation/simple-weights.ts';
import { sampleCovariance } from '#shared/quant/estimation/covariance.ts';
import { shrunkCovariance } from '#shared/quant/estimation/shrinkage.ts';
import { standardDeviation } from '#shared/quant/measures/moments.ts';
import { simpleReturns } from '#shared/quant/measures/returns.ts';

export type WeightRule =
  | { readonly kind: 'equal' }
  /** By symbol; what is left is cash. */
  | { readonly kind: 'fixed'; readonly weights: Readonly<Record<string, number>> }
  /** w proportional to 1 / standard deviation (ddof 1) of the last `window` returns. */
  | { readonly kind: 'inverse-volatility'; readonly window: number }
  /**
   * Least w'Sw, sum w = 1, 0 <= w <= cap, with the covariance S of the last `window` returns, shrunk after Ledoit
   * and Wolf (2004) towards the mean variance times the identity, or the sample's (ddof 1).
   */
  | {
      readonly kind: 'minimum-variance';
      readonly window: number;
      readonly cap: number;
      readonly covariance: 'ledoit-wolf' | 'sample';
    };

/** Weights smaller than this are what a solver leaves of zero. */
const WEIGHT_MIN = 1e-12;

/** Closes that a rule needs before its first decision. */
export function closesNeeded(rule: WeightRule): number {
  return 'window' in rule ? rule.window + 1 : 0;
}

/**
 * @param symbols in the order of the columns
 * @param closes a column for each security, oldest first, ending where knowledge ends
 * @returns a share of the value for each; 0 to 1 each, at most 1 in sum
 * @throws Failure REFUSED history-missing where a column is shorter than the window, no-weights where no weights
 *   satisfy the limits
 */
export function weightsOf(
  rule: WeightRule,
  symbols: readonly string[],
  closes: readonly Float64Array[],
): Float64Array {
  switch (rule.kind) {
    case 'equal':
      return equalWeights(symbols.length);
    case 'fixed':
      return Float64Array.from(symbols, (symbol) => rule.weights[symbol] ?? 0);
    case 'inverse-volatility': {
      const deviations = windowed(rule.window, symbols, closes).map((r) => standardDeviation(r));
      requireMoving(symbols, deviations);
      return normalised(Float64Array.from(deviations, (deviation) => 1 / deviation));
    }
    case 'minimum-variance':
      return minimumVariance(rule, windowed(rule.window, symbols, closes));
  }
}

function windowed(
  window: number,
  symbols: readonly string[],
  closes: readonly Float64Array[],
): Float64Array[] {
  return closes.map((column, i) => {
    if (column.length <= window)
      throw refused(
        'history-missing',
        `${symbols[i]} has ${column.length} closes before the day; the rule needs ${window + 1}.`,
      );
    return simpleReturns(column.subarray(-window - 1));
  });
}

function requireMoving(symbols: readonly string[], deviations: readonly number[]): void {
  const still = deviations.findIndex((deviation) => !(deviation > 0));
  if (still >= 0)
    throw refused(
      'zero-variance',
      `${symbols[still]} did not move; its inverse volatility is unbounded.`,
    );
}

function minimumVariance(
  { cap, covariance: estimate }: Extract<WeightRule, { kind: 'minimum-variance' }>,
  returns: readonly Float64Array[],
): Float64Array {
  const n = returns.length;
  const covariance =
    estimate === 'ledoit-wolf'
      ? shrunkCovariance(returns, 'identity').covariance
      : sampleCovariance(returns);
  const bounds = { low: new Float64Array(n), high: new Float64Array(n).fill(cap) };
  const budget = { coefficients: new Float64Array(n).fill(1), relation: '=', bound: 1 } as const;
  const program = { expected: new Float64Array(n), covariance, variables: n };
  const answer = leastVariance({ ...program, bounds, rows: [budget] });
  if (!answer)
    throw refused('no-weights', `No weights up to ${cap} sum to 1 over ${n} securities.`);
  return answer.weights.map((weight) => (weight < WEIGHT_MIN ? 0 : Math.min(weight, cap)));
}
