/**
 * Losses of the bad tail, positive where something is lost, in the unit of the returns and for one of
 * their periods. `confidence` is the share of periods that are better, 0.95 where absent.
 */
import { power } from '#shared/kernel/power.ts';
import { normalDensity, normalQuantile } from './distributions.ts';
import {
  extent,
  kurtosis,
  mean,
  withoutMissing,
  skewness,
  standardDeviation,
  type Series,
  type Weighted,
} from './moments.ts';
import { quantile, shareOf, sorted } from './quantile.ts';

const CONFIDENCE = 0.95;
/** Of the logarithm of theta, around that of the largest return. */
const THETA_RANGE = 14;
/** Rounding of sums of weights; an observation that reaches the share but for this reaches it. */
const WEIGHT_ERROR = 1e-13;

interface Confidence {
  readonly confidence?: number | undefined;
}

/**
 * Which order statistic stands for a share c = 1 - confidence of n observations:
 *
 * | rule            | the loss                                                              |
 * |-----------------|-----------------------------------------------------------------------|
 * | `order`         | the ⌈c n⌉-th smallest return (Rockafellar & Uryasev 2002); the default |
 * | `order-below`   | the ⌊c n⌋-th smallest; NaN of none (Acerbi & Tasche 2002)              |
 * | `interpolated`  | the c-quantile with linear interpolation (type 7)                      |
 */
export type QuantileRule = 'order' | 'order-below' | 'interpolated';

/** Historical value at risk. */
export function valueAtRisk(
  returns: Series,
  {
    confidence = CONFIDENCE,
    rule = 'order',
    weights,
  }: Confidence & Weighted & { readonly rule?: QuantileRule } = {},
): number {
  if (weights) return -weightedTail(returns, weights, confidence).at;
  if (rule === 'interpolated') return -quantile(returns, 1 - confidence);
  const ranked = sorted(returns);
  const share = shareOf(ranked.length, 1 - confidence);
  const index = rule === 'order' ? Math.max(0, Math.ceil(share) - 1) : Math.floor(share) - 1;
  return -(ranked[index] ?? NaN);
}

/**
 * Historical conditional value at risk (expected shortfall): the mean loss of the worst share.
 *
 * | rule          | of the observation that the share cuts                                 |
 * |---------------|------------------------------------------------------------------------|
 * | `fractional`  | its fraction counts (Rockafellar & Uryasev 2002); the default           |
 * | `tail-mean`   | plain mean of the ⌊(n - 1)c⌋ + 1 smallest returns                       |
 */
export function conditionalValueAtRisk(
  returns: Series,
  {
    confidence = CONFIDENCE,
    rule = 'fractional',
    weights,
  }: Confidence & Weighted & { readonly rule?: 'fractional' | 'tail-mean' } = {},
): number {
  if (weights) return -weightedTail(returns, weights, confidence).mean;
  const ranked = sorted(returns);
  if (ranked.length === 0) return NaN;
  if (rule === 'tail-mean')
    return -mean(ranked.subarray(0, Math.floor(shareOf(ranked.length - 1, 1 - confidence)) + 1));
  const share = shareOf(ranked.length, 1 - confidence);
  const index = Math.max(0, Math.ceil(share) - 1);
  const at = ranked[index] ?? NaN;
  if (share === 0) return -at;
  let total = 0;
  for (let i = 0; i < index; i += 1) total += ranked[i] ?? 0;
  return -total / share + at * (index / share - 1);
}

/** Of a normal distribution with the returns' mean and sample deviation. */
export function normalValueAtRisk(returns: Series, { confidence = CONFIDENCE }: Confidence = {}) {
  return -(mean(returns) + normalQuantile(1 - confidence) * standardDeviation(returns));
}

export function normalConditionalValueAtRisk(
  returns: Series,
  { confidence = CONFIDENCE }: Confidence = {},
): number {
  const density = normalDensity(normalQuantile(1 - confidence));
  return -mean(returns) + (standardDeviation(returns) * density) / (1 - confidence);
}

