/** How figures of single periods that add up are brought to add up over several. */
import { totalReturn } from './returns.ts';

/**
 * What each period's parts are multiplied by so that they sum to the linked return (Cariño 1999):
 * k(r)/k(R) with k(x) = ln(1 + x)/x. After a period that lost everything there is no logarithm; then
 * parts grow with the capital that was there at their start, which sums to the same.
 */
export function linkingFactors(returns: readonly number[]): number[] {
  if (returns.some((one) => 1 + one <= 0)) return growthBefore(returns);
  const total = logarithmic(totalReturn(returns), 0);
  return returns.map((one) => logarithmic(one, 0) / total);
}

/** The same for parts of a difference of two returns. */
export function activeLinkingFactors(
  returns: readonly number[],
  benchmark: readonly number[],
): number[] {
  const total = logarithmic(totalReturn(returns), totalReturn(benchmark));
  return returns.map((one, i) => logarithmic(one, benchmark[i] ?? 0) / total);
}

/** (ln(1 + a) - ln(1 + b)) / (a - b), or its limit. */
function logarithmic(a: number, b: number): number {
  const apart = a - b;
  const near = 1e-9;
  if (Math.abs(apart) < near) return 1 / (1 + (a + b) / 2);
  return (Math.log1p(a) - Math.log1p(b)) / apart;
}

function growthBefore(returns: readonly number[]): number[] {
  let growth = 1;
  return returns.map((one) => {
    const before = growth;
    growth *= 1 + one;
    return before;
  });
}
