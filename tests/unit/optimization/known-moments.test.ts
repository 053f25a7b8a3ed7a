/**
 * Moments that were computed last are answered again only where all that they follow from is the same: whatever changes,
 * the answer is that of a new computation, to the bit. SEED=… repeats a run.
 */
import type { Isin } from '#shared/kernel/isin.ts';
import { integerBelow, normal, seededRandom } from '#shared/kernel/random.ts';
import {
  estimateMoments,
  type MomentOptions,
  type Moments,
} from '#shared/optimization/model/security-moments.ts';
import { scoreViews, type ScoreView } from '#shared/optimization/model/score-views.ts';
import {
  blackLitterman,
  impliedReturns,
  posteriorReturns,
} from '#shared/quant/estimation/black-litterman.ts';
import { annualisedCovariance } from '#shared/quant/estimation/covariance.ts';
import { repaired } from '#shared/quant/estimation/definiteness.ts';
import { shrunkCovariance } from '#shared/quant/estimation/shrinkage.ts';
import { simpleReturns } from '#shared/quant/measures/returns.ts';
import { alignPrices } from '#shared/universe/model/aligned-prices.ts';
import { closesOf, isinOf, sketchView } from '../../support/markets/market-views.ts';

const seed = process.env['SEED'] ?? String(Date.now());
console.log(`SEED=${seed}`);

const SECURITIES = 6;
const DAYS = 130;

interface Case {
  readonly closes: number[][];
  readonly scores: Map<Isin, ScoreView>;
  options: Required<Pick<MomentOptions, 'riskAversion' | 'uncertainMean'>>;
}

function recomputed({ closes, scores, options }: Case): Moments {
  const { prices, isins } = alignPrices(viewOf(closes), { days: 1_260 });
  const daily = repaired(shrunkCovariance(prices.map(simpleReturns)).covariance);
  const covariance = annualisedCovariance(daily);
  const even = new Float64Array(isins.length).fill(1 / isins.length);
  const anchor = impliedReturns(covariance, even, options.riskAversion);
  const ofScores = isins.map((isin) => scores.get(isin));
  const views = scoreViews(ofScores, anchor, covariance);
  if (!options.uncertainMean)
    return { isins, expected: posteriorReturns(anchor, covariance, views), covariance };
  const both = blackLitterman(anchor, covariance, views);
  return { isins, expected: both.expected, covariance: repaired(both.covariance) };
}

function viewOf(closes: readonly number[][]) {
  return sketchView(closes.map((path) => ({ closes: closesOf(path) })));
}

/** Each leaves all but one thing as it is. */
const CHANGES: readonly ((now: Case, pick: (limit: number) => number) => void)[] = [
  () => undefined,
  (now) => {
    for (const path of now.closes) path.push((path.at(-1) ?? 1) * 1.01);
  },
  (now, pick) => {
    const path = now.closes[pick(now.closes.length)] ?? [];
    const day = pick(path.length);
    path[day] = (path[day] ?? 1) * (1 + Number.EPSILON);
  },
  (now, pick) => {
    const path = now.closes[pick(now.closes.length)] ?? [];
    for (let day = pick(path.length); day >= 0; day -= 1) path[day] = (path[day] ?? 1) / 2;
  },
  (now) => now.closes.push([...(now.closes[0] ?? [])].map((close, day) => close + (day % 7))),
  (now) => now.closes.length > 2 && now.closes.pop(),
  (now, pick) => {
    const isin = isinOf(pick(now.closes.length));
    now.scores.set(isin, { total: (pick(99) + 1) / 100, coverage: (pick(10) + 1) / 10 });
  },
  (now, pick) => now.scores.delete(isinOf(pick(now.closes.length))),
  (now) => (now.options = { ...now.options, riskAversion: now.options.riskAversion + 1 }),
  (now) => (now.options = { ...now.options, uncertainMean: !now.options.uncertainMean }),
];

describe('moments that were computed before', () => {
  test('are those of a new computation, whatever has changed since', () => {
    const random = seededRandom(seed);
    const pick = (limit: number): number => integerBelow(random, limit);
    const now: Case = {
      closes: Array.from({ length: SECURITIES }, () => {
        let price = 100;
        return Array.from({ length: DAYS }, () => (price *= Math.exp(0.01 * normal(random))));
      }),
      scores: new Map(
        Array.from({ length: SECURITIES }, (_, i) => [isinOf(i), { total: 0.5, coverage: 1 }]),
      ),
      options: { riskAversion: 4, uncertainMean: false },
    };
    for (let round = 0; round < 80; round += 1) {
      CHANGES[pick(CHANGES.length)]?.(now, pick);
      const { scores, options } = now;
      const { moments } = estimateMoments(viewOf(now.closes), { ...options, scores });
      expect(moments).toEqual(recomputed(now));
    }
  });

  test('are not changed by what is done to an answer', () => {
    const closes = Array.from({ length: 3 }, (_, i) =>
      Array.from({ length: DAYS }, (__, day) => 100 + i + Math.sin(day * (i + 1))),
    );
    const first = estimateMoments(viewOf(closes), { riskAversion: 4 }).moments;
    const kept = structuredClone(first);
    first.expected.fill(0);
    for (const row of first.covariance) row.fill(0);
    expect(estimateMoments(viewOf(closes), { riskAversion: 4 }).moments).toEqual(kept);
  });
});