/** Normal, its quantile corrected for skewness and kurtosis (Cornish & Fisher 1938; Zangari 1996). */
export function modifiedValueAtRisk(
  returns: Series,
  { confidence = CONFIDENCE }: Confidence = {},
): number {
  const z = normalQuantile(1 - confidence);
  const [skew, excess] = [skewness(returns), kurtosis(returns) - 3];
  const corrected =
    z +
    ((z ** 2 - 1) * skew) / 6 +
    ((power(z, 3) - 3 * z) * excess) / 24 -
    ((2 * power(z, 3) - 5 * z) * skew ** 2) / 36;
  return -(mean(returns) + corrected * standardDeviation(returns));
}

/** theta x ln(E[exp(-r/theta)] / (1 - confidence)), the bound that the entropic value at risk lowers. */
export function entropicRisk(
  returns: Series,
  {
    theta = 1,
    confidence = CONFIDENCE,
    weights,
  }: Confidence & Weighted & { readonly theta?: number } = {},
): number {
  const worst = extent(returns).least;
  // Taken relative to the worst return, so that no exponential overflows.
  const scaled = Float64Array.from(returns).map((one) => Math.exp((worst - one) / theta));
  return -worst + theta * (Math.log(mean(scaled, { weights })) - Math.log(1 - confidence));
}

/**
 * Entropic value at risk (Ahmadi-Javid 2012): the least entropic risk over all theta, found by golden
 * section; it is convex in theta. As theta goes to 0 it becomes the worst loss, which it never exceeds.
 *
 * @param options.thetaMin smallest theta examined, as a share of the worst loss; 0 where absent. Some
 * libraries stop at 0.01, and then state a little more than the worst loss of small samples.
 */
export function entropicValueAtRisk(
  returns: Series,
  { confidence = CONFIDENCE, thetaMin = 0 }: Confidence & { readonly thetaMin?: number } = {},
): number {
  const known = withoutMissing(returns);
  if (known.length === 0) return NaN;
  const { least, most } = extent(known);
  const scale = Math.max(Math.abs(least), Math.abs(most));
  if (scale === 0) return 0;
  const risk = (logTheta: number): number =>
    entropicRisk(known, { theta: Math.exp(logTheta), confidence });
  const from = thetaMin > 0 ? Math.log(-least * thetaMin) : Math.log(scale) - THETA_RANGE;
  const found = risk(goldenSection(risk, from, Math.log(scale) + THETA_RANGE));
  return thetaMin > 0 ? Math.min(found, risk(from)) : Math.min(found, -least);
}

/** Where a function with one valley between two points is least. */
function goldenSection(value: (x: number) => number, from: number, to: number): number {
  const ratio = (Math.sqrt(5) - 1) / 2;
  let [low, high] = [from, to];
  let [left, right] = [high - ratio * (high - low), low + ratio * (high - low)];
  let [atLeft, atRight] = [value(left), value(right)];
  while (high - low > 1e-10 * Math.max(1, Math.abs(low), Math.abs(high))) {
    if (atLeft < atRight) {
      [high, right, atRight] = [right, left, atLeft];
      left = high - ratio * (high - low);
      atLeft = value(left);
    } else {
      [low, left, atLeft] = [left, right, atRight];
      right = low + ratio * (high - low);
      atRight = value(right);
    }
  }
  return (low + high) / 2;
}

function weightedTail(
  returns: Series,
  weights: Series,
  confidence: number,
): { readonly at: number; readonly mean: number } {
  const share = 1 - confidence;
  const order = Array.from(returns, (_, i) => i).sort(
    (a, b) => (returns[a] ?? 0) - (returns[b] ?? 0),
  );
  let [reached, total] = [0, 0];
  for (const i of order) {
    const [weight, value] = [weights[i] ?? 0, returns[i] ?? NaN];
    if (reached + weight >= share - WEIGHT_ERROR)
      return { at: value, mean: share > 0 ? (total + value * (share - reached)) / share : value };
    reached += weight;
    total += weight * value;
  }
  return { at: NaN, mean: NaN };
}
