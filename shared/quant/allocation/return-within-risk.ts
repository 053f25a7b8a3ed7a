/**
 * Most return within a risk, by the risk aversion at which the best utility just takes that risk. The
 * risk of the best utility falls as the aversion grows, so the aversion is bracketed and found by
 * Ridders' method (IEEE Transactions on Circuits and Systems 26/11, 1979) in the tolerance 1/aversion.
 * There the conditions of the utility, with half the aversion times the risk's slope as multiplier, are
 * those of the program itself; so its answer is the optimum, and proves it.
 */

export interface RiskSearch<Point> {
  readonly safest: () => Point | undefined;
  /** Most return whatever the risk; undefined where that has no end. */
  readonly highestReturn: () => Point | undefined;
  readonly atAversion: (aversion: number) => Point | undefined;
  readonly risk: (point: Point) => number;
}

/** Rounding of the least risk itself. */
const SLACK = 1e-10;
const PRECISION = 1e-13;
const ROUNDS_MAX = 60;

/** @returns undefined where even the safest takes more risk */
export function mostReturnWithin<Point>(
  search: RiskSearch<Point>,
  riskMax: number,
): Point | undefined {
  const safest = search.safest();
  if (!safest || search.risk(safest) > riskMax + SLACK) return undefined;
  const highestReturn = search.highestReturn();
  if (highestReturn && search.risk(highestReturn) <= riskMax) return highestReturn;
  const bracket = bracketOf(search, safest, riskMax);
  return 'point' in bracket ? bracket.point : narrowed(search, bracket, riskMax);
}

interface Bracket<Point> {
  low: number;
  high: number;
  below: Point;
  lowGap: number;
  highGap: number;
}

/** Tolerances between which the risk passes the allowed one; or the last answer, where none does. */
function bracketOf<Point>(
  { atAversion, risk }: RiskSearch<Point>,
  safest: Point,
  riskMax: number,
): Bracket<Point> | { point: Point } {
  let [low, below, lowGap] = [0, safest, risk(safest) - riskMax];
  for (let tolerance = 1 / 64; tolerance < 1e9; tolerance *= 8) {
    const point = atAversion(1 / tolerance);
    if (!point) break;
    const gap = risk(point) - riskMax;
    if (gap > 0) return { low, high: tolerance, below, lowGap, highGap: gap };
    [low, below, lowGap] = [tolerance, point, gap];
  }
  return { point: below };
}

function narrowed<Point>(
  { atAversion, risk }: RiskSearch<Point>,
  bracket: Bracket<Point>,
  riskMax: number,
): Point {
  let { low, high, below, lowGap, highGap } = bracket;
  const take = (tolerance: number): number => {
    const point = atAversion(1 / tolerance);
    const gap = point ? risk(point) - riskMax : NaN;
    if (point && gap <= 0 && tolerance >= low) [low, below, lowGap] = [tolerance, point, gap];
    if (gap > 0 && tolerance <= high) [high, highGap] = [tolerance, gap];
    return gap;
  };
  const precision = PRECISION * Math.max(riskMax, 1e-3);
  for (let round = 0; round < ROUNDS_MAX && -lowGap > precision; round += 1) {
    const [start, end, startGap, endGap] = [low, high, lowGap, highGap];
    if (!(end - start > 1e-15 * end)) break;
    const middle = (start + end) / 2;
    const gap = take(middle);
    const root = Math.sqrt(gap * gap - startGap * endGap);
    if (!(root > 0)) break;
    take(Math.min(high, Math.max(low, middle - ((middle - start) * gap) / root)));
  }
  return below;
}
