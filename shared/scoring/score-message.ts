/** A score as the contract answers it. */
import type { SecurityScore } from '#protos/gen/scoring.ts';
import { toTimestamp, type Instant } from '#shared/kernel/instant.ts';
import type { ScoredSecurity, UniverseScores } from './model/score-universe.ts';

/** Components by name, the weights of all of them as `weight.<name>`. */
export function scoreMessage(
  score: ScoredSecurity,
  { weights }: UniverseScores,
  calculatedAt: Instant,
): SecurityScore {
  const published = Object.entries(weights).map(([name, weight]) => [`weight.${name}`, weight]);
  return {
    isin: score.isin,
    symbol: score.symbol,
    totalScore: score.total,
    componentScores: Object.fromEntries([...score.components, ...published]) as Record<
      string,
      number
    >,
    percentile: score.percentile,
    grade: score.grade,
    calculatedAt: toTimestamp(calculatedAt),
    coverageRatio: score.coverage,
    rawFigures: Object.fromEntries(score.figures),
  };
}
