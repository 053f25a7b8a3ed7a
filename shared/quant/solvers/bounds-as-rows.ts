/** Bounds of a program as rows, for the methods that know rows only. */
import { at } from '#shared/quant/linear-algebra/matrix.ts';
import { unit, type Bounds, type LinearRow, type QuadraticAnswer } from './quadratic-program.ts';

/** The finite ones: of each variable the lower one, then the upper one. */
export function boundsAsRows({ low, high }: Bounds): LinearRow[] {
  const n = low.length;
  return Array.from(low, (lowest, i): LinearRow[] => {
    const highest = at(high, i);
    return [
      ...(lowest > -Infinity ? [row(n, i, '>=', lowest)] : []),
      ...(highest < Infinity ? [row(n, i, '<=', highest)] : []),
    ];
  }).flat();
}

/** @param answer of the program whose rows begin with those of the bounds */
export function withBoundMultipliers(answer: QuadraticAnswer, { low, high }: Bounds) {
  const n = low.length;
  const ofBounds = new Float64Array(n);
  let next = 0;
  for (let i = 0; i < n; i += 1)
    for (const isFinite of [at(low, i) > -Infinity, at(high, i) < Infinity])
      if (isFinite) {
        ofBounds[i] = at(ofBounds, i) + at(answer.multipliers, next);
        next += 1;
      }
  const ofRows = answer.multipliers.subarray(next);
  return { ...answer, multipliers: Float64Array.of(...ofRows, ...ofBounds) };
}

function row(
  size: number,
  index: number,
  relation: LinearRow['relation'],
  bound: number,
): LinearRow {
  return { coefficients: unit(size, index), relation, bound };
}
