/**
 * Powers with the same bits under every version of Node: `**` and `Math.pow` are whatever the library of a version
 * makes of them, while `Math.exp` and `Math.log` have not changed. Squares are exact to the last bit either way.
 */

/** Beyond this, products of roundings are worse than one logarithm. */
const FACTORS_MAX = 8;

export function power(base: number, exponent: number): number {
  const factors = Math.abs(exponent);
  if (!Number.isInteger(factors) || factors > FACTORS_MAX) return byLogarithm(base, exponent);
  let product = 1;
  for (let i = 0; i < factors; i += 1) product *= base;
  return exponent < 0 ? 1 / product : product;
}

/** NaN of a negative base under an exponent that is not whole, as `**` has it. */
function byLogarithm(base: number, exponent: number): number {
  if (base >= 0 || !Number.isInteger(exponent)) return Math.exp(exponent * Math.log(base));
  const size = Math.exp(exponent * Math.log(-base));
  return exponent % 2 === 0 ? size : -size;
}
